"""The Debian package of this build: what is in it, what it depends on, and that systemd takes its unit."""
import hashlib
import json
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "integration"))
from support import BINARY, ENVIRONMENT, PATIENCE, IntegrationTest, main


class Package(IntegrationTest):
    def run_tool(self, *arguments):
        done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, check=False, env=ENVIRONMENT,
                              timeout=60 * PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_holds_the_program_and_a_unit_that_systemd_takes(self):
        self.run_tool("cpack", "--config", Path(BINARY).parent / "CPackConfig.cmake", "-B", self.folder)
        package, = self.folder.glob("*.deb")
        self.run_tool("dpkg-deb", "--extract", package, self.folder / "root")
        names = {str(path.relative_to(self.folder / "root")) for path in (self.folder / "root").rglob("*")}
        self.assertLessEqual({"usr/bin/event-exporter", "usr/lib/event-exporter/event-exporter-otlp.so",
                              "usr/lib/systemd/system/event-exporter.service",
                              "usr/share/doc/event-exporter/event-exporter.example.toml",
                              "usr/share/doc/event-exporter/sbom.cdx.json",
                              "usr/share/doc/event-exporter/docs/configuration.md"}, names)
        self.assertFalse([name for name in names if name.startswith("etc")], "the configuration is the operator's")

        bom = json.loads((self.folder / "root/usr/share/doc/event-exporter/sbom.cdx.json").read_text())
        for file, folder in zip(bom["metadata"]["component"]["components"], ("usr/bin", "usr/lib/event-exporter")):
            shipped = (self.folder / "root" / folder / file["name"]).read_bytes()
            self.assertEqual(file["hashes"][0]["content"], hashlib.sha256(shipped).hexdigest())

        depends = self.run_tool("dpkg-deb", "--field", package, "Depends")
        for library in ("libssl3", "libmongoc-1.0-0", "libsqlite3-0", "libcurl4", "libgrpc++1.51", "ca-certificates"):
            self.assertIn(library, depends)

        # Its libraries are found by nobody but the program, when traces are switched on.
        self.assertIn("opentelemetry-cpp", self.run_tool("dpkg-deb", "--field", package, "Recommends"))

        unit = (self.folder / "root/usr/lib/systemd/system/event-exporter.service").read_text()
        program = self.folder / "root/usr/bin/event-exporter"
        # systemd looks whether the program is there; what else it finds wrong it prints.
        there = self.folder / "event-exporter.service"
        there.write_text(unit.replace("/usr/bin/event-exporter", str(program)))
        self.assertNotIn("event-exporter.service", self.run_tool("systemd-analyze", "verify", "--man=no", there))
        self.assertIn("Usage: event-exporter", self.run_tool(program, "help"))


if __name__ == "__main__":
    main()
