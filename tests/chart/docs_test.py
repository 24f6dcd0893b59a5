"""docs/helm.md names every value with its default, and no other; and the commands that it shows are taken."""
import json
import pathlib
import re
import subprocess
import tarfile
import tempfile

import yaml

from chart import CHART, ROOT, ChartTest, check_config, helm, main, render

DOCUMENT = ROOT / "docs/helm.md"
# Maps whose keys are the user's, or Kubernetes': one row each.
FREE = {"resources", "metadata", "exporter.metadata", "podSecurityContext", "securityContext", "startupProbe",
        "livenessProbe", "readinessProbe", "updateStrategy", "nodeSelector", "affinity", "podAnnotations", "podLabels",
        "serviceAccount.annotations", "podMonitor.labels", "serviceMonitor.labels", "prometheusRule.labels",
        "grafanaDashboard.labels"}


def leaves(values, prefix=""):
    for key, value in values.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and path not in FREE:
            yield from leaves(value, path + ".")
        else:
            yield path, value


def shown(value):
    """A default as the table has it: long ones are to be looked up."""
    text = value if isinstance(value, str) and value else json.dumps(value)
    return text if len(text) <= 70 else "see values.yaml"


class Chart(ChartTest):
    def test_has_the_version_of_the_program(self):
        chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
        project = (ROOT / "CMakeLists.txt").read_text()
        version, = re.findall(r"^project\(event-exporter VERSION (\S+)", project, re.MULTILINE)
        self.assertEqual((chart["version"], chart["appVersion"]), (version, version))

    def test_can_be_packed_with_all_that_it_needs(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([helm(), "package", CHART, "--destination", folder], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            package, = pathlib.Path(folder).iterdir()
            with tarfile.open(package) as archive:
                packed = set(archive.getnames()) - {"event-exporter/.helmignore"}
        there = {str(path.relative_to(CHART.parent)) for path in CHART.rglob("*") if path.is_file()}
        self.assertEqual(packed, there - {"event-exporter/.helmignore"})


class Document(ChartTest):
    def test_has_every_value_with_its_default(self):
        rows = dict(re.findall(r"^\| `([^`]+)` \| `([^`]*)` \| ", DOCUMENT.read_text(), re.MULTILINE))
        values = yaml.safe_load((CHART / "values.yaml").read_text())
        self.assertEqual(rows, {path: shown(value) for path, value in leaves(values)})

    def test_shows_values_that_are_taken(self):
        examples = re.findall(r"^```yaml\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
        self.assertGreater(len(examples), 2)
        for text in examples:
            with self.subTest(text):
                objects = render(yaml.safe_load(text))
                self.assertTrue(objects.all)
                code, _, output = check_config(objects)
                self.assertEqual(code, 0, output)


if __name__ == "__main__":
    main()
