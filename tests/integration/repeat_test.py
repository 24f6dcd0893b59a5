"""A restart repeats next to nothing, though one event holds the saved position back."""
import json

from support import Exporter, IntegrationTest, LabSink, main, wait_until

EVENTS = 300


class Repeat(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.sink = LabSink(self, "--poison", "pois0n")
        # The refused event stays first in its node's order, for as long as the test takes.
        self.settings = self.config(self.sink.url, failure_handling__on_exhausted="wait")
        Exporter(self, self.settings).ready().stop()  # the first position
        self.generate(EVENTS)
        self.store.rows("UPDATE health_events SET document = json_set(document, '$.healthevent.message', 'pois0n', "
                        "'$.healthevent.nodeName', 'node of its own') WHERE seq = 3")
        self.exporter = Exporter(self, self.settings)
        self.sink.wait_for(EVENTS - 1)
        wait_until(self.only_one_is_pending, "a saved place behind all others")

    def only_one_is_pending(self):
        ahead = self.ahead()
        return ahead.get("position", "").startswith(f"{EVENTS}.") and len(ahead["pending"]) == 1

    def ahead(self):
        return json.loads(self.store.saved()[0][1] or "{}").get("ahead", {})

    def goes_on(self):
        self.exporter = Exporter(self, self.settings)
        self.generate(1, "--seed", 2)
        self.sink.wait_for(EVENTS)
        self.assertEqual(self.sink.audit()["duplicates"], 0)
        # The stuck one was read again, too: it arrives when it is taken, and then the position has caught up.
        self.sink.post("/faults", poison="")
        self.sink.wait_for(EVENTS + 1)
        wait_until(lambda: self.ahead() == {}, "a position with nothing ahead of it")
        self.exporter.stop()
        self.assert_all_delivered(self.sink, EVENTS + 1, duplicates=0)

    def test_after_kill_9(self):
        self.exporter.kill()
        self.goes_on()

    def test_after_a_drain(self):
        self.exporter.stop()
        self.goes_on()

    def test_an_event_that_was_removed_meanwhile_costs_repeats_and_nothing_else(self):
        self.exporter.kill()
        self.store.rows("DELETE FROM health_events WHERE seq = 3")
        self.exporter = Exporter(self, self.settings)
        self.generate(1, "--seed", 2)
        self.sink.wait_for(EVENTS)
        wait_until(lambda: self.ahead() == {}, "a position with nothing ahead of it")
        self.exporter.stop()
        audit = self.assert_all_delivered(self.sink, EVENTS)
        self.assertLess(audit["duplicates"], EVENTS)


if __name__ == "__main__":
    main()
