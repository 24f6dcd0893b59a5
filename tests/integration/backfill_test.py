"""The history on the first start: how much of it, how fast, once, and never from the beginning again."""
import json
from datetime import datetime

from support import Exporter, IntegrationTest, LabSink, main, wait_until


def name_of(health_event):
    return health_event["nodeName"], health_event["metadata"]["seq"]


class Backfill(IntegrationTest):
    def done(self, exporter):
        wait_until(lambda: exporter.metric("health_events_exporter_backfill_duration_seconds_count") == 1,
                   "the end of the backfill")

    def test_max_events_keeps_the_newest_and_says_how_many_were_not_sent(self):
        self.generate(500)
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url, backfill__max_events=80))
        sink.wait_for(80)
        self.done(exporter)
        self.assertEqual(exporter.wait_for_line("Starting backfill")["events"], 80)
        warned = exporter.wait_for_line("More events are stored than backfill.max_events allows; the oldest are not sent")
        self.assertEqual((warned["notSent"], warned["maxEvents"]), (420, 80))
        exporter.stop()
        self.assertEqual(sink.audit()["received"], 80)
        newest = self.store.rows("SELECT document FROM health_events ORDER BY created_at DESC, id DESC LIMIT 80")
        sent = {name_of(event["data"]["healthEvent"]) for event in sink.events()}
        self.assertEqual(sent, {name_of(json.loads(document)["healthevent"]) for document, in newest})

    def test_max_age_leaves_out_what_is_older(self):
        self.generate(60, "--backlog-age", "1h")
        self.generate(40, "--backlog-age", "1h", "--seed", 2)
        self.store.rows("UPDATE health_events SET created_at = created_at - 7200000000 WHERE seq <= 60")
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url, backfill__max_age="90m"))
        sink.wait_for(40)
        self.done(exporter)
        exporter.stop()
        self.assertEqual(sink.audit()["received"], 40)

    def test_the_rate_is_not_exceeded(self):
        self.generate(300)
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url, backfill__rate_limit=200))
        audit = sink.wait_for(300)
        exporter.stop()
        seconds = (datetime.fromisoformat(audit["last"].replace("Z", "+00:00")) -
                   datetime.fromisoformat(audit["first"].replace("Z", "+00:00"))).total_seconds()
        # 300 events at 200 a second; one piece may come at once.
        self.assertGreater(seconds, 1.2)
        self.assert_all_delivered(sink, 300, duplicates=0)

    def test_after_a_kill_in_the_middle_it_goes_on_at_its_cursor(self):
        self.generate(2000)
        sink = LabSink(self)
        config = self.config(sink.url, backfill__rate_limit=1000)
        first = Exporter(self, config)
        sink.wait_for(1000)
        first.kill()
        before = sink.audit()["distinctIds"]
        self.assertLess(before, 2000)
        second = Exporter(self, config)
        self.assertTrue(second.wait_for_line("Resume token exists - skipping backfill on this restart")
                        ["backfillContinues"])
        sink.wait_for(2000)
        self.done(second)
        second.stop()
        audit = self.assert_all_delivered(sink, 2000)
        # Progress is saved ten times a second: much less comes twice than what had been sent.
        self.assertLess(audit["duplicates"], before - 200)

    def test_events_stored_during_the_backfill_follow_it_without_a_seam(self):
        self.generate(500)
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url, backfill__rate_limit=1000)).ready()
        sink.wait_for(50)
        self.generate(200, "--rate", 2000, "--seed", 2)
        sink.wait_for(700)
        self.done(exporter)
        self.assertEqual(exporter.metric("health_events_exporter_backfill_events_processed_total"), 500)
        exporter.stop()
        self.assert_all_delivered(sink, 700, duplicates=0)

    def test_switched_off_only_new_events_are_sent_and_no_restart_makes_up_for_it(self):
        self.generate(100)
        sink = LabSink(self)
        first = Exporter(self, self.config(sink.url, backfill__enabled=False)).ready()
        self.generate(30, "--rate", 1000, "--seed", 2)
        sink.wait_for(30)
        first.stop()
        self.generate(20, "--rate", 1000, "--seed", 3)
        second = Exporter(self, self.config(sink.url, backfill__enabled=True)).ready()
        self.assertFalse(second.wait_for_line("Resume token exists - skipping backfill on this restart")
                         ["backfillContinues"])
        sink.wait_for(50)
        self.generate(10, "--rate", 1000, "--seed", 4)
        audit = sink.wait_for(60)
        second.stop()
        self.assertEqual((audit["received"], audit["distinctIds"]), (60, 60))


if __name__ == "__main__":
    main()
