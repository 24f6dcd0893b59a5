import subprocess
import sys
import unittest

from tool_test import ROOT, TreeTest

TREE = {
    "README.md": "# Title\n\nSee [the ledger](docs/guarantees.md#nothing-is-lost) and `docs/guarantees.md`.\n",
    "docs/guarantees.md": "## Nothing is lost\n\n| promise | test |\n|---|---|\n| kept | `Ledger.KeepsIt` |\n",
    "docs/adr/README.md": "- [One](0001-one.md)\n",
    "docs/adr/0001-one.md": "# One\n",
    "tests/unit/ledger_test.cpp": "TEST(Ledger, KeepsIt) {}\n",
    "tests/integration/kill_test.py": (
        "class Other(T):\n    def test_b(self):\n        pass\n\n\n"
        "class Kill(T):\n    x = 1\n\n    def test_a(self):\n        pass\n"
    ),
}


class CheckDocs(TreeTest):
    def problems(self, changes):
        self.write(TREE | changes)
        run = subprocess.run(
            [sys.executable, "-B", ROOT / "tools/check_docs.py", self.root], capture_output=True, text=True, check=False
        )
        self.assertEqual(run.returncode != 0, run.stderr != "")
        return run.stderr.splitlines()

    def test_accepts_a_tree_that_holds(self):
        self.assertEqual(self.problems({}), [])

    def test_catches_a_guarantee_whose_test_does_not_exist(self):
        self.assertEqual(
            self.problems({"docs/guarantees.md": "## Nothing is lost\n`Ledger.LosesNothing`\n"}),
            ["docs/guarantees.md:2: there is no test Ledger.LosesNothing"],
        )

    def test_knows_the_tests_of_python_classes(self):
        self.assertEqual(
            self.problems({"docs/guarantees.md": "## Nothing is lost\n`Kill.test_a` `Other.test_b` `Other.test_a`\n"}),
            ["docs/guarantees.md:2: there is no test Other.test_a"],
        )

    def test_catches_links_and_anchors_that_lead_nowhere(self):
        self.assertEqual(
            self.problems({"README.md": "[a](docs/gone.md) [b](docs/guarantees.md#gone) `src/gone.h`\n"}),
            [
                "README.md: the link docs/gone.md leads nowhere",
                "README.md: docs/guarantees.md#gone: there is no such heading",
                "README.md: there is no src/gone.h",
            ],
        )

    def test_catches_a_decision_that_is_not_listed(self):
        self.assertEqual(
            self.problems({"docs/adr/0002-two.md": "# Two\n"}), ["docs/adr/README.md: does not list 0002-two.md"]
        )

    def test_catches_words_that_point_outside_the_tree(self):
        word = "issue" + " #"
        self.assertEqual(self.problems({"src/a.h": f"// see {word}7\n"}), [f"src/a.h:1: says '{word}'"])


if __name__ == "__main__":
    unittest.main()
