"""Single events and single nodes that the sink never takes: the others arrive, and whose fault it is gets decided."""
import json
import time

from support import BINARY, PATIENCE, Exporter, IntegrationTest, LabSink, Process, main, wait_until

BACKOFF = {"failure_handling__initial_backoff": "5ms", "failure_handling__max_backoff": "50ms"}
FEW_RETRIES = {"failure_handling__max_retries": 5, **BACKOFF}
MARK = "pois0n"


class Poison(IntegrationTest):
    def mark_every(self, step):
        """Every step-th stored event holds the text that the sink is told to look for; how many."""
        rows = self.store.rows("SELECT seq, document FROM health_events WHERE seq % ? = 0", step)
        for seq, document in rows:
            changed = json.loads(document)
            changed["healthevent"]["message"] += " " + MARK
            self.store.rows("UPDATE health_events SET document = ? WHERE seq = ?", json.dumps(changed), seq)
        return len(rows)

    def insert_one(self, node, message="all is well"):
        self.store.insert(json.dumps({"healthevent": {"nodeName": node, "checkName": "GpuXidError", "agent": "by-hand",
                                                      "isFatal": False, "message": message}}), node)

    def letters_until(self, exporter, done, what):
        """Waits for the dead letters while good events keep coming: these are the evidence that the sink is well."""
        deadline = time.monotonic() + 60 * PATIENCE
        while not done():
            exporter.must_run()
            self.assertLess(time.monotonic(), deadline, f"waited in vain for {what}: {self.store.letters()}")
            self.insert_one("calm-node")
            time.sleep(0.02)

    def assert_only_these_are_missing(self, exporter, sink, dead, reason, status):
        events = self.stored()
        sink.wait_for(events - dead)
        wait_until(lambda: self.store.settled() == self.store.event_ids() or exporter.must_run(),
                   "a position behind all events")
        exporter.stop()
        self.assertEqual([(letter[0], letter[2]) for letter in self.store.letters()], [(reason, status)] * dead)
        self.assert_all_delivered(sink, events, duplicates=0, dead=dead)

    def every_fiftieth(self, reason, status):
        self.generate(200)
        self.assertEqual(self.mark_every(50), 4)
        sink = LabSink(self, "--poison", MARK, "--poison-status", status)
        exporter = Exporter(self, self.config(sink.url, **FEW_RETRIES))
        self.letters_until(exporter, lambda: len(self.store.letters()) == 4, "four dead letters")
        self.assert_only_these_are_missing(exporter, sink, 4, reason, status)

    def test_every_fiftieth_event_refused_for_ever(self):
        self.every_fiftieth("refused", 400)

    def test_every_fiftieth_event_failing_for_ever(self):
        self.every_fiftieth("exhausted", 500)

    def test_one_node_of_five_hundred_failing_for_ever(self):
        self.generate(1000, "--nodes", 500)
        # Not the busiest node: each of its events spends all of its retries, one after the other.
        node = self.store.rows("SELECT node_name FROM health_events GROUP BY 1 HAVING count(*) BETWEEN 3 AND 5 "
                               "ORDER BY 1 LIMIT 1")[0][0]
        sink = LabSink(self, "--poison", f'"{node}"', "--poison-status", 500)
        exporter = Exporter(self, self.config(sink.url, **FEW_RETRIES))
        live = Process(self, [BINARY, "lab", "generate", "--datastore", self.store.path, "--count", 1000, "--rate",
                              1000, "--nodes", 500, "--seed", 2], "generate")
        self.letters_until(exporter, lambda: len(self.store.letters()) >= 1, "the first dead letter")
        # It does not wait for the last one: the saved position passes it.
        first = self.store.event_ids("WHERE id = (SELECT document_id FROM dead_letters LIMIT 1)")
        wait_until(lambda: first <= self.store.settled(), "a saved position behind the first dead letter")
        self.assertEqual(live.wait(60), 0, live.output())
        stuck = self.store.rows("SELECT count(*) FROM health_events WHERE node_name = ?", node)[0][0]
        self.assertGreaterEqual(stuck, 3)
        self.letters_until(exporter, lambda: len(self.store.letters()) == stuck, f"{stuck} dead letters")
        self.assert_only_these_are_missing(exporter, sink, stuck, "exhausted", 500)

    def the_only_event(self, reason, status):
        sink = LabSink(self, "--poison", MARK, "--poison-status", status)
        exporter = Exporter(self, self.config(sink.url, **FEW_RETRIES)).ready()
        self.insert_one("quiet-node", MARK)
        series = f'health_events_exporter_attempts_total{{status="{status}"}}'
        wait_until(lambda: exporter.metric(series) >= 10, "ten attempts")
        self.assertEqual(self.store.letters(), [])
        self.insert_one("quiet-node-2")
        sink.wait_for(1)
        wait_until(lambda: self.store.letters() or exporter.must_run(), "the dead letter")
        self.assert_only_these_are_missing(exporter, sink, 1, reason, status)

    def test_a_quiet_cluster_whose_only_event_is_refused(self):
        self.the_only_event("refused", 400)

    def test_a_quiet_cluster_whose_only_event_fails(self):
        self.the_only_event("exhausted", 500)

    def test_a_fifth_of_the_answers_503_disorders_no_node(self):
        self.generate(5000, "--nodes", 20)
        sink = LabSink(self, "--status-rate", "503:0.2")
        exporter = Exporter(self, self.config(sink.url, **BACKOFF), workers=10)
        sink.wait_for(5000)
        exporter.stop()
        audit = self.assert_all_delivered(sink, 5000, duplicates=0)
        self.assertGreater(audit["statuses"]["503"], 500)
        self.assertEqual(self.store.letters(), [])


if __name__ == "__main__":
    main()
