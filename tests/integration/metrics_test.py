"""Every metric of docs/metrics.md moves when what it counts happens to the running program, and promtool finds no fault."""
import json
import re
import resource
import sqlite3
import subprocess
import time

from support import PATIENCE, ROOT, Exporter, IntegrationTest, LabSink, main, wait_until

OURS = "health_events_exporter_"
POISON = "pois0n"
ROW = re.compile(r"^\| `([a-z_]+)` \| (\w+) \|([^|]*)\|", re.MULTILINE)
# The same for as long as a build lives.
NEVER_CHANGE = {OURS + "build_info"}
# They need a collector, which tracing_test.py has; there they move.
MOVE_ELSEWHERE = {OURS + "spans_exported_total", OURS + "spans_dropped_total"}
# True for all nodes but `held`, and without an answer for `odd`.
FILTER = "event.nodeName != 'held' && (event.nodeName != 'odd' || event.metadata.rack == 'r1')"


def documented():
    """name -> {label: the values its row names}"""
    found = {}
    for name, _, cell in ROW.findall((ROOT / "docs/metrics.md").read_text()):
        found[name] = {}
        for part in cell.split(";"):
            words = re.findall(r"`([^`]+)`", part)
            if words:
                found[name][words[0]] = set(words[1:])
    return found


class Watch:
    """All values that each series has had, in all processes."""

    def __init__(self):
        self.values = {}
        self.appeared = set()
        self.text = ""

    def look(self, exporter):
        exporter.must_run()
        before = getattr(exporter, "watched", None)  # the series that this process has shown
        self.text = exporter.metrics_text()
        now = {}
        for line in self.text.splitlines():
            if not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                now[series] = float(value)
        for series, value in now.items():
            if before is not None and series not in before:
                self.appeared.add(series)
            self.values.setdefault(series, set()).add(value)
        exporter.watched = (before or set()) | now.keys()
        return now

    def until(self, exporter, conditions, also=lambda: None):
        """Each of these conditions on the value of a series has been true, at one time or another."""
        open_ = dict(conditions)
        deadline = time.monotonic() + 30 * PATIENCE
        while open_:
            now = self.look(exporter)
            for series, condition in list(open_.items()):
                if condition(now.get(series if "change_stream" in series else OURS + series)):
                    del open_[series]
            assert time.monotonic() < deadline, f"waited in vain for {list(open_)}:\n{self.text}"
            if open_:
                also()
                time.sleep(0.01)

    def names(self):
        return {re.sub(r"_(bucket|sum|count)$", "", name) if re.sub(r"_(bucket|sum|count)$", "", name) in documented()
                else name for name in (series.split("{")[0] for series in self.values)}

    def moved(self):
        found = {series for series, values in self.values.items() if len(values) > 1} | self.appeared
        return {re.sub(r"_(bucket|sum|count)$", "", series.split("{")[0]) for series in found} | {
            series.split("{")[0] for series in found}

    def labels(self, name, label):
        return {match.group(1) for series in self.values if series.startswith(name)
                if (match := re.search(rf'\b{label}="([^"]*)"', series))}


def above(limit):
    return lambda value: value is not None and value > limit


def at(wanted):
    return lambda value: value == wanted


def absent(value):
    return value is None


class MetricsAreFed(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.watch = Watch()

    def start(self, sink, **changed):
        settings = {"failure_handling__max_retries": 12, "failure_handling__initial_backoff": "20ms",
                    "failure_handling__max_backoff": "100ms", "delivery__ordering_relax_after": 20,
                    "delivery__queue_bytes": 65536, **changed}
        return Exporter(self, self.config(sink.url, **settings))

    def insert_one(self, message="all is well", node="n"):
        self.store.insert(json.dumps({"healthevent": {"nodeName": node, "checkName": "c", "message": message}}))

    def test_all_of_them(self):
        sink = LabSink(self, "--status-rate", "503:1", "--poison", POISON, "--poison-status", "400")
        self.generate(400)
        exporter = self.start(sink, oidc__token_url="http://127.0.0.1:1/token")
        self.watch.until(exporter, {"token_refresh_errors_total": above(0), "concurrency_limit": at(0),
                                    "token_age_seconds": absent})
        exporter.stop()
        self.a_sink_that_is_down(sink)
        self.a_standby_that_takes_over(sink)
        self.events_that_are_refused(sink)
        self.one_node_in_a_storm(sink)
        self.a_token_that_is_revoked(sink)
        self.a_file_that_is_away_and_one_that_takes_no_writes()
        self.a_position_that_is_lost(sink)
        self.events_that_the_filter_meets()
        self.everything_moved()
        self.promtool_is_content()

    def a_sink_that_is_down(self, sink):
        self.exporter = self.start(sink)
        self.watch.until(self.exporter, {
            'attempts_total{status="503"}': above(0), "sink_paused": at(1), "concurrency_limit": at(1),
            "backfill_in_progress": at(1), "queue_bytes": above(0), "queue_events": above(0),
            "read_queue_bytes": above(0), "oldest_unsettled_age_seconds": above(0),
            "token_refreshes_total": above(0), "token_age_seconds": above(0),
            "token_expiry_timestamp_seconds": above(0), "lease_held": at(1), "export_lag_known": at(1),
            "headroom_seconds": at(float("inf"))})
        limit = resource.RLIMIT_NOFILE
        resource.prlimit(self.exporter.child.pid, limit, (512, resource.getrlimit(limit)[1]))
        sink.post("/faults", statusRates={})
        self.watch.until(self.exporter, {
            "backfill_in_progress": at(0), "backfill_events_processed_total": at(400),
            "backfill_duration_seconds_count": at(1), "sink_paused": at(0), "concurrency_limit": at(8),
            'events_published_total{status="success"}': at(400), "checkpoint_saves_total": above(0)})

    def a_standby_that_takes_over(self, sink):
        standby = self.start(sink, backfill__enabled=False)
        self.watch.until(standby, {"lease_held": at(0), "export_lag_known": at(0), "export_lag_seconds": absent,
                                   "headroom_seconds": absent,
                                   'change_stream_lag_known{client="event-exporter"}': at(0)})
        self.exporter.stop()
        self.exporter = standby.ready()
        self.watch.until(self.exporter, {
            "lease_takeovers_total": at(1), "lease_held": at(1), "export_lag_known": at(1),
            "headroom_seconds": at(float("inf")),
            'change_stream_lag_known{client="event-exporter"}': at(1), "dead_letters_stored": at(0)})

    def events_that_are_refused(self, sink):
        self.store.insert('{"healthevent": 5}')
        self.insert_one()
        self.insert_one(POISON)
        self.watch.until(self.exporter, {
            "events_received_total": above(2), "transform_errors_total": at(1), "dead_letters_stored": above(1),
            'publish_errors_total{error_type="refused"}': at(1), 'dead_letters_total{reason="undecodable"}': at(1)},
            also=self.insert_one)
        # It fails alone, and holds the position back, until its retries are used up after a restart.
        self.exporter.stop()
        self.exporter = self.start(sink, failure_handling__max_retries=1000000)
        sink.post("/faults", poisonStatus=500)
        self.insert_one(POISON + " again")
        self.watch.until(self.exporter, {"settled_ahead_events": above(0), "retries_waiting": above(0)},
                         also=lambda: self.generate(5, "--rate", 1000))
        self.exporter.stop()
        self.exporter = self.start(sink)
        self.watch.until(self.exporter, {
            "duplicates_avoided_total": above(0), 'dead_letters_total{reason="exhausted"}': at(1),
            'publish_errors_total{error_type="max_retries_exceeded"}': at(1)},
            also=lambda: self.generate(5, "--rate", 1000))

    def one_node_in_a_storm(self, sink):
        sink.post("/faults", delayMs=200)
        self.generate(60, "--nodes", 1, "--rate", 5000)
        self.watch.until(self.exporter, {"in_flight_requests": above(0), "lane_relaxations_total": above(0)})
        sink.post("/faults", delayMs=0)
        self.watch.until(self.exporter, {"queue_events": at(0)})

    def a_token_that_is_revoked(self, sink):
        before = self.watch.look(self.exporter)[OURS + "token_refreshes_total"]
        sink.post("/tokens/revoke")
        self.insert_one()
        self.watch.until(self.exporter, {"token_refreshes_total": above(before),
                                         'attempts_total{status="401"}': above(0)})

    def a_file_that_is_away_and_one_that_takes_no_writes(self):
        away = self.folder / "elsewhere.db"
        self.store.path.rename(away)
        self.watch.until(self.exporter, {"source_errors_total": above(0)})
        away.rename(self.store.path)
        self.watch.until(self.exporter, {"export_lag_seconds": lambda value: value is not None and value < 1})
        holder = sqlite3.connect(self.store.path, isolation_level=None)
        self.addCleanup(holder.close)
        self.insert_one()
        holder.execute("BEGIN IMMEDIATE")
        self.watch.until(self.exporter, {"checkpoint_errors_total": above(0), "checkpoint_age_seconds": above(0),
                                         "lease_held": at(0)})
        holder.execute("ROLLBACK")
        self.watch.until(self.exporter, {"checkpoint_age_seconds": at(0), "lease_held": at(1)})

    def a_position_that_is_lost(self, sink):
        # A change that comes and goes in one transaction leaves a gap behind the position.
        connection = sqlite3.connect(self.store.path, isolation_level=None)
        self.addCleanup(connection.close)

        def lose_one():
            document = json.dumps({"healthevent": {"nodeName": "n", "checkName": "c"}})
            connection.execute("BEGIN IMMEDIATE")
            for _ in range(2):
                connection.execute("INSERT INTO health_events (node_name, document) VALUES ('n', ?)", (document,))
            connection.execute("DELETE FROM datastore_changelog WHERE id < (SELECT max(id) FROM datastore_changelog)")
            connection.execute("COMMIT")

        series = 'change_stream_resume_token_recoveries_total{client="event-exporter",phase="%s"}'
        lose_one()
        self.watch.until(self.exporter, {series % "runtime": at(1)})
        wait_until(lambda: self.exporter.metric(OURS + "queue_events") == 0, "all is settled")
        self.exporter.stop()
        lose_one()
        self.exporter = self.start(sink, filter__expression=FILTER)
        self.watch.until(self.exporter, {series % "initialization": at(1), "queue_events": at(0)})

    def events_that_the_filter_meets(self):
        self.insert_one(node="held")
        self.insert_one(node="odd")
        self.watch.until(self.exporter, {"events_filtered_total": above(0), "filter_errors_total": above(0)})

    def everything_moved(self):
        rows = documented()
        self.assertEqual(self.watch.names() - set(rows), set(), "shown and not documented")
        self.assertEqual(set(rows) - self.watch.moved(), NEVER_CHANGE | MOVE_ELSEWHERE, "nothing feeds these")
        for name, labels in rows.items():
            if name in MOVE_ELSEWHERE:
                continue
            for label, values in labels.items():
                shown = self.watch.labels(name, label)
                self.assertTrue(shown, f"{name} was never shown with {label}")
                self.assertEqual(values - shown, set(), f"{name}: nothing feeds these values of {label}")

    def promtool_is_content(self):
        path = subprocess.run([ROOT / "scripts/promtool-path"], capture_output=True, text=True, check=False)
        self.assertEqual(path.returncode, 0, path.stderr)
        self.watch.look(self.exporter)
        done = subprocess.run([path.stdout.strip(), "check", "metrics"], input=self.watch.text, capture_output=True, text=True,
                              check=False, timeout=60 * PATIENCE)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        self.exporter.stop()


if __name__ == "__main__":
    main()
