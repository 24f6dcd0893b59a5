"""Every case of tests/chart/cases: rendered, held against the API's schemas, and compared with its snapshot."""
import difflib
import os

from chart import CHART, SNAPSHOTS, VERSIONS, ChartTest, case, cases, main, render, run_helm


class Rendering(ChartTest):
    def test_the_objects_of_every_case_are_valid_for_the_oldest_and_the_newest_kubernetes(self):
        for name in cases():
            for version in VERSIONS:
                with self.subTest(name, version=version):
                    self.assert_valid(render(case(name)), version, name)

    def test_the_version_of_kubernetes_makes_no_difference(self):
        newest, oldest = (render(case("everything"), version=version).text for version in reversed(VERSIONS))
        self.assertEqual(newest, oldest)

    def test_the_objects_of_every_case_are_those_of_the_snapshot(self):
        """UPDATE_GOLDEN=1 writes them anew; the difference is to be read like code."""
        for name in cases():
            path = SNAPSHOTS / f"{name}.yaml"
            text = render(case(name)).text
            if os.environ.get("UPDATE_GOLDEN") == "1":
                path.write_text(text)
                continue
            with self.subTest(name):
                before = path.read_text() if path.exists() else ""
                difference = difflib.unified_diff(before.splitlines(), text.splitlines(), "snapshot", "now",
                                                  lineterm="")
                self.assertEqual(before, text, "\n".join(difference))

    def test_every_snapshot_has_a_case(self):
        self.assertEqual(sorted(path.stem for path in SNAPSHOTS.iterdir()), cases())

    def test_lint_finds_nothing(self):
        for name in cases():
            if "event-exporter" in case(name):
                continue
            with self.subTest(name):
                done = run_helm("lint", CHART, case(name), "--strict", "--quiet")
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_nothing_is_rendered_when_it_is_switched_off(self):
        for off in ({"enabled": False}, {"global": {"eventExporter": {"enabled": False}}}):
            self.assertEqual(render(off).all, [])
        self.assertEqual(render({"event-exporter": {}}).all, [], "the parent's default")


if __name__ == "__main__":
    main()
