"""Seeded runs on MongoDB: one server, an empty database for each seed, else as in seeded_kill_test.py."""
import time

from mongodb_case import MongodbCase, event_id
from seeded_run import SeededRuns
from support import LabSink, main


class MongodbSeededKills(SeededRuns, MongodbCase):
    def test_nothing_is_missing_and_duplicates_are_those_beyond_the_saved_position(self):
        self.run_seeds("mongodb", 2)

    def begin_seed(self):
        self.begin_anew()

    def run_seed(self, world, results):
        start = time.monotonic()
        self.behind = 0  # events, in the order of their insertion, that a saved position had behind it
        self.insert(self.make(world.backlog, nodes=world.nodes))
        sink = LabSink(self, "--seed", world.seed)

        def start_exporter():
            return self.exporter(sink, workers=world.workers, **world.settings)

        live, allowed = self.kill_again_and_again(world, sink, start_exporter)
        live = live or self.start_live(world)
        sink.post("/faults", **world.faults[-1])
        last = start_exporter()
        live.finish()
        self.wait_for(sink, world.events, last)
        last.stop()
        allowed += sink.audit()["statuses"].get("cut", 0)
        self.audit(sink, duplicates=allowed)
        self.assertEqual(self.letters(), [])
        results.add(world, sink.audit(), allowed, time.monotonic() - start)

    def start_live(self, world):
        return self.feed(world.live, world.rate, nodes=world.nodes)

    def may_come_again(self, sink):
        """After a kill: how many events arrived that the saved progress does not say so of."""
        arrived = set(sink.ids())
        ids = [event_id(key) for key in self.inserted]
        # Backfill and stream both go by the order of insertion, which is that of the creation times too. The progress
        # names the last event behind it, or, before the first one and on an idle stream, only a place between events.
        saved = repr(self.mongod.token_document())
        named = [index for index, key in enumerate(self.inserted) if str(key) in saved]
        self.behind = max([self.behind, *(index + 1 for index in named)])
        self.assertLessEqual(len(named), 1, saved)
        settled = set(ids[:self.behind])
        self.assertEqual(len(settled - arrived), 0, "the saved position has passed events that never arrived")
        return len(arrived - settled)


if __name__ == "__main__":
    main()
