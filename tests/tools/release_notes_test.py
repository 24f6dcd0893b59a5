import hashlib
import os
import subprocess
import unittest

from tool_test import ROOT, TreeTest

INTRODUCTION = "# Changes\n\nAll notable changes, newest first.\n"
TREE = {
    "CHANGELOG.md": INTRODUCTION,
    "CMakeLists.txt": "project(event-exporter VERSION 1.2.0 LANGUAGES CXX)\n",
    "deploy/helm/event-exporter/Chart.yaml": 'version: 7.0.0\nappVersion: "1.2.0"\n',
    "changelog.d/README.md": "One idea.\n\nAnother, about #7.\n",
    "changelog.d/a.fixed.md": "- A mend\n  of two lines.\n",
    "changelog.d/b.added.md": "Something new, see [there](../docs/new.md).\n",
    "changelog.d/c.breaking.md": "Old files are refused. Convert them first.\n",
}
BREAKING = "- Old files are refused. Convert them first.\n"
ADDED = "- Something new, see [there](docs/new.md).\n"
FIXED = "- A mend\n  of two lines.\n"


class ReleaseNotes(TreeTest):
    def setUp(self):
        super().setUp()
        self.write(TREE)

    def run_it(self, *arguments):
        run = subprocess.run([ROOT / "scripts/release-notes", "--root", self.root, *arguments], capture_output=True,
                             text=True, check=False, env=os.environ | {"SOURCE_DATE_EPOCH": "86400"})
        self.assertEqual(run.returncode != 0, run.stderr != "")
        return run

    def refused(self, *arguments):
        before = self.tree()
        run = self.run_it(*arguments)
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertEqual(self.tree(), before)
        return run.stderr

    def tree(self):
        return {str(path.relative_to(self.root)): path.read_text() for path in self.root.rglob("*") if path.is_file()}

    def test_moves_the_fragments_into_the_change_log_and_prints_the_notes(self):
        run = self.run_it("1.2.0")
        self.assertEqual(run.stdout, f"# event-exporter 1.2.0 (1970-01-02)\n\n## Before you upgrade\n\n{BREAKING}\n"
                                     f"## Added\n\n{ADDED}\n## Fixed\n\n{FIXED}")
        self.assertEqual((self.root / "CHANGELOG.md").read_text(),
                         f"{INTRODUCTION}\n## 1.2.0 (1970-01-02)\n\n### Breaking\n\n{BREAKING}\n### Added\n\n{ADDED}\n"
                         f"### Fixed\n\n{FIXED}")
        self.assertEqual([path.name for path in (self.root / "changelog.d").iterdir()], ["README.md"])

    def test_puts_the_newest_version_first_and_leaves_the_others(self):
        older = "## 1.1.0 (1970-01-01)\n\n### Fixed\n\n- It.\n\n## 1.0.0 (1969-12-31)\n"
        self.write({"CHANGELOG.md": f"{INTRODUCTION}\n{older}"})
        self.run_it("1.2.0")
        text = (self.root / "CHANGELOG.md").read_text()
        self.assertTrue(text.startswith(f"{INTRODUCTION}\n## 1.2.0 (1970-01-02)\n"), text)
        self.assertTrue(text.endswith(f"{FIXED}\n{older}"), text)

    def test_has_the_sums_of_the_files_that_it_is_given_and_no_others(self):
        self.write({"dist/one.deb": "one", "dist/two.json": "two"})
        expected = "".join(f"{hashlib.sha256(text).hexdigest()}  {name}\n"
                           for text, name in ((b"one", "one.deb"), (b"two", "two.json")))
        run = self.run_it("--dry-run", "1.2.0", self.root / "dist/one.deb", self.root / "dist/two.json")
        self.assertTrue(run.stdout.endswith(f"\n## SHA-256\n\n```text\n{expected}```\n"), run.stdout)
        self.assertNotIn("SHA-256", self.run_it("--dry-run", "1.2.0").stdout)
        self.assertIn("gone", self.refused("1.2.0", self.root / "gone"))

    def test_changes_nothing_when_it_is_dry(self):
        before = self.tree()
        self.assertIn(ADDED, self.run_it("--dry-run", "1.2.0").stdout)
        self.assertEqual(self.tree(), before)

    def test_says_that_nothing_breaks(self):
        (self.root / "changelog.d/c.breaking.md").unlink()
        run = self.run_it("1.2.0")
        self.assertIn("## Before you upgrade\n\nNothing: no change breaks what worked.\n\n## Added\n", run.stdout)

    def test_refuses_a_version_that_the_tree_does_not_have_or_had_already(self):
        self.assertIn("CMakeLists.txt has version 1.2.0, not 1.3.0", self.refused("1.3.0"))
        self.assertIn("'1.2' is no version", self.refused("1.2"))
        self.write({"deploy/helm/event-exporter/Chart.yaml": 'appVersion: "1.1.0"\n'})
        self.assertIn("Chart.yaml has version 1.1.0", self.refused("1.2.0"))
        self.write(TREE | {"CHANGELOG.md": "# Changes\n\n## 1.2.0 (1970-01-01)\n"})
        self.assertIn("has a section for 1.2.0 already", self.refused("1.2.0"))

    def test_refuses_a_release_without_changes_or_with_wrong_ones(self):
        self.write({"changelog.d/a.fixed.md": "No end"})
        self.assertIn("a.fixed.md: does not end with a line end", self.refused("1.2.0"))
        for path in (self.root / "changelog.d").glob("*.*.md"):
            path.unlink()
        self.assertIn("no fragment", self.refused("1.2.0"))

    def test_accepts_fragments_that_are_right(self):
        run = self.run_it("--check")
        self.assertEqual((run.returncode, run.stdout), (0, ""))

    def test_names_what_is_wrong_with_a_fragment(self):
        for text, said in (
            ("", "is empty"),
            ("No end", "does not end with a line end"),
            ("One idea.\n\nAnother.\n", "has an empty line: one idea is one paragraph"),
            ("One idea.\n\n", "has an empty line: one idea is one paragraph"),
            ("- One.\n- Two.\n", "is a list: one idea is one file"),
            ("# Title\n", "has a heading; those are made from the kinds"),
            ("Line\n" * 9, "has 9 lines; at most 8, the rest belongs into the documents"),
            ("Mends #12.\n", "line 1 names #12"),
            ("Well:\nsee GH-7.\n", "line 2 names GH-7"),
            ("See https://example.com/a/issues/9.\n", "line 1 names /issues/9"),
            ("Mends bug 3.\n", "line 1 names bug 3"),
        ):
            with self.subTest(text):
                self.write({"changelog.d/a.fixed.md": text})
                self.assertEqual(self.run_it("--check").stderr, f"changelog.d/a.fixed.md: {said}\n")

    def test_takes_numbers_that_name_no_issue(self):
        self.write({"changelog.d/a.fixed.md": "Since 2 of 3, [there](../a.md#1-2), `#1`, port 2112, RFC 6585.\n"})
        self.assertEqual(self.run_it("--check").returncode, 0)

    def test_names_a_fragment_of_no_known_kind(self):
        self.write({"changelog.d/x.misc.md": "What?\n"})
        self.assertEqual(self.run_it("--check").stderr,
                         "changelog.d/x.misc.md: expected <slug>.<breaking|security|added|changed|fixed>.md\n")


if __name__ == "__main__":
    unittest.main()
