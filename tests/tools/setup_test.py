import subprocess
import unittest

from tool_test import ROOT, TreeTest

STANZA = """Types: deb deb-src
# A comment.
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


class Setup(TreeTest):
    def call(self, command):
        script = f'source "{ROOT}/scripts/setup"\nas_root() {{ "$@"; }}\n{command}'
        return subprocess.run(
            ["bash", "-c", script], env={"APT_ETC": str(self.root), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            capture_output=True, text=True, check=False,
        )

    def backports(self, files):
        """Enables bookworm-backports over `files`; gives what was added, by name."""
        (self.root / "sources.list.d").mkdir(exist_ok=True)
        self.write(files)
        run = self.call("enable_backports bookworm")
        self.assertEqual(run.returncode, 0, run.stderr)
        added = [path for path in self.root.rglob("*") if path.is_file() and str(path.relative_to(self.root)) not in files]
        return {path.name: path.read_text() for path in added}

    def test_takes_mirror_and_key_from_a_stanza(self):
        security = STANZA.replace("bookworm bookworm-updates", "bookworm-security")
        self.assertEqual(
            self.backports({"sources.list.d/debian.sources": security + "\n" + STANZA}),
            {
                "event-exporter-backports.sources": "Types: deb\nURIs: http://mirror.example/debian\n"
                "Suites: bookworm-backports\nComponents: main\n"
                "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
            },
        )

    def test_takes_mirror_and_options_from_a_line(self):
        line = "# deb http://old.example/ bookworm main\ndeb [ arch=amd64 ] http://mirror.example/debian bookworm main contrib # x\n"
        self.assertEqual(
            self.backports({"sources.list": line}),
            {
                "event-exporter-backports.list": "deb [ arch=amd64 ] http://mirror.example/debian bookworm-backports "
                "main contrib\n"
            },
        )

    def test_keeps_a_key_that_stands_in_the_stanza(self):
        inline = STANZA.replace("/usr/share/keyrings/debian-archive-keyring.gpg", "\n -----BEGIN-----\n .\n key\n -----END-----")
        added = self.backports({"sources.list.d/debian.sources": inline})
        self.assertIn("Signed-By: \n -----BEGIN-----\n .\n key\n", added["event-exporter-backports.sources"])

    def test_adds_nothing_when_the_suite_is_there(self):
        there = STANZA.replace("bookworm-updates", "bookworm-backports")
        self.assertEqual(self.backports({"sources.list.d/debian.sources": there}), {})

    def test_does_not_take_a_stanza_that_is_switched_off(self):
        self.write({"sources.list.d/debian.sources": STANZA + "Enabled: no\n"})
        run = self.call("enable_backports bookworm")
        self.assertEqual(run.returncode, 1)
        self.assertIn("add bookworm-backports by hand", run.stderr)

    def test_takes_go_from_backports_only_where_helm_or_go_cannot_be_had_without(self):
        always = self.call('echo "${BACKPORTS_PACKAGES[*]}"').stdout.split()
        for helm, there, group, go in (("false", "true", "all", ["golang-1.23-go"]),
                                       ("true", "false", "all", ["golang-1.23-go"]),
                                       ("false", "false", "all", ["golang-1.23-go"]), ("true", "true", "all", []),
                                       ("false", "false", "build", [])):
            run = self.call(f"missing() {{ :; }}\nhelm_can_be_had() {{ {helm}; }}\ngo_is_there() {{ {there}; }}\n"
                            f'install_packages {group} >&2\necho "${{BACKPORTS_PACKAGES[*]}}"')
            self.assertEqual((run.returncode, run.stdout.split()), (0, always + go), run.stderr)

    def test_sees_packages_that_are_missing(self):
        run = self.call("missing bash no-such-package-as-this dpkg")
        self.assertEqual((run.returncode, run.stdout), (0, "no-such-package-as-this\n"))


if __name__ == "__main__":
    unittest.main()
