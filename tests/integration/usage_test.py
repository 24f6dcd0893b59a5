"""Mistakes of whoever starts it: exit codes, messages with file and line, and files that stay as they are."""
import sqlite3
import subprocess

from support import BINARY, ENVIRONMENT, PATIENCE, IntegrationTest, LabSink, main


class Usage(IntegrationTest):
    def start(self, config, *more):
        """A start that must end by itself."""
        return self.run_binary(f"--config={config}", "--metrics-port=0", f"--oidc-secret-path={self.secret_file}", *more)

    def refused(self, done, code, *texts):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for text in texts:
            self.assertIn(text, done.stderr + done.stdout)

    def nowhere(self, **changed):
        return self.config("http://127.0.0.1:1", **changed)

    def test_a_broken_file_is_refused_with_file_and_line_of_every_problem(self):
        config = self.folder / "broken.toml"
        config.write_text('[exporter]\nmetadata.cluster = "c"\nsink.endpoint = "nonsense"\nsink.timeout = "soon"\n'
                          'oidc = { token_url = "http://127.0.0.1:1/t", client_id = "i", scope = "s" }\n'
                          'datastore = { provider = "sqlite", path = "events.db" }\n')
        for command in ([], ["run"], ["check-config"]):
            done = self.run_binary(*command, f"--config={config}", f"--oidc-secret-path={self.secret_file}")
            self.refused(done, 2, f"{config}:3: exporter.sink.endpoint", f"{config}:4: exporter.sink.timeout")
        self.assertFalse((self.folder / "events.db").exists())

    def test_what_a_killed_predecessor_left_under_the_same_process_id_disturbs_nobody(self):
        # A shell that becomes the program keeps its process id.
        script = 'touch /dev/shm/mongoc-$$ && exec env -u MONGOC_DISABLE_SHM "$0" --version'
        done = subprocess.run(["sh", "-c", script, BINARY], capture_output=True, text=True, env=ENVIRONMENT,
                              timeout=20 * PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_syntax_error_is_refused_with_its_line(self):
        config = self.folder / "broken.toml"
        config.write_text('[exporter]\nmetadata.cluster = "c"\n[exporter.sink\n')
        self.refused(self.start(config), 2, f"{config}:3: not valid TOML")

    def test_a_file_that_is_missing_is_refused(self):
        self.refused(self.start(self.folder / "none.toml"), 2, "none.toml")

    def test_a_filter_that_is_no_yes_or_no_is_refused_and_nothing_is_sent(self):
        self.generate(5)
        sink = LabSink(self)
        config = self.config(sink.url, filter__expression="event.isFatal")
        self.refused(self.start(config), 2, "must return boolean")
        self.assertEqual(sink.audit()["requests"], 0)

    def test_a_provider_that_is_not_built_in_is_refused(self):
        self.refused(self.start(self.nowhere(datastore__provider="postgresql")), 2, "postgresql")
        done = self.run_binary("--config", self.nowhere(), "--oidc-secret-path", self.secret_file,
                               environment={"DATASTORE_PROVIDER": "postgresql"})
        self.refused(done, 2, "postgresql")

    def test_mongodb_without_a_database_is_refused(self):
        self.refused(self.start(self.nowhere(datastore__provider="mongodb")), 2, "exporter.datastore.database")
        self.refused(self.start(self.nowhere(drop=("datastore.provider",))), 2, "exporter.datastore.database")

    def test_a_secret_file_that_is_missing_or_empty_is_refused(self):
        self.secret_file.write_text(" \n\t\n")
        self.refused(self.start(self.nowhere()), 2, str(self.secret_file), "empty")
        self.secret_file.unlink()
        self.refused(self.start(self.nowhere()), 2, str(self.secret_file))

    def keeps(self, content, code, *texts):
        path = self.store.path
        path.write_bytes(content)
        self.refused(self.start(self.nowhere()), code, str(path), *texts)
        done = self.run_binary("ingest", "--datastore", path, text='{"nodeName":"n","checkName":"c"}\n')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(str(path), done.stderr)
        self.assertEqual(path.read_bytes(), content)
        self.assertEqual(sum(p.stat().st_size for p in self.folder.glob("events.db-wal")), 0)

    def test_an_sqlite_file_of_another_program_is_left_as_it_is(self):
        connection = sqlite3.connect(self.folder / "other.db")
        with connection:
            connection.execute("CREATE TABLE health_events (id TEXT)")
            connection.execute("INSERT INTO health_events VALUES ('theirs')")
        connection.close()
        self.keeps((self.folder / "other.db").read_bytes(), 2, "another program", "nothing was changed")

    def test_a_file_that_is_no_database_is_left_as_it_is(self):
        self.keeps(b"These are my notes and no database.\n" * 500, 1)

    def test_a_damaged_store_is_left_as_it_is(self):
        self.generate(50)
        self.store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        content = self.store.path.read_bytes()
        for leftover in self.folder.glob("events.db-*"):
            leftover.unlink()
        # The schema's page behind the header, which still names the file as ours.
        self.keeps(content[:100] + b"\xff" * 3996 + content[4096:], 1)

    def test_a_folder_that_is_missing_is_refused(self):
        path = self.folder / "none" / "events.db"
        self.refused(self.start(self.nowhere(datastore__path=str(path))), 2, str(path.parent))
        self.assertFalse(path.parent.exists())

    def test_flags_with_one_dash_and_apart_from_their_value_work(self):
        config = self.nowhere()
        for flags in (["-config", config], [f"-config={config}"], ["--config", config]):
            done = self.run_binary("check-config", *flags, "-oidc-secret-path", self.secret_file, "-workers", 3)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertRegex(done.stdout, r"--workers\s+3\s+flag --workers")

    def test_an_unknown_flag_or_command_is_refused(self):
        self.refused(self.run_binary("--no-such-flag"), 2, "no-such-flag")
        self.refused(self.run_binary("lab", "sink", "--no-such-flag"), 2, "no-such-flag")
        self.refused(self.run_binary("no-such-command"), 2, "no-such-command")
        self.refused(self.start(self.nowhere(), "--workers=many"), 2, "workers")
        self.refused(self.run_binary(f"--config={self.nowhere()}", "--metrics-port=99999"), 2, "metrics-port")

    def test_help_and_version_succeed(self):
        for arguments in (["--help"], ["-h"], ["help"], ["--version"], ["ingest", "--help"], ["lab", "sink", "--help"]):
            done = self.run_binary(*arguments)
            self.assertEqual(done.returncode, 0, f"{BINARY} {arguments}: {done.stderr}")
            self.assertTrue(done.stdout)


if __name__ == "__main__":
    main()
