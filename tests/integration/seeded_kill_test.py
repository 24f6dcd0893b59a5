"""Seeded runs on SQLite: load, workers, the sink's faults and the moments of some kill -9 are drawn from the seed.

After each kill the saved position is compared with what the sink has: nothing up to it may be missing there, and what
the sink has beyond it is all that may come again.
"""
import time

from seeded_run import SeededRuns
from support import BINARY, Exporter, IntegrationTest, LabSink, Process, Store, main, wait_until


class SeededKills(SeededRuns, IntegrationTest):
    def test_nothing_is_missing_and_duplicates_are_those_beyond_the_saved_position(self):
        self.run_seeds("sqlite", 5)

    def begin_seed(self):
        self.store = Store(self.folder / "events.db")

    def run_seed(self, world, results):
        start = time.monotonic()
        self.generate(world.backlog, "--nodes", world.nodes, "--seed", world.seed)
        sink = LabSink(self, "--seed", world.seed)
        config = self.config(sink.url, **world.settings)

        def start_exporter():
            return Exporter(self, config, workers=world.workers)

        live, allowed = self.kill_again_and_again(world, sink, start_exporter)
        live = live or self.start_live(world)
        sink.post("/faults", **world.faults[-1])
        last = start_exporter()
        self.assertEqual(live.wait(60) if live else 0, 0)
        self.wait_for(sink, world.events, last)
        wait_until(lambda: self.store.settled() == self.store.event_ids() or last.must_run(),
                   "a position behind the last event")
        last.stop()
        # Every second cut loses the answer to an event that was taken.
        audit = self.assert_all_delivered(sink, world.events)
        allowed += audit["statuses"].get("cut", 0)
        self.assertEqual(self.store.letters(), [])
        self.assertLessEqual(audit["duplicates"], allowed)
        results.add(world, audit, allowed, time.monotonic() - start)

    def start_live(self, world):
        if world.live == 0:
            return None
        return Process(self, [BINARY, "lab", "generate", "--datastore", self.store.path, "--count", world.live,
                              "--rate", world.rate, "--nodes", world.nodes, "--seed", world.seed + 1], "generate")

    def may_come_again(self, sink):
        """After a kill: how many events arrived that the saved position does not say so of."""
        settled, arrived = self.store.settled(), set(sink.ids())
        self.assertEqual(len(settled - arrived), 0, "the saved position has passed events that never arrived")
        return len(arrived - settled)


if __name__ == "__main__":
    main()
