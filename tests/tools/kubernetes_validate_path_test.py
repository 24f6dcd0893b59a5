import subprocess
import unittest

from tool_test import ROOT, TreeTest

PYTHON = """#!/bin/sh
case "$*" in
  *--version) exit 0 ;;
  *" install "*)
    touch "$ROOT/asked.$$"
    while [ $# -gt 0 ]; do [ "$1" != --target ] || mkdir -p "$2/kubernetes_validate"; shift; done ;;
  -c*) [ -d "$PYTHONPATH/kubernetes_validate" ] ;;
esac
"""


class KubernetesValidatePath(TreeTest):
    """With a python3 of our own in the place of Debian's, so that nothing here asks a network."""

    def setUp(self):
        super().setUp()
        self.folder = self.root / "cache/event-exporter/kubernetes-validate-1.34.1"
        self.python(PYTHON)

    def python(self, script):
        self.write({"python3": script})
        (self.root / "python3").chmod(0o755)

    def run_path(self, settings=""):
        script = f'source "{ROOT}/scripts/kubernetes-validate-path"\nPYTHON="$ROOT/python3"\n{settings}\nmain'
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=20, env={
            "PATH": "/usr/bin:/bin", "ROOT": str(self.root), "HOME": "/", "XDG_CACHE_HOME": str(self.root / "cache")})

    def refuses(self, words, settings=""):
        done = self.run_path(settings)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual(list(self.folder.rglob("*")), [])

    def test_fetches_once_and_then_asks_nobody(self):
        for _ in range(2):
            done = self.run_path()
            self.assertEqual((done.returncode, done.stdout), (0, f"{self.folder}/packages\n"), done.stderr)
        self.assertEqual(len(list(self.root.glob("asked.*"))), 1)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["packages"])

    def test_a_pip_that_fails_hangs_or_leaves_nothing_is_an_error(self):
        self.python(PYTHON.replace("touch", "exit 1; touch"))
        self.refuses("pip could not fetch kubernetes-validate 1.34.1")
        self.python(PYTHON.replace("touch", "exec sleep 60; touch"))
        self.refuses("did not fetch kubernetes-validate 1.34.1 within 1 s", "FETCH_SECONDS=1")
        self.python(PYTHON.replace("*--version) exit 0", "*--version) exit 1"))
        self.refuses("python3-pip")
        self.python(PYTHON.replace("-c*)", "-c*) false &&"))
        self.refuses("does not load")

    def test_every_package_is_pinned_by_its_sum(self):
        lines = (ROOT / "tests/chart/requirements.txt").read_text().splitlines()
        packages = [line for line in lines if not line.startswith("#")]
        for line in packages:
            self.assertRegex(line, r"^[a-z-]+==\S+ --hash=sha256:[0-9a-f]{64}$")
        self.assertTrue(any(line.startswith("kubernetes-validate==1.34.1 ") for line in packages))


if __name__ == "__main__":
    unittest.main()
