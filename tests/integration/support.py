"""What the tests of the real program share: processes with bounded waits, a configuration, the lab's sink, the store.

Every port is given by the kernel and learnt from the process that has it. Nothing sleeps for a condition that can be
polled. EXPORTER_BINARY is the program under test; EXPORTER_PATIENCE stretches the waits for sanitizer builds. By hand:

  EXPORTER_BINARY=build/asan/event-exporter EXPORTER_PATIENCE=3 /usr/bin/python3 tests/integration/kill_test.py
"""
import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
import xml.etree.ElementTree as xml
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("EXPORTER_BINARY", str(ROOT / "build/dev/event-exporter"))
PATIENCE = float(os.environ.get("EXPORTER_PATIENCE", "1"))
SECRET = "Sup3r-S3cret-Value"
# The exporter's namespace of event ids; it never changes.
EVENT_IDS = uuid.UUID("15acf563-572e-40ab-a714-f3b2f9d7f4e0")
# What a sanitizer prints before it ends the process.
SANITIZER = re.compile(r"(ERROR: \w*Sanitizer|WARNING: ThreadSanitizer|runtime error:|check failed)")
# No setting of this machine, and no proxy, may reach the program; nor does a killed one leave the driver's counters in
# /dev/shm, a file for each process id.
ENVIRONMENT = {"MONGOC_DISABLE_SHM": "1"} | {key: value for key, value in os.environ.items()
               if key in ("PATH", "HOME", "LANG", "TMPDIR") or key.endswith("SAN_OPTIONS")}


def wait_until(condition, what, seconds=20, every=0.01):
    """The first true value of condition(). Errors of a server that is not there yet count as false."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        try:
            value = condition()
        except (OSError, http.client.HTTPException):
            value = None
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds * PATIENCE:.0f} s in vain: {what}")
        time.sleep(every)


def request(url, method="GET", body=None, headers=None):
    """(status, text) of one request."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10 * PATIENCE)
    try:
        path = parts.path or "/"
        connection.request(method, f"{path}?{parts.query}" if parts.query else path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Process:
    """A child whose output goes to a file. Ended by its pid, whatever happens."""

    def __init__(self, case, arguments, name, environment=None):
        self.case = case
        self.log = case.folder / f"{name}-{len(case.processes)}.log"
        case.processes.append(self)
        with self.log.open("wb") as output:
            self.child = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=output,
                                          stderr=subprocess.STDOUT, env={**ENVIRONMENT, **(environment or {})},
                                          cwd=case.folder)

    def output(self):
        return self.log.read_text(errors="replace")

    def lines(self, message):
        """The log lines with this message, as dicts."""
        found = []
        for line in self.output().splitlines():
            if line.startswith("{") and line.endswith("}"):
                record = json.loads(line)
                if record.get("msg") == message:
                    found.append(record)
        return found

    def wait_for_line(self, message, count=1, seconds=20):
        return wait_until(lambda: self.lines(message)[count - 1:] or self.must_run(), f"the log line {message!r}",
                          seconds)[0]

    def must_run(self):
        if self.child.poll() is not None:
            raise AssertionError(f"ended with {self.child.returncode}:\n{self.output()}")

    def send(self, number):
        self.child.send_signal(number)

    def wait(self, seconds=20):
        """The exit code; a process that does not end in time is a failure."""
        try:
            return self.child.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"did not end within {seconds * PATIENCE:.0f} s:\n{self.output()[-4000:]}") from None

    def kill(self):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()

    def stop(self, seconds=30):
        """SIGTERM; the exit code must be 0."""
        self.send(signal.SIGTERM)
        code = self.wait(seconds)
        self.case.assertEqual(code, 0, self.output()[-4000:])


class Exporter(Process):
    def __init__(self, case, config, secret_file=None, workers=8, metrics_port=0, environment=None):
        super().__init__(case, [BINARY, f"--config={config}", f"--metrics-port={metrics_port}",
                                f"--oidc-secret-path={secret_file or case.secret_file}", f"--workers={workers}"],
                         "exporter", environment)

    def ready(self):
        """Waits until the stream has its first position, so that later events are sure to come by it."""
        self.wait_for_line("Starting event stream")
        return self

    def stop(self, seconds=30):
        # In its first moments a process has no handler for signals yet.
        self.wait_for_line("Health Events Exporter starting")
        super().stop(seconds)

    def url(self, path):
        return f"http://127.0.0.1:{self.wait_for_line('starting server')['port']}{path}"

    def metrics_text(self):
        return request(self.url("/metrics"))[1]

    def metric(self, series):
        """The value of one series, 0 while there is none."""
        for line in self.metrics_text().splitlines():
            if line.startswith(series + " "):
                return float(line.split()[-1])
        return 0.0


class LabSink(Process):
    def __init__(self, case, *options, port=0, client="it"):
        ready = case.folder / f"sink-port-{len(case.processes)}"
        super().__init__(case, [BINARY, "lab", "sink", "--port", port, "--client-id", client, "--client-secret-file",
                                case.secret_file, "--ready-file", ready, *options], "sink")
        self.port = int(wait_until(lambda: ready.exists() and ready.read_text().strip() or self.must_run(),
                                   "the sink's port"))
        self.url = f"http://127.0.0.1:{self.port}"

    def audit(self):
        return json.loads(request(self.url + "/audit")[1])

    def ids(self):
        """How often each event id was accepted."""
        lines = request(self.url + "/audit/ids")[1].splitlines()
        return {line.split()[0]: int(line.split()[1]) for line in lines}

    def events(self):
        """The last 100 events."""
        return json.loads(request(self.url + "/events/list")[1])["events"]

    def post(self, path, **body):
        status, text = request(self.url + path, "POST", json.dumps(body))
        assert status == 200, text

    def wait_for(self, distinct, seconds=60):
        """The audit once that many different events have arrived."""
        def enough():
            audit = self.audit()
            return audit["distinctIds"] >= distinct and audit
        return wait_until(enough, f"{distinct} different events at the sink", seconds)


class Store:
    """The SQLite file, by Python's own library."""

    def __init__(self, path):
        self.path = path

    def rows(self, query, *arguments):
        connection = sqlite3.connect(self.path, timeout=10 * PATIENCE)
        try:
            with connection:
                return connection.execute(query, arguments).fetchall()
        finally:
            connection.close()

    def insert(self, document, node="node-sql"):
        self.rows("INSERT INTO health_events (node_name, document) VALUES (?, ?)", node, document)

    def letters(self):
        """(reason, detail, status) of each dead letter, oldest first."""
        return self.rows("SELECT reason, detail, status FROM dead_letters ORDER BY rowid")

    def saved(self):
        """The saved progress, as stored."""
        return self.rows("SELECT resume_token, state FROM resume_tokens")

    def event_ids(self, condition="", *arguments):
        """Under which the stored events must be delivered."""
        rows = self.rows(f"SELECT id FROM health_events {condition}", *arguments)
        return {str(uuid.uuid5(EVENT_IDS, f"sqlite/main/health_events/{row[0]}")) for row in rows}

    def settled(self):
        """The ids of the events that the saved progress has behind it (its forms: docs/embedded-store.md)."""
        saved = self.saved()
        if not saved:
            return set()
        backfill = json.loads(saved[0][1])["backfill"]
        if backfill["state"] == "running":
            bound, _, created_at, key = backfill["cursor"].split(".")[2:]
            return self.event_ids("WHERE seq <= ? AND (created_at, id) <= (?, ?)", int(bound), int(created_at), key)
        return self.event_ids("WHERE id IN (SELECT record_id FROM datastore_changelog WHERE id <= ?)",
                              json.loads(saved[0][0])["eventID"])


class IntegrationTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="exporter-it-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.processes = []
        self.addCleanup(self.end_processes)
        self.secret_file = self.folder / "client-secret"
        self.secret_file.write_text(SECRET + "\n")
        self.store = Store(self.folder / "events.db")

    def end_processes(self):
        reports = []
        for process in self.processes:
            process.kill()
            if SANITIZER.search(process.output()):
                reports.append(process.output()[-6000:])
        self.assertEqual(reports, [])

    def config(self, sink_url, name="config.toml", drop=(), **changed):
        """Writes a configuration. Keys are written with __ for the dot: sink__timeout="1s"."""
        settings = {
            "metadata.cluster": "it", "sink.endpoint": sink_url + "/events", "sink.timeout": "10s",
            "oidc.token_url": sink_url + "/token", "oidc.client_id": "it", "oidc.scope": "events:write",
            "backfill.enabled": True, "backfill.max_age": "720h", "backfill.max_events": 1000000,
            # Random faults must not use them up: then an event that fails alone would rightly be set aside.
            "failure_handling.max_retries": 100, "failure_handling.initial_backoff": "20ms",
            "failure_handling.max_backoff": "200ms", "failure_handling.backoff_multiplier": 2.0,
            "checkpoint.interval": "100ms", "datastore.provider": "sqlite", "datastore.path": str(self.store.path),
        }
        settings.update({key.replace("__", "."): value for key, value in changed.items()})
        path = self.folder / name
        path.write_text("[exporter]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()
                                                 if key not in drop))
        return path

    def run_binary(self, *arguments, seconds=30, text=None, environment=None):
        """Runs the program to its end; the exit code, stdout and stderr are in the answer."""
        done = subprocess.run([BINARY, *map(str, arguments)], input=text or "", capture_output=True, text=True,
                              timeout=seconds * PATIENCE, env={**ENVIRONMENT, **(environment or {})}, cwd=self.folder,
                              check=False)
        self.assertNotRegex(done.stderr, SANITIZER)
        return done

    def generate(self, count, *options):
        done = self.run_binary("lab", "generate", "--datastore", self.store.path, "--count", count, *options)
        self.assertEqual(done.returncode, 0, done.stderr)

    def stored(self):
        return self.store.rows("SELECT count(*) FROM health_events")[0][0]

    def assert_all_delivered(self, sink, events, duplicates=None, dead=0, ordered=True):
        """The lab's audit, which computes each stored event's id itself, and the sink's own counts."""
        done = self.run_binary("lab", "audit", "--datastore", self.store.path, "--sink", sink.url)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        audit = sink.audit()
        # An event that came twice under two ids would make more ids than events.
        self.assertEqual((self.stored(), audit["distinctIds"]), (events, events - dead), done.stdout)
        self.assertEqual(audit["received"], audit["distinctIds"] + audit["duplicates"])
        if ordered:
            self.assertEqual(audit["orderViolations"], 0)
        if duplicates is not None:
            self.assertEqual(audit["duplicates"], duplicates)
        return audit


class Reporter(unittest.TextTestResult):
    """Also remembers each case for tools/test_summary.py."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.cases = []

    def stopTest(self, test):
        super().stopTest(test)
        bad = any(failed is test or getattr(failed, "test_case", None) is test
                  for failed, _ in self.failures + self.errors)
        self.cases.append((test.id(), "failure" if bad else "skipped" if any(s is test for s, _ in self.skipped)
                           else None))


def main():
    """unittest's main. Like GoogleTest's, it leaves a report NAME.xml in the folder that GTEST_OUTPUT names."""
    program = unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]], exit=False,
                            testRunner=unittest.TextTestRunner(resultclass=Reporter))
    folder = os.environ.get("GTEST_OUTPUT", "").removeprefix("xml:")
    name = os.environ.get("EXPORTER_TEST_NAME")
    if folder.endswith("/") and name:
        suite = xml.Element("testsuite")
        for case, outcome in program.result.cases:
            entry = xml.SubElement(suite, "testcase", name=case, status="run")
            if outcome:
                xml.SubElement(entry, outcome)
        xml.ElementTree(suite).write(Path(folder) / f"{name}.xml")
    sys.exit(not program.result.wasSuccessful())
