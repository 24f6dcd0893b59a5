"""The Debian package, installed by dpkg into a fresh Debian with what it depends on and nothing else, and run there as
its unit says."""
import os
import re
import shlex
import stat
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "integration"))
from support import BINARY, ENVIRONMENT, PATIENCE, ROOT, SECRET, IntegrationTest, LabSink, Process, main

USER = 61184  # the first that systemd gives to a unit with DynamicUser=
UNIT = "usr/lib/systemd/system/event-exporter.service"

# As ProtectSystem=strict has it: nothing can be written but the state. In a name space of its own, so that nothing stays
# mounted.
SERVICE = """set -e
mount --bind "$0" "$0"
mount --bind /proc "$0/proc"
mount --bind "$0/var/lib/event-exporter" "$0/var/lib/event-exporter"
mount -o remount,bind,ro "$0"
exec setpriv --no-new-privs --inh-caps=-all chroot "$@"
"""


@unittest.skipUnless(os.geteuid() == 0, "chroot needs root")
class InstalledPackage(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.root = self.folder / "root"
        self.run_tool("cpack", "--config", Path(BINARY).parent / "CPackConfig.cmake", "-B", self.folder)
        package, = self.folder.glob("*.deb")
        # What it recommends is for traces, and dpkg by itself would not miss it.
        wants = [self.run_tool("dpkg-deb", "--field", package, field).strip() for field in ("Depends", "Recommends")]
        archive = self.run_tool(ROOT / "scripts/debian-root-path", ", ".join(wants), seconds=1300).strip()
        self.root.mkdir()
        self.run_tool("tar", "--extract", "--file", archive, "--directory", self.root)
        (self.root / "event-exporter.deb").write_bytes(package.read_bytes())
        self.users = (self.root / "etc/passwd").read_text()
        # dpkg itself says whether the packages that Depends asks for are enough.
        self.inside("sh", "-c", "dpkg --force-unsafe-io --install /event-exporter.deb /var/cache/apt/archives/*.deb")

    def run_tool(self, *arguments, seconds=300):
        """Its standard output."""
        done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, check=False, env=ENVIRONMENT,
                              timeout=seconds * PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
        return done.stdout

    def inside(self, *arguments):
        return self.run_tool("chroot", self.root, "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin", "LC_ALL=C.UTF-8",
                             "DEBIAN_FRONTEND=noninteractive", *arguments)

    def service(self):
        """The program as systemd would start it, on another port: what the unit's ExecStart says, as another user."""
        unit = (self.root / UNIT).read_text()
        command, = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
        folder = self.root / "run/credentials/event-exporter.service"
        folder.mkdir(parents=True)
        (folder / "oidc-client-secret").write_bytes((self.root / "etc/event-exporter/oidc-client-secret").read_bytes())
        for path in (folder, folder / "oidc-client-secret"):
            path.chmod(0o500 if path.is_dir() else 0o400)
            os.chown(path, USER, USER)
        words = shlex.split(command.replace("${CREDENTIALS_DIRECTORY}", "/run/credentials/event-exporter.service"))
        return Process(self, ["unshare", "--mount", "sh", "-c", SERVICE, self.root, f"--userspec={USER}:{USER}",
                              self.root, *words, "--metrics-port=0"], "service",
                       {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})

    def test_is_installed_runs_as_its_unit_says_and_goes_away(self):
        self.assertEqual(self.inside("dpkg-query", "--show", "--showformat", "${db:Status-Status}", "event-exporter"),
                         "installed")
        self.assertEqual(self.inside("dpkg", "--verify", "event-exporter"), "")
        self.assertEqual(self.inside("dpkg", "--audit"), "")
        self.check_files()
        self.deliver()
        self.inside("dpkg", "--remove", "event-exporter")
        self.assertFalse((self.root / UNIT).exists() or (self.root / "usr/bin/event-exporter").exists())
        self.assertTrue((self.root / "etc/event-exporter/config.toml").exists(), "the configuration is the operator's")

    def check_files(self):
        names = self.inside("dpkg", "--listfiles", "event-exporter").split()
        self.assertIn(f"/{UNIT}", names)
        for name in names:
            status = (self.root / name.lstrip("/")).lstat()
            expected = 0o755 if stat.S_ISDIR(status.st_mode) or name == "/usr/bin/event-exporter" else 0o644
            self.assertEqual((status.st_uid, status.st_gid), (0, 0), name)
            self.assertEqual(oct(stat.S_IMODE(status.st_mode)), oct(expected), name)
        # The unit's user exists while it runs (DynamicUser=): the package makes none, and no configuration either.
        self.assertEqual((self.root / "etc/passwd").read_text(), self.users)
        self.assertFalse((self.root / "etc/event-exporter").exists())

    def deliver(self):
        sink = LabSink(self)
        self.generate(200)
        self.store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        state, settings = self.root / "var/lib/event-exporter", self.root / "etc/event-exporter"
        for folder in (state, settings):
            folder.mkdir(mode=0o755)
        (state / "events.db").write_bytes(self.store.path.read_bytes())
        for path in (state, state / "events.db"):
            os.chown(path, USER, USER)
        (settings / "config.toml").write_text(
            self.config(sink.url, datastore__path="/var/lib/event-exporter/events.db").read_text())
        (settings / "oidc-client-secret").write_text(SECRET)
        (settings / "oidc-client-secret").chmod(0o600)
        service = self.service()
        # The library for traces is found where the package puts it, with all that it needs.
        service.wait_for_line("OpenTelemetry tracing initialized")
        self.assertEqual(sink.wait_for(200)["distinctIds"], 200)
        service.stop()


if __name__ == "__main__":
    main()
