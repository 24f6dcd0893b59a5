"""Two exporters on one SQLite file."""
import json
import signal
import sqlite3

from lease_case import Pair
from support import Exporter, IntegrationTest, LabSink, main, wait_until


class Lease(Pair, IntegrationTest):
    def start(self, sink, **settings):
        return Exporter(self, self.config(sink.url, **settings))

    def freeze(self, exporter):
        def not_in_the_middle_of_a_write():
            super(Lease, self).freeze(exporter)
            try:
                connection = sqlite3.connect(self.store.path, timeout=0.5)
                connection.execute("BEGIN IMMEDIATE")
                return True
            except sqlite3.OperationalError:
                exporter.send(signal.SIGCONT)
                return False
            finally:
                connection.close()
        # It would keep the file's one lock.
        wait_until(not_in_the_middle_of_a_write, "a process that is frozen while it does not write")

    def insert_some(self, count):
        self.generate(count)

    def lease(self):
        holder, epoch, beat = self.store.rows("SELECT holder, epoch, beat FROM leases")[0]
        return {"holder": holder, "epoch": epoch, "beat": beat}

    def position(self):
        return json.loads(self.store.saved()[0][0])["eventID"]

    def check(self, sink, events, duplicates=None):
        self.assert_all_delivered(sink, events, duplicates)

    def test_without_a_lease_both_send(self):
        self.sink = LabSink(self)
        both = [self.start(self.sink, lease__enabled=False).ready() for _ in range(2)]
        self.insert_some(20)
        wait_until(lambda: self.sink.audit()["received"] == 40, "every event twice")
        for exporter in both:
            exporter.stop()
        self.assertEqual(self.store.rows("SELECT count(*) FROM leases")[0][0], 0)
        self.check(self.sink, 20, duplicates=20)


if __name__ == "__main__":
    main()
