"""What the tests of the Helm chart share: rendering, alone and in a parent chart, the API's schemas, and the program.

helm is that of scripts/helm-path, the schemas are those of scripts/kubernetes-validate-path. No cluster is asked.
"""
import base64
import copy
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests/integration"))
from support import BINARY, main  # noqa: E402,F401  the tests import main from here

CHART = ROOT / "deploy/helm/event-exporter"
CASES = ROOT / "tests/chart/cases"
SNAPSHOTS = ROOT / "tests/chart/snapshots"
# The oldest that Chart.yaml admits, and the newest whose schemas are there.
VERSIONS = ("1.27.0", "1.34.0")
RELEASE, NAMESPACE = "sentinel", "nvsentinel"

# The two ConfigMaps that NVSentinel's chart makes, and the variables in them that concern the exporter.
IN_CLUSTER = {
    "DATASTORE_PROVIDER": "mongodb",
    "MONGODB_URI": "mongodb://mongodb-headless.nvsentinel.svc.cluster.local:27017/?replicaSet=rs0&tls=true",
    "MONGODB_DATABASE_NAME": "HealthEventsDatabase",
    "MONGODB_COLLECTION_NAME": "HealthEvents",
    "MONGODB_TOKEN_COLLECTION_NAME": "ResumeTokens",
}
CONFIG_MAPS = {
    "mongodb-config": IN_CLUSTER,
    f"{RELEASE}-datastore-config": IN_CLUSTER,
}
SECRETS = {
    "external-mongodb": {"MONGODB_URI": "mongodb+srv://exporter:s3cret@cluster0.example.com/"},
    "external-x509": {"MONGODB_URI": "mongodb+srv://cluster0.example.com/"},
    "own-mongodb": {"MONGODB_URI": "mongodb://exporter:s3cret@db.example.com:27017/?replicaSet=rs0&tls=true"},
}
PARENT_CHART = """apiVersion: v2
name: parent
version: 1.2.3
dependencies:
  - name: event-exporter
    version: "*"
    condition: global.eventExporter.enabled
"""
PARENT_VALUES = """global:
  eventExporter: {enabled: false}
  metricsPort: 2112
  image: {tag: v9.9.9}
  mongodbStore: {enabled: true}
  tracing: {enabled: false, insecure: false, endpoint: ""}
"""


def script(name):
    done = subprocess.run([ROOT / "scripts" / name], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


@functools.cache
def helm():
    return script("helm-path")


@functools.cache
def schemas():
    """kubernetes_validate, reading each of its large files once."""
    sys.path.append(script("kubernetes-validate-path"))
    import kubernetes_validate
    utils = kubernetes_validate.utils
    utils.schema_contents = functools.cache(utils.schema_contents)
    return kubernetes_validate


@functools.cache
def parent():
    """A parent chart with ours among its charts, as NVSentinel's has it. Gone with the process."""
    folder = tempfile.TemporaryDirectory()
    parent.folder = folder
    path = pathlib.Path(folder.name)
    (path / "Chart.yaml").write_text(PARENT_CHART)
    (path / "values.yaml").write_text(PARENT_VALUES)
    shutil.copytree(CHART, path / "charts/event-exporter")
    return path


def merged(base, change):
    """`change` laid over `base`, as helm does it."""
    result = copy.deepcopy(base)
    for key, value in change.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else copy.deepcopy(value)
    return result


def case(name):
    return yaml.safe_load((CASES / f"{name}.yaml").read_text())


def cases():
    return sorted(path.stem for path in CASES.glob("*.yaml"))


class Objects:
    """What was rendered. Names are unique within a kind."""

    def __init__(self, text):
        self.text = text
        self.all = [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document]

    def one(self, kind, name=None):
        found, = [o for o in self.all if o["kind"] == kind and name in (None, o["metadata"]["name"])]
        return found

    def kinds(self):
        return sorted(o["kind"] for o in self.all)

    @property
    def pod(self):
        return self.one("Deployment")["spec"]["template"]["spec"]

    @property
    def container(self):
        container, = self.pod["containers"]
        return container

    @property
    def environment(self):
        return {variable["name"]: variable["value"] for variable in self.container["env"]}

    @property
    def toml(self):
        text, = [o["data"]["config.toml"] for o in self.all if o["kind"] == "ConfigMap" and "config.toml" in o["data"]]
        return text


def run_helm(verb, chart, values, *arguments, version=VERSIONS[-1]):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        # JSON is YAML and leaves nothing to guess; but Go's YAML takes U+2028 for a new line, and knows no surrogates.
        file.write(json.dumps(values, ensure_ascii=False).replace("\u2028", "\\u2028"))
        file.flush()
        return subprocess.run(
            [helm(), verb, *([RELEASE] if verb == "template" else []), str(chart), "--namespace", NAMESPACE,
             "--kube-version", version, "--values", file.name, *arguments],
            capture_output=True, text=True, check=False, env={"HOME": "/nonexistent", "PATH": os.environ["PATH"]})


@functools.cache
def rendered(values, version):
    values = json.loads(values)
    done = run_helm("template", parent() if "event-exporter" in values else CHART, values, version=version)
    if done.returncode != 0:
        raise AssertionError(f"helm refused: {done.stderr}")
    return Objects(done.stdout)


def render(values, version=VERSIONS[-1]):
    """`values` of a case: those of a parent chart when they have the key event-exporter, else of the chart alone.

    The objects are not to be changed: who asks again gets the same ones.
    """
    return rendered(json.dumps(values), version)


def refusal(values, inside_parent=False):
    done = run_helm("template", parent() if inside_parent else CHART, values)
    if done.returncode == 0:
        raise AssertionError(f"helm took {values}")
    return done.stderr


@functools.cache
def check_config(objects):
    """The pod's program, asked what it would do: (exit code, effective configuration by key, output)."""
    container = objects.container
    environment = {}
    for source in container.get("envFrom", []):
        name = next(iter(source.values()))["name"]
        if "configMapRef" in source:
            environment |= CONFIG_MAPS.get(name, {})
        elif name == "event-exporter-datastore":
            data = objects.one("Secret", name)["data"]
            environment |= {key: base64.b64decode(value).decode() for key, value in data.items()}
        else:
            environment |= SECRETS.get(name, {})
    environment |= {variable["name"]: variable.get("value", "") for variable in container["env"]}
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(objects.toml)
        file.flush()
        arguments = [f"--config={file.name}" if a.startswith("--config=") else a for a in container["args"]]
        done = subprocess.run([BINARY, "check-config", *arguments], capture_output=True, text=True, check=False,
                              env=environment)
    output = done.stdout + done.stderr
    effective = {}
    for line in output.partition("Effective configuration:\n")[2].partition("\n\n")[0].splitlines():
        match = re.fullmatch(r"  (\S+)\s+(.*?)  +(default|flag .*|variable .*|.*:\d+|\S.*)", line)
        if match:
            effective[match[1]] = match[2]
    return done.returncode, effective, output


class ChartTest(unittest.TestCase):
    maxDiff = None

    def assert_valid(self, objects, version, what):
        for document in objects.all:
            name = f"{what}: {document['kind']} {document['metadata']['name']}"
            if document["apiVersion"].startswith("monitoring.coreos.com/"):
                continue  # of the Prometheus operator; see the tests of these objects
            try:
                schemas().validate(document, version, strict=True)
            except schemas().ValidationError as error:
                self.fail(f"{name} is not valid in {version}: {'.'.join(map(str, error.path))}: {error.message}")
