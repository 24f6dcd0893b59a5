import os
import subprocess
import tarfile
import unittest

from tool_test import ROOT, TreeTest

DEBOOTSTRAP = """[ "$1 $2 $4" = "--variant=minbase bookworm http://mirror/debian" ] || exit 9
mkdir -p "$3/var/cache/apt/archives" "$3/etc"
touch "$3/var/cache/apt/archives/base.deb" "$3/etc/made"
echo >>"$ROOT/asked" """
APT_GET = """case "$*" in
  indextargets*) printf 'bookworm-updates main http://other/debian\\nbookworm main http://mirror/debian\\n' ;;
  *satisfy*)
    for word; do case $word in Dir::Cache::archives=*) touch "${word#*=}/wanted.deb" ;; esac; done
    echo "$*" >"$ROOT/satisfied" ;;
esac"""


@unittest.skipUnless(os.geteuid() == 0, "debootstrap needs root")
class DebianRootPath(TreeTest):
    """With a debootstrap and an apt-get of our own in front, so that nothing here asks a network."""

    def setUp(self):
        super().setUp()
        self.folder = self.root / "cache/event-exporter/debian-root"
        self.program("debootstrap", DEBOOTSTRAP)
        self.program("apt-get", APT_GET)

    def program(self, name, script):
        self.write({f"bin/{name}": f"#!/bin/sh\n{script}\n"})
        (self.root / "bin" / name).chmod(0o755)

    def run_it(self, *arguments):
        return subprocess.run(
            [ROOT / "scripts/debian-root-path", *arguments], capture_output=True, text=True, check=False,
            env={"PATH": f"{self.root}/bin:/usr/bin:/bin", "ROOT": str(self.root), "HOME": str(self.root / "home"),
                 "XDG_CACHE_HOME": str(self.root / "cache")})

    def asked(self):
        path = self.root / "asked"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def test_makes_one_for_what_is_wanted_and_takes_it_again(self):
        first, second = self.run_it("libx, liby (>= 2)"), self.run_it("libx, liby (>= 2)")
        self.assertEqual((first.returncode, first.stdout), (0, second.stdout), first.stderr)
        self.assertEqual(self.asked(), 1)
        self.assertTrue((self.root / "satisfied").read_text().endswith("satisfy libx, liby (>= 2)\n"))
        with tarfile.open(first.stdout.strip()) as archive:
            names = set(archive.getnames())
        self.assertLessEqual({"./etc/made", "./var/cache/apt/archives/wanted.deb"}, names)
        self.assertNotIn("./var/cache/apt/archives/base.deb", names)
        self.assertEqual([str(path) for path in self.folder.iterdir()], [first.stdout.strip()])

    def test_keeps_the_newest_alone(self):
        self.run_it("libx")
        newest = self.run_it("liby").stdout.strip()
        self.assertEqual([str(path) for path in self.folder.iterdir()], [newest])
        self.assertEqual(self.asked(), 2)

    def test_says_so_when_it_cannot_be_made_and_leaves_nothing(self):
        for name, script, said in (
                ("apt-get", "exit 0", "apt knows no mirror of bookworm"),
                ("apt-get", f'case "$*" in *satisfy*) exit 100 ;; esac\n{APT_GET}', "could not fetch"),
                ("debootstrap", "echo 'E: broken'; exit 1", "could not make a bookworm")):
            with self.subTest(said):
                self.program("apt-get", APT_GET)
                self.program(name, script)
                run = self.run_it("libx")
                self.assertEqual((run.returncode, run.stdout), (1, ""))
                self.assertIn(said, run.stderr)
                self.assertEqual(list(self.folder.iterdir()), [])

    def test_wants_to_be_told_what_for(self):
        for arguments in ((), ("",), ("a", "b")):
            self.assertEqual(self.run_it(*arguments).returncode, 1)


if __name__ == "__main__":
    unittest.main()
