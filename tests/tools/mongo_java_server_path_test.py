import hashlib
import subprocess
import unittest

from tool_test import ROOT, TreeTest

JAR = "mongo-java-server-core-1.47.0.jar"


class MongoJavaServerPath(TreeTest):
    """With a mvn and a java of our own in front, so that nothing here asks a network."""

    def setUp(self):
        super().setUp()
        self.folder = self.root / "cache/event-exporter/mongo-java-server-1.47.0"
        self.write({JAR: "bytes"})
        self.program("java", "exit 0")
        self.mvn('touch "$ROOT/asked.$$"\n'
                 'for each; do\n'
                 '  case $each in -DoutputDirectory=*) cp "$ROOT"/*.jar "${each#*=}" 2>/dev/null;; esac\n'
                 'done\ntrue')

    def program(self, name, script):
        self.write({f"bin/{name}": f"#!/bin/sh\n{script}\n"})
        (self.root / "bin" / name).chmod(0o755)

    def mvn(self, script):
        self.program("mvn", script)

    def start(self, settings="", **environment):
        sums = hashlib.sha256(b"bytes").hexdigest() + "  " + JAR
        script = f'source "{ROOT}/scripts/mongo-java-server-path"\nSUMS="{sums}"\n{settings}\nmain'
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

    def refuses(self, words, settings=""):
        code, out, error = self.run_path(settings)
        self.assertEqual((code, out), (1, ""), error)
        self.assertIn(words, error)
        self.assertEqual(self.left(), [])

    def test_fetches_once_and_then_asks_nobody(self):
        for _ in range(2):
            code, out, error = self.run_path()
            self.assertEqual((code, out), (0, f"{self.folder}/jars\n"), error)
        self.assertEqual((self.left(), len(list(self.root.glob("asked.*")))), (["jars", JAR], 1))

    def test_many_at_once_fetch_once(self):
        processes = [self.start() for _ in range(4)]
        ended = [(process.communicate(timeout=20)[0], process.returncode) for process in processes]
        self.assertEqual(ended, [(f"{self.folder}/jars\n", 0)] * 4)
        self.assertEqual((self.left(), len(list(self.root.glob("asked.*")))), (["jars", JAR], 1))

    def test_without_a_cache_folder_of_its_own_it_uses_the_one_at_home(self):
        code, out, error = self.run_path(XDG_CACHE_HOME="")
        self.assertEqual((code, out),
                         (0, f"{self.root}/home/.cache/event-exporter/mongo-java-server-1.47.0/jars\n"), error)

    def test_another_jar_a_missing_one_and_one_too_many_are_refused(self):
        self.write({JAR: "other bytes"})
        self.refuses(hashlib.sha256(b"other bytes").hexdigest())
        self.write({JAR: "bytes", "more.jar": "more"})
        self.refuses("more.jar")
        (self.root / "more.jar").unlink()
        (self.root / JAR).unlink()
        self.refuses("refused mongo-java-server 1.47.0")

    def test_a_mvn_that_fails_is_an_error_that_says_what_to_do(self):
        self.mvn("echo 'no such host' >&2; exit 1")
        self.refuses("mvn could not fetch mongo-java-server 1.47.0; run this again")

    def test_a_mvn_that_hangs_is_ended(self):
        self.mvn("exec sleep 60")
        self.refuses("did not fetch mongo-java-server 1.47.0 within 1 s", "FETCH_SECONDS=1")

    def test_what_is_missing_is_named_with_its_package(self):
        self.refuses("Debian: maven", 'command() { [[ $2 != mvn ]]; }')
        self.refuses("openjdk-17-jre-headless", 'command() { [[ $2 != java ]]; }')

    def test_version_and_sums_are_those_of_the_pom(self):
        script = (ROOT / "scripts/mongo-java-server-path").read_text()
        pom = (ROOT / "tests/integration/mongo-java-server/pom.xml").read_text()
        self.assertIn("<version>1.47.0</version>", pom)
        self.assertIn("VERSION=1.47.0 ", script)
        self.assertIn("  mongo-java-server-1.47.0.jar", script)


if __name__ == "__main__":
    unittest.main()
