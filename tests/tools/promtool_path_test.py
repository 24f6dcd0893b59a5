import subprocess
import unittest

from tool_test import ROOT, TreeTest

PROMTOOL = '#!/bin/sh\necho "promtool, version 2"\n'


class PromtoolPath(TreeTest):
    """With an apt-get and a dpkg-deb of our own in front, so that nothing here asks a network."""

    def setUp(self):
        super().setUp()
        self.folder = self.root / "cache/event-exporter/promtool"
        self.program("apt-get", 'touch "$ROOT/asked" prometheus_2_amd64.deb')
        self.program("dpkg-deb", 'mkdir -p "$3/usr/bin" && cp "$ROOT/made" "$3/usr/bin/promtool"')
        self.write({"made": PROMTOOL})
        (self.root / "made").chmod(0o755)

    def program(self, name, script):
        self.write({f"bin/{name}": f"#!/bin/sh\n{script}\n"})
        (self.root / "bin" / name).chmod(0o755)

    def run_it(self, **environment):
        # `command -v promtool` must not find this machine's.
        script = f'source "{ROOT}/scripts/promtool-path"\ncommand() {{ [[ $2 != promtool ]] && builtin command "$@"; }}\nmain'
        return subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, check=False,
            env={"PATH": f"{self.root}/bin:/usr/bin:/bin", "ROOT": str(self.root), "HOME": str(self.root / "home"),
                 "XDG_CACHE_HOME": str(self.root / "cache"), **environment},
        )

    def test_fetches_it_once_and_leaves_nothing_else(self):
        for _ in range(2):
            run = self.run_it()
            self.assertEqual((run.returncode, run.stdout), (0, f"{self.folder}/promtool\n"), run.stderr)
            self.assertEqual([path.name for path in self.folder.iterdir()], ["promtool"])
            asked = self.root / "asked"
            self.assertEqual(asked.exists(), "fetching" in run.stderr)
            asked.unlink(missing_ok=True)

    def test_takes_the_one_that_is_named(self):
        run = self.run_it(PROMTOOL=str(self.root / "made"))
        self.assertEqual((run.returncode, run.stdout), (0, f"{self.root}/made\n"))
        self.assertEqual(self.run_it(PROMTOOL=str(self.root / "nothing")).returncode, 1)

    def test_says_so_when_it_cannot_be_fetched_and_leaves_nothing(self):
        self.program("apt-get", "exit 100")
        run = self.run_it()
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("could not fetch prometheus", run.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_refuses_one_that_does_not_run(self):
        self.write({"made": "#!/bin/sh\nexit 1\n"})
        run = self.run_it()
        self.assertEqual(run.returncode, 1)
        self.assertIn("no promtool that runs here", run.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
