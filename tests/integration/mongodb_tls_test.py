"""Who we are to MongoDB and whom we trust: certificates and passwords, wrong ones, late ones, changed ones.

The matrix is NVSentinel's: authority, certificate and key make the certificate's subject the user; the authority alone
leaves that to the URI. In every test no password and no private key may stand in a log or in a file that is not ours.
"""
import os
import re
import shutil
import time
from pathlib import Path
from urllib.parse import quote

from certificates import Authority
from mongod import DATABASE, PASSWORD, Mongod
from mongodb_user_case import TRYING, MongodbCase
from support import main, request, wait_until

REFUSED = "the server does not take our credentials"


class Credentials(MongodbCase):
    def setUp(self):
        super().setUp()
        self.lab_sink = self.sink()
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.secrets = {PASSWORD, quote(PASSWORD, safe="")}
        self.keys = set()
        self.exporters = []
        self.began = time.time()

    def quick(self):
        """The server's address, for tests in which nobody will be found there: not to look for three seconds."""
        return self.mongod.uri() + "&serverSelectionTimeoutMS=600"

    def run_with(self, uri, **variables):
        """The program, with a folder of its own for temporary files."""
        exporter = self.start(self.lab_sink, self.settings(uri, LOG_LEVEL="debug", TMPDIR=self.temporary, **variables))
        self.exporters.append(exporter)
        return exporter

    def mount(self, certificates, name="mounted", but=()):
        """A copy as the cluster mounts it. The private key counts as a secret from now on."""
        folder = self.folder / name
        self.fill(folder, certificates, but)
        return folder

    def fill(self, folder, certificates, but=()):
        lines = (certificates / "tls.key").read_text().splitlines()
        self.keys.update(line for line in lines if line and "-----" not in line)
        new = self.folder / (folder.name + ".new")
        new.mkdir()
        for name in ("ca.crt", "tls.crt", "tls.key"):
            if name not in but:
                shutil.copy(certificates / name, new / name)
        # Whole at once, as in a cluster, where a link is turned over to the new folder.
        link = self.folder / (folder.name + ".link")
        new = new.rename(self.folder / f"{folder.name}-{len(list(self.folder.iterdir()))}")
        link.symlink_to(new)
        os.replace(link, folder)

    def assert_delivers(self, mongod, exporter, numbers=(0, 1)):
        exporter.ready()
        mongod.insert_events(1, first=max(numbers))
        self.assert_numbers(self.lab_sink, list(numbers))

    def assert_tells(self, exporter, pattern):
        """Says so, stays healthy for the cluster, and sends nothing."""
        def told():
            exporter.must_run()
            return [line for line in exporter.lines(TRYING) if re.search(pattern, line["error"])]
        wait_until(told, f"{pattern!r} in\n{exporter.lines(TRYING)}", 40)
        self.assertEqual(request(exporter.url("/healthz"))[0], 200)
        self.assertEqual(self.lab_sink.audit()["received"], 0)

    def tearDown(self):
        known = {path for path in self.folder.rglob("*.key")} | {path for path in self.folder.rglob("both.pem")}
        known |= {path for path in self.folder.rglob("server-both.pem")}
        for exporter in self.exporters:
            exporter.kill()
        for path in self.folder.rglob("*"):
            inside = path.is_file() and path not in known and "mongod-" not in str(path.relative_to(self.folder))
            text = path.read_text(errors="replace") if inside else ""
            for secret in self.secrets | self.keys:
                self.assertNotIn(secret, text, path)
        self.assertEqual(list(self.temporary.iterdir()), [])
        for entry in os.scandir("/tmp"):
            try:
                fresh = entry.is_file(follow_symlinks=False) and (
                    entry.stat(follow_symlinks=False).st_mtime >= self.began - 1)
                text = Path(entry.path).read_bytes().decode(errors="replace") if fresh else ""
            except FileNotFoundError:  # another test's, which is over
                continue
            self.assertFalse(any(key in text for key in self.keys), entry.path)


class Certificates(Credentials):
    def setUp(self):
        super().setUp()
        self.mongod = Mongod(self, tls=True)
        self.mongod.insert_events(1)

    def test_from_the_mounted_folder(self):
        mounted = self.mount(self.mongod.certificates)
        exporter = self.run_with(self.mongod.uri(), MONGODB_CLIENT_CERT_MOUNT_PATH=mounted)
        self.assert_delivers(self.mongod, exporter)
        exporter.stop()

    def test_from_three_paths_whatever_the_files_are_called(self):
        mounted = self.mount(self.mongod.certificates)
        paths = [self.folder / name for name in ("our.pem", "our.key", "root.pem")]
        for path, name in zip(paths, ("tls.crt", "tls.key", "ca.crt")):
            shutil.copy(mounted / name, path)
        exporter = self.run_with(self.mongod.uri(), MONGODB_CLIENT_CERT_PATH=paths[0], MONGODB_CLIENT_KEY_PATH=paths[1],
                                 MONGODB_CA_CERT_PATH=paths[2])
        self.assert_delivers(self.mongod, exporter)
        exporter.stop()

    def test_from_the_datastore_variables(self):
        mounted = self.mount(self.mongod.certificates)
        exporter = self.run_with("", DATASTORE_PROVIDER="mongodb", DATASTORE_HOST=self.mongod.uri(),
                                 DATASTORE_DATABASE=DATABASE, DATASTORE_SSLCERT=mounted / "tls.crt",
                                 DATASTORE_SSLKEY=mounted / "tls.key", DATASTORE_SSLROOTCERT=mounted / "ca.crt")
        self.assert_delivers(self.mongod, exporter)
        exporter.stop()

    def test_turn_tls_on_without_a_word_in_the_uri(self):
        mounted = self.mount(self.mongod.certificates)
        uri = self.mongod.uri().replace("&tls=true", "")
        exporter = self.run_with(uri, MONGODB_CLIENT_CERT_MOUNT_PATH=mounted)
        self.assert_delivers(self.mongod, exporter)
        exporter.stop()

    def test_win_over_a_user_in_the_uri(self):
        mounted = self.mount(self.mongod.certificates)
        uri = self.mongod.uri().replace("://", f"://somebody:{quote(PASSWORD, safe='')}@")
        uri += "&authSource=admin&authMechanism=SCRAM-SHA-256"
        exporter = self.run_with(uri, MONGODB_CLIENT_CERT_MOUNT_PATH=mounted)
        self.assert_delivers(self.mongod, exporter)
        exporter.stop()

    def test_of_another_authority_than_the_servers_end_every_attempt(self):
        mounted = self.mount(self.mongod.certificates)
        shutil.copy(Authority(self.folder, "other").pem, mounted / "ca.crt")
        exporter = self.run_with(self.quick(), MONGODB_CLIENT_CERT_MOUNT_PATH=mounted)
        self.assert_tells(exporter, "certificate verify failed")
        # Set right under the running program.
        self.fill(mounted, self.mongod.certificates)
        self.assert_delivers(self.mongod, exporter)
        exporter.stop()

    def test_of_a_server_with_another_name_end_every_attempt(self):
        mounted = self.mount(self.mongod.certificates)
        self.mongod.stop()
        other = self.mongod.authority.issue("elsewhere", "/O=nvsentinel/OU=server/CN=mongod",
                                            ["subjectAltName=DNS:elsewhere", "extendedKeyUsage=serverAuth,clientAuth"])
        (self.mongod.folder / "server-both.pem").write_text(
            other.read_text() + other.with_suffix(".key").read_text())
        self.mongod.nodes[0] = self.mongod.nodes[0].restarted()
        exporter = self.run_with(self.quick(), MONGODB_CLIENT_CERT_MOUNT_PATH=mounted)
        self.assert_tells(exporter, "(certificate verify failed|[Hh]ostname|IP address mismatch)")
        exporter.stop()

    def test_of_nobody_end_every_attempt(self):
        mounted = self.mount(self.mongod.client_certificate("nobody", "/O=nvsentinel/CN=nobody"))
        exporter = self.run_with(self.quick(), MONGODB_CLIENT_CERT_MOUNT_PATH=mounted)
        self.assert_tells(exporter, REFUSED)
        exporter.stop()

    def test_that_cannot_be_read_are_named(self):
        mounted = self.mount(self.mongod.certificates)
        (mounted / "tls.key").write_text("no key\n")
        exporter = self.run_with(self.quick(), MONGODB_CLIENT_CERT_MOUNT_PATH=mounted)
        self.assert_tells(exporter, "client certificate of MongoDB: .*/mounted/tls.key holds no PEM PRIVATE KEY")
        self.fill(mounted, self.mongod.certificates)
        self.assert_delivers(self.mongod, exporter)
        exporter.stop()

    def test_that_are_mounted_late_are_taken_then(self):
        exporter = self.run_with(self.mongod.uri(), MONGODB_CLIENT_CERT_MOUNT_PATH=self.folder / "mounted")
        self.assert_tells(exporter, "mounted/ca.crt cannot be read")
        self.mount(self.mongod.certificates)
        self.assert_delivers(self.mongod, exporter)
        exporter.stop()

    def test_that_are_renewed_are_used_for_new_connections(self):
        mounted = self.mount(self.mongod.certificates)
        exporter = self.run_with(self.mongod.uri(), MONGODB_CLIENT_CERT_MOUNT_PATH=mounted)
        self.assert_delivers(self.mongod, exporter)
        rights = [{"role": "readWrite", "db": DATABASE}]
        external = self.mongod.client()["$external"]
        external.command("createUser", "CN=event-exporter-2,O=nvsentinel", roles=rights)
        self.fill(mounted, self.mongod.client_certificate("renewed", "/O=nvsentinel/CN=event-exporter-2"))
        external.command("dropUser", "CN=event-exporter,OU=exporter,O=nvsentinel")
        self.mongod.stop()
        self.mongod.restart()
        self.mongod.insert_events(1, first=2)
        self.assert_numbers(self.lab_sink, [0, 1, 2], 60)
        self.assertIn("CN=event-exporter-2,O=nvsentinel", self.mongod.nodes[0].output())
        exporter.stop()

    def test_are_given_whole_or_not_at_all(self):
        mounted = self.mount(self.mongod.certificates)
        half = self.mount(self.mongod.certificates, "half", but=("tls.key",))
        for variables in ({"MONGODB_CLIENT_CERT_PATH": mounted / "tls.crt", "MONGODB_CA_CERT_PATH": mounted / "ca.crt"},
                          {"MONGODB_CLIENT_CERT_MOUNT_PATH": half}, {"MONGODB_CA_CERT_PATH": "ca.crt"}):
            done = self.run_binary("--config", self.config(self.lab_sink.url), "--metrics-port=0",
                                   "--oidc-secret-path", self.secret_file,
                                   environment=self.settings(self.mongod.uri(), **variables))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("MONGODB_C", done.stderr)


class Passwords(Credentials):
    def setUp(self):
        super().setUp()
        self.mongod = Mongod(self, tls=True, scram=True)
        self.mongod.insert_events(1)
        self.mounted = self.mount(self.mongod.certificates, but=("tls.crt", "tls.key"))

    def uri_of(self, user, password):
        host = self.mongod.uri().partition("@")[2]
        return f"mongodb://{user}:{quote(password, safe='')}@{host}"

    def test_go_with_the_authority_alone(self):
        exporter = self.run_with(self.mongod.uri(), MONGODB_CLIENT_CERT_MOUNT_PATH=self.mounted)
        self.assert_delivers(self.mongod, exporter)
        exporter.stop()

    def test_go_with_the_authoritys_variable_alone(self):
        exporter = self.run_with(self.mongod.uri(), MONGODB_CA_CERT_PATH=self.mounted / "ca.crt")
        self.assert_delivers(self.mongod, exporter)
        exporter.stop()

    def test_are_not_sent_to_a_server_of_another_authority(self):
        shutil.copy(Authority(self.folder, "other").pem, self.mounted / "ca.crt")
        exporter = self.run_with(self.quick(), MONGODB_CLIENT_CERT_MOUNT_PATH=self.mounted)
        self.assert_tells(exporter, "certificate verify failed")
        self.assertNotIn("saslStart", self.mongod.nodes[0].output())
        exporter.stop()

    def test_may_hold_what_a_uri_may_not(self):
        password = "p@ss/w:rd%41&?#+ é"
        self.secrets |= {password, quote(password, safe="")}
        self.mongod.database.command("createUser", "odd", pwd=password, roles=["readWrite"])
        exporter = self.run_with(self.uri_of("odd", password), MONGODB_CLIENT_CERT_MOUNT_PATH=self.mounted)
        self.assert_delivers(self.mongod, exporter)
        exporter.stop()

    def test_that_are_wrong_are_tried_again_without_haste(self):
        wrong = "Wr0ng/of@mongo:user"
        self.secrets |= {wrong, quote(wrong, safe="")}
        self.mongod.client().admin.command("setParameter", 1, logComponentVerbosity={"accessControl": {"verbosity": 1}})
        exporter = self.run_with(self.uri_of("event-exporter", wrong), MONGODB_CLIENT_CERT_MOUNT_PATH=self.mounted)
        self.assert_tells(exporter, f"{REFUSED}.*Authentication failed")
        def attempts():
            return self.mongod.nodes[0].output().count('"msg":"Authentication failed"')
        wait_until(lambda: attempts() >= 3, "three attempts", 40)
        waits = [line["retryIn"] for line in exporter.lines(TRYING)]
        self.assertGreaterEqual(min(waits), 10_000_000, "at least 10 ms between two attempts")
        # Set right on the server, under the running program.
        self.mongod.database.command("updateUser", "event-exporter", pwd=wrong)
        self.assert_delivers(self.mongod, exporter)
        exporter.stop()
        # Most of these lines are left out of the log, and counted there.
        told = [line for message in (TRYING, "Lines like an earlier one were left out")
                for line in exporter.lines(message) if line.get("line", TRYING) == TRYING]
        times = sum(1 + line.get("linesLeftOut", 0) for line in told)
        self.assertLessEqual(attempts(), 2 * (times + 2))


class PasswordsWithoutTls(Credentials):
    def test_that_are_badly_escaped_are_refused_unseen(self):
        for password in ("Hid@den:Sec", "Hid/den:Sec", "Hid%den:Sec", "Hid:den:Sec"):
            done = self.run_binary("--config", self.config(self.lab_sink.url), "--metrics-port=0",
                                   "--oidc-secret-path", self.secret_file,
                                   environment=self.settings(f"mongodb://user:{password}@127.0.0.1:1/?replicaSet=rs0"))
            self.assertEqual(done.returncode, 2, done.stderr)
            for part in ("Hid", "den:", "Sec"):
                self.assertNotIn(part, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
