"""kill -9 at each named place of the program (src/base/failpoint.h): a restart goes on, whatever was done there and not yet told."""
import re
import signal

from support import ROOT, Exporter, IntegrationTest, LabSink, Store, main, wait_until

STORED, LIVE, STEP = 120, 40, 40
DEAD = STORED // STEP
PLACES = re.findall(r'^    "([a-z_.]+)",', (ROOT / "src/base/failpoint.h").read_text(), re.MULTILINE)
# Where the first time would be before anything was done.
TIMES = {"reader.batch_queued": 2, "loop.before_send": 50, "loop.answered": 50, "store.before_save": 3, "store.saved": 3,
         "store.before_letter": 2, "store.letter_stored": 2}
AT_THE_END = ("loop.stopping", "lease.before_release")


class Failpoints(IntegrationTest):
    def test_each_place(self):
        self.assertGreaterEqual(len(PLACES), 12)
        base = self.folder
        for place in PLACES:
            with self.subTest(place=place):
                self.folder = base / place
                self.folder.mkdir()
                self.store = Store(self.folder / "events.db")
                try:
                    self.die_at(place)
                finally:
                    self.end_processes()
                    self.processes.clear()

    def die_at(self, place):
        self.generate(STORED, "--nodes", 8)
        self.store.rows("UPDATE health_events SET document = json_set(document, '$.healthevent.message', 'pois0n') "
                        "WHERE seq % ? = 0", STEP)
        sink = LabSink(self, "--poison", "pois0n", "--delay", "10ms")
        config = self.config(sink.url, backfill__batch_size=30, checkpoint__interval="20ms")
        exporter = Exporter(self, config,
                            environment={"EXPORTER_FAILPOINT": f"{place}:{TIMES.get(place, 1)}"})
        if place in AT_THE_END:
            sink.wait_for(STORED - DEAD)
            exporter.send(signal.SIGTERM)
        self.assertEqual(exporter.wait(), -signal.SIGKILL, exporter.output()[-4000:])
        settled, arrived = self.store.settled(), set(sink.ids())
        dead = self.store.event_ids("WHERE id IN (SELECT document_id FROM dead_letters)")
        self.assertEqual(settled - arrived - dead, set(), "the saved position has passed events that never arrived")

        self.generate(LIVE, "--nodes", 8, "--seed", 2, "--rate", 1000)
        second = Exporter(self, config)
        sink.wait_for(STORED + LIVE - DEAD)
        wait_until(lambda: self.store.settled() == self.store.event_ids() or second.must_run(),
                   "a position behind the last event")
        second.stop()
        audit = self.assert_all_delivered(sink, STORED + LIVE, dead=DEAD)
        # What was in flight may have arrived after the death, too.
        self.assertLessEqual(audit["duplicates"], len(arrived - settled) + 8)
        self.assertEqual([letter[0] for letter in self.store.letters()], ["refused"] * DEAD)

    def test_a_name_that_is_none_is_no_test(self):
        exporter = Exporter(self, self.config("http://127.0.0.1:9"), environment={"EXPORTER_FAILPOINT": "loop.nowhere"})
        self.assertEqual(exporter.wait(), 70)


if __name__ == "__main__":
    main()
