"""Only wanted events are delivered; the others are settled at once, whichever way they came."""
import json

from support import Exporter, IntegrationTest, LabSink, main, wait_until

HELD_BACK = "health_events_exporter_events_filtered_total"
UNJUDGED = "health_events_exporter_filter_errors_total"
# Of the lab's events some have another action.
WANTED = "event.recommendedAction == 'CONTACT_SUPPORT'"


class FilterDelivery(IntegrationTest):
    def setUp(self):
        super().setUp()
        done = self.run_binary("ingest", "--datastore", self.store.path)  # nothing, into a new file
        self.assertEqual((done.returncode, done.stdout), (0, "stored 0 · rejected 0\n"), done.stderr)

    def insert(self, action, node="node-1", **more):
        actions = {"NONE": 0, "COMPONENT_RESET": 2, "CONTACT_SUPPORT": 5}
        self.store.insert(json.dumps({"healthevent": {
            "nodeName": node, "checkName": "GpuXidError", "agent": "by-hand", "isFatal": False,
            "recommendedAction": actions[action], **more}}), node)

    def delivered(self, sink):
        return [event["data"]["healthEvent"] for event in sink.events()]

    def all_settled(self, exporter):
        wait_until(lambda: self.store.settled() == self.store.event_ids() or exporter.must_run(),
                   "a position behind the last event")

    def test_backfill_and_stream_and_the_position_moves(self):
        for _ in range(30):
            self.insert("NONE")
        self.insert("CONTACT_SUPPORT", "wanted-1")
        sink = LabSink(self)
        # With the rate of the backfill counting what is held back this would take a minute.
        exporter = Exporter(self, self.config(sink.url, filter__expression=WANTED, backfill__rate_limit=1)).ready()
        sink.wait_for(1)
        for _ in range(30):
            self.insert("NONE")
        self.all_settled(exporter)
        self.insert("CONTACT_SUPPORT", "wanted-2")
        self.insert("COMPONENT_RESET")
        sink.wait_for(2)
        self.all_settled(exporter)
        self.assertEqual(exporter.metric(HELD_BACK), 61)
        self.assertEqual(exporter.metric(UNJUDGED), 0)
        self.assertEqual([event["nodeName"] for event in self.delivered(sink)], ["wanted-1", "wanted-2"])
        self.assertEqual(exporter.lines("Event filter configured")[0]["expression"], WANTED)
        exporter.stop()
        # And a restart without the filter does not go back for what was held back.
        again = Exporter(self, self.config(sink.url)).ready()
        self.insert("NONE", "last")
        sink.wait_for(3)
        again.stop()
        self.assertEqual(sink.audit()["received"], 3)

    def test_what_cannot_be_judged_is_exported_and_counted(self):
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url, filter__expression="event.metadata.rack == 'r1'")).ready()
        for _ in range(20):
            self.insert("NONE")
        self.insert("NONE", "wanted", metadata={"rack": "r1"})
        self.insert("NONE", "unwanted", metadata={"rack": "r2"})
        sink.wait_for(21)
        self.all_settled(exporter)
        self.assertEqual((exporter.metric(UNJUDGED), exporter.metric(HELD_BACK)), (20, 1))
        lines = exporter.lines("Filter evaluation failed, exporting event")
        self.assertLess(len(lines), 20)
        self.assertEqual((lines[0]["level"], lines[0]["checkName"]), ("WARN", "GpuXidError"))
        self.assertIn("rack", lines[0]["error"])
        exporter.stop()
        self.assertEqual(sink.audit()["received"], 21)

    def test_a_replay_removes_the_letters_of_what_is_held_back_now(self):
        self.insert("NONE", "node-1")
        self.insert("CONTACT_SUPPORT", "node-2")
        sink = LabSink(self, "--poison", "GpuXidError")
        exporter = Exporter(self, self.config(sink.url, failure_handling__on_exhausted="dead_letter",
                                              failure_handling__max_retries=2)).ready()
        wait_until(lambda: len(self.store.letters()) == 2, "two dead letters")
        exporter.stop()
        sink.post("/faults", poison="")
        config = self.config(sink.url, filter__expression=WANTED)
        plan = self.run_binary("dlq", "plan", "--config", config, "--all")
        self.assertIn("2 letters: 1 would be sent · 1 held back by the filter, their letters would go", plan.stdout)
        shown = self.run_binary("dlq", "show", "--config", config, "--json",
                                self.store.rows("SELECT id FROM health_events WHERE node_name = 'node-1'")[0][0])
        self.assertEqual(json.loads(shown.stdout)["document"], "filtered", shown.stdout)
        done = self.run_binary("dlq", "replay", "--config", config, "--oidc-secret-path", self.secret_file, "--all")
        self.assertEqual((done.returncode, done.stdout), (0, "replayed 1 · held back by the filter 1 · refused again 0 · gone 0\n"),
                         done.stderr)
        self.assertEqual(self.store.letters(), [])
        self.assertEqual([event["nodeName"] for event in self.delivered(sink)], ["node-2"])


if __name__ == "__main__":
    main()
