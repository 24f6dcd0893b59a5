"""Traffic that exports nothing: the saved position moves on all the same, lest the server's history overtake it."""
import time

from mongodb_case import SOURCE_ERRORS, MongodbCase
from support import PATIENCE, LabSink, main


class MongodbQuiet(MongodbCase):
    def moves(self, traffic):
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        self.insert(self.make(10))
        self.wait_for_all(sink)
        self.wait_for_settled(exporter)
        position, seen = self.token(), 0
        deadline = time.monotonic() + 60 * PATIENCE
        while seen < 2 and time.monotonic() < deadline:
            traffic()
            time.sleep(0.05)
            if self.token() != position:
                position, seen = self.token(), seen + 1
        self.assertEqual(seen, 2, "the saved position stands still")
        self.in_bounds(exporter)
        exporter.stop()
        self.audit(sink, duplicates=0)

    def in_bounds(self, exporter):
        self.assertEqual(exporter.metric(SOURCE_ERRORS), 0)
        # Each save is a change as well: it must not call for the next one at once.
        saves = exporter.metric("health_events_exporter_checkpoint_saves_total")
        print(f"{saves:.0f} saves")
        self.assertLess(saves, 40 * PATIENCE)

    def test_with_updates_of_the_status_alone(self):
        def updates():
            for key in self.inserted:
                self.mongod.events.update_one({"_id": key}, {"$set": {"healtheventstatus.nodequarantined":
                                                                      str(time.monotonic())}})
        self.moves(updates)

    def test_with_traffic_elsewhere(self):
        self.moves(lambda: self.mongod.database["Others"].insert_one({"junk": "x" * 1000}))

    def test_with_one_insert_among_a_hundred_updates(self):
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        for _ in range(10):
            self.insert(self.make(1))
            for _ in range(99):
                self.mongod.events.update_one({"_id": self.inserted[-1]}, {"$inc": {"healtheventstatus.n": 1}})
        self.wait_for_all(sink)
        self.in_bounds(exporter)
        exporter.stop()
        self.audit(sink, duplicates=0)


if __name__ == "__main__":
    main()
