import subprocess
import unittest

from tool_test import ROOT, TreeTest


class GoPath(TreeTest):
    def go(self, name, version):
        self.write({f"{name}/go": f"#!/bin/sh\necho {version}\n"})
        (self.root / name / "go").chmod(0o755)

    def find(self, *folders):
        script = f'source "{ROOT}/scripts/go-path"\nGO_FOLDERS=({" ".join(str(self.root / f) for f in folders)})\n' \
                 'find_go "$GO_MINOR"'
        run = subprocess.run(["bash", "-c", script], env={"PATH": f"{self.root}/path:/usr/bin:/bin"},
                             capture_output=True, text=True, check=False)
        return run.stdout.strip().removeprefix(f"{self.root}/")

    def test_takes_the_one_of_the_path_before_all_others(self):
        self.go("path", "go1.19.8")
        self.go("other", "go1.26.8")
        self.assertEqual(self.find("other"), "path/go")

    def test_passes_over_one_that_is_too_old_or_does_not_run(self):
        self.go("path", "go1.18.10")
        self.go("broken", "")
        self.go("other", "go1.19")
        self.assertEqual(self.find("none", "broken", "other"), "other/go")

    def test_finds_nothing_where_there_is_none(self):
        self.go("path", "go1.18.10")
        self.assertEqual(self.find("none"), "")

    def test_says_who_installs_one(self):
        self.write({"scripts/go-path": (ROOT / "scripts/go-path").read_text().replace("/usr/local/go/bin", "")
                    .replace("/usr/lib/go-1.*/bin", "")})
        self.go("path", "go1.18.10")
        run = subprocess.run(["bash", self.root / "scripts/go-path"], env={"PATH": f"{self.root}/path:/usr/bin:/bin"},
                             capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("needs Go 1.19 or newer; scripts/setup installs it", run.stderr)


if __name__ == "__main__":
    unittest.main()
