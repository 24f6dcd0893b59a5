"""The bill of materials: CycloneDX by its rules, and complete by what ldd and dpkg say when they are asked otherwise."""
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "integration"))
from support import BINARY, ENVIRONMENT, ROOT, IntegrationTest, main

PLUGIN = Path(BINARY).parent / "event-exporter-otlp.so"
PURL = re.compile(r"pkg:deb/debian/[a-z0-9.%A-F-]+@[\w.:~%-]+\?arch=(amd64|arm64|all)&distro=debian-12")
TYPES = {"application", "library", "data", "file"}


def all_components(bom):
    """With those inside of others."""
    waiting, found = [bom["metadata"]["component"], *bom["components"]], []
    while waiting:
        found.append(waiting.pop())
        waiting += found[-1].get("components", [])
    return found


class Sbom(IntegrationTest):
    @staticmethod
    def write_it(*arguments, **environment):
        return subprocess.run([ROOT / "scripts/sbom", *arguments], capture_output=True, text=True, check=False,
                              env=ENVIRONMENT | environment)

    @staticmethod
    @functools.cache
    def bom(time="86400"):
        environment = {"SOURCE_DATE_EPOCH": time} if time else {}
        done = Sbom.write_it(BINARY, **environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refuses(self, done, reason):
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(reason, done.stderr)

    def test_is_cyclonedx(self):
        bom = self.bom()
        self.assertEqual(list(bom), ["bomFormat", "specVersion", "serialNumber", "version", "metadata", "components",
                                     "dependencies"])
        self.assertEqual((bom["bomFormat"], bom["specVersion"], bom["version"]), ("CycloneDX", "1.5", 1))
        self.assertRegex(bom["serialNumber"], r"^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertEqual(bom["metadata"]["timestamp"], "1970-01-02T00:00:00Z")
        for component in all_components(bom):
            with self.subTest(component["name"]):
                self.assertIn(component["type"], TYPES)
                for digest in component.get("hashes", []):
                    self.assertEqual(digest["alg"], "SHA-256")
                    self.assertRegex(digest["content"], r"^[0-9a-f]{64}$")
                for licence in component.get("licenses", []):
                    (kind, name), = licence["license"].items()
                    self.assertIn(kind, ("id", "name"))
                    self.assertTrue(name)
                self.assertEqual(len({str(licence) for licence in component.get("licenses", [])}),
                                 len(component.get("licenses", [])))
        for component in bom["components"]:
            with self.subTest(component["name"]):
                self.assertIn(component["scope"], ("required", "excluded"))
                self.assertTrue(component["version"] and component["supplier"]["name"])
                self.assertRegex(component["purl"], f"^{PURL.pattern}$")

    def test_refers_to_what_it_lists(self):
        bom = self.bom()
        listed = [component["bom-ref"] for component in all_components(bom)]
        self.assertEqual(len(listed), len(set(listed)))
        links = {link["ref"]: link["dependsOn"] for link in bom["dependencies"]}
        self.assertEqual(len(links), len(bom["dependencies"]))
        for ref, others in links.items():
            self.assertLessEqual({ref, *others}, set(listed))
            self.assertEqual(len(others), len(set(others)), ref)
        # All that is required is so because of the program.
        reached, waiting = set(), [bom["metadata"]["component"]["bom-ref"]]
        while waiting:
            if (ref := waiting.pop()) not in reached:
                reached.add(ref)
                waiting += links[ref]
        required = {component["bom-ref"] for component in bom["components"] if component["scope"] == "required"}
        self.assertEqual(required - reached, set())

    def test_has_every_library_that_is_loaded_with_its_package_and_sum(self):
        files = {}
        for component in self.bom()["components"]:
            for file in component.get("components", []):
                files[os.path.realpath(file["name"])] = (component, file["hashes"][0]["content"])
        loaded = subprocess.run(["ldd", BINARY, PLUGIN], capture_output=True, text=True, check=True).stdout
        paths = {os.path.realpath(word) for word in loaded.split() if word.startswith("/") and word[-1] != ":"}
        self.assertEqual(paths, set(files))
        self.assertGreater(len(paths), 20)
        for path, (component, content) in files.items():
            self.assertEqual(content, hashlib.sha256(Path(path).read_bytes()).hexdigest(), path)
            there = Path("/var/lib/dpkg/info")
            listing = there / f"{component['name']}.list"
            if not listing.exists():
                listing, = there.glob(f"{component['name']}:*.list")
            owned = {os.path.realpath(line) for line in listing.read_text().splitlines()
                     if os.path.basename(path) in line or ".so" in line}
            self.assertIn(path, owned, component["name"])
            version = subprocess.run(["dpkg-query", "--show", "--showformat", "${Version}", component["name"]],
                                     capture_output=True, text=True, check=True).stdout
            self.assertEqual(component["version"], version)

    def test_has_what_was_compiled_in_and_nothing_of_the_tests(self):
        linkage = {component["name"]: component["properties"][0]["value"] for component in self.bom()["components"]}
        for name in ("libtomlplusplus-dev", "libexpected-dev", "libcpp-httplib-dev", "libboost1.81-dev", "libcli11-dev",
                     "libopentelemetry-proto-dev", "libstdc++-12-dev"):
            self.assertEqual(linkage.get(name), "compiled in", name)
        self.assertFalse({"libgtest-dev", "libgmock-dev", "googletest", "libbenchmark-dev"} & set(linkage))
        self.assertEqual(linkage["ca-certificates"], "read")
        self.assertEqual(linkage["g++-12"], "build tool")

    def test_is_the_same_for_the_same_input(self):
        again = json.loads(self.write_it(BINARY, SOURCE_DATE_EPOCH="86400").stdout)
        self.assertEqual(self.bom(), again)
        without_time = self.bom(time=None)
        self.assertNotEqual(again["serialNumber"], without_time["serialNumber"])
        self.assertNotIn("timestamp", without_time["metadata"])

    def test_has_the_sums_of_the_files_that_are_shipped(self):
        shipped = self.folder / "event-exporter"
        shipped.write_text("stripped")
        output = self.folder / "sbom.json"
        done = self.write_it("--shipped", shipped, "--output", output, BINARY)
        self.assertEqual(done.returncode, 0, done.stderr)
        file, = json.loads(output.read_text())["metadata"]["component"]["components"]
        self.assertEqual((file["name"], file["hashes"][0]["content"]),
                         ("event-exporter", hashlib.sha256(b"stripped").hexdigest()))

    def test_refuses_a_library_that_no_package_answers_for(self):
        shutil.copy("/usr/lib/x86_64-linux-gnu/libfmt.so.9", self.folder)
        self.refuses(self.write_it(BINARY, LD_LIBRARY_PATH=str(self.folder)), "of no Debian package: ")

    def test_refuses_a_program_that_was_taken_from_where_it_was_built(self):
        for path in (BINARY, PLUGIN):
            shutil.copy(path, self.folder)
        self.refuses(self.write_it(self.folder / "event-exporter"), "has no .ninja_deps")
        self.refuses(self.write_it(self.folder / "gone"), "there is no ")


if __name__ == "__main__":
    main()
