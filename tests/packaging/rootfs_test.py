"""The root file system of the container image: the program runs in it, alone, as its user, and delivers over TLS."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from certificates import Authority
from support import BINARY, ROOT, SECRET, IntegrationTest, LabSink, Process, main
from tls_front import TlsFront

USER = 65532


@unittest.skipUnless(os.geteuid() == 0, "chroot needs root")
class RootFileSystem(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.root = self.folder / "root"
        done = subprocess.run([ROOT / "scripts/rootfs", BINARY, self.root], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def inside(self, name, *arguments):
        """The program in there, as its user."""
        return Process(self, ["chroot", f"--userspec={USER}:{USER}", self.root, "/usr/bin/event-exporter", *arguments],
                       name)

    def test_holds_the_program_and_nothing_that_its_user_may_change(self):
        names = {path.name for path in (self.root / "usr/bin").iterdir()}
        self.assertEqual(names, {"event-exporter", "event-exporter-otlp.so"})
        for path in self.root.rglob("*"):
            status = path.lstat()
            if path != self.root / "tmp" and not path.is_symlink():
                self.assertEqual((status.st_uid, status.st_mode & 0o022), (0, 0), path)

    def test_delivers_from_within_to_a_host_with_a_name_and_a_certificate_of_the_systems_authorities(self):
        authority = Authority(self.folder, "authority")
        certificate = authority.issue("server", "/CN=localhost", ["subjectAltName=DNS:localhost"]).with_suffix("")
        sink = LabSink(self)
        front = TlsFront(certificate, sink.port)
        self.addCleanup(front.close)
        with (self.root / "etc/ssl/certs/ca-certificates.crt").open("a") as bundle:
            bundle.write(authority.pem.read_text())
        # As the kubelet gives it.
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n")

        self.generate(200)
        data = self.root / "data"
        data.mkdir()
        self.store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        (data / "events.db").write_bytes(self.store.path.read_bytes())
        for path in (data, data / "events.db"):
            os.chown(path, USER, USER)
        (self.root / "secret").write_text(SECRET)
        config = self.config(front.url.replace("127.0.0.1", "localhost"), datastore__path="/data/events.db")
        (self.root / "config.toml").write_text(config.read_text())
        exporter = self.inside("inside", "--config=/config.toml", "--metrics-port=0", "--oidc-secret-path=/secret")
        sink.wait_for(200)
        exporter.stop()

    def test_lists_what_it_is_made_of(self):
        bom = json.loads((self.root / "usr/share/doc/event-exporter/sbom.cdx.json").read_text())
        listed = {file["name"]: file["hashes"][0]["content"] for component in bom["components"]
                  for file in component.get("components", [])}
        listed |= {f"/usr/bin/{file['name']}": file["hashes"][0]["content"]
                   for file in bom["metadata"]["component"]["components"]}
        programs = [path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink()
                    and path.read_bytes()[:4] == b"\x7fELF"]
        there = {f"/{path.relative_to(self.root)}": hashlib.sha256(path.read_bytes()).hexdigest() for path in programs}
        self.assertEqual(there, listed)

    def test_knows_the_user_and_the_commands(self):
        self.assertEqual(self.inside("help", "help").wait(), 0)
        self.assertIn(f"event-exporter:x:{USER}:{USER}:", (self.root / "etc/passwd").read_text())


if __name__ == "__main__":
    main()
