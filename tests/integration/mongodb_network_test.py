"""Connections to MongoDB that are cut, and ones that stand while nothing comes through."""
import time

from gate import Gate
from mongodb_case import SOURCE_ERRORS, MongodbCase
from support import LabSink, main, wait_until


class MongodbNetwork(MongodbCase):
    def test_connections_cut_again_and_again_while_events_flow(self):
        sink = LabSink(self)
        gate = Gate(self, self.mongod.nodes[0].port)
        exporter = self.exporter(sink, uri=gate.uri()).ready()
        live = self.feed(2000, rate=400)
        cut = 0
        for part in range(1, 6):
            sink.wait_for(part * 300)
            cut += gate.cut()
        live.finish()
        self.wait_for_all(sink)
        self.assertGreaterEqual(cut, 5)
        self.assertEqual(len(exporter.lines("Resume token exists - skipping backfill on this restart")), 0)
        failed = exporter.metric(SOURCE_ERRORS)
        print(f"{cut} connections cut, {gate.accepted} made, {failed:.0f} failed reads")
        self.assertGreater(failed, 0)
        self.assertLessEqual(failed, 15)
        exporter.stop()
        self.assertEqual(self.audit(sink, duplicates=0), 0)

    def test_connections_cut_during_the_backfill(self):
        self.insert(self.make(1500))
        sink = LabSink(self)
        gate = Gate(self, self.mongod.nodes[0].port)
        exporter = self.exporter(sink, uri=gate.uri(), backfill__rate_limit=1000, backfill__batch_size=50)
        for part in range(1, 5):
            sink.wait_for(part * 250)
            self.assertGreater(gate.cut(), 0)
        self.wait_for_all(sink)
        exporter.stop()
        self.audit(sink, duplicates=0)

    def test_a_connection_that_stands_while_nothing_comes_through_is_given_up_and_replaced(self):
        sink = LabSink(self)
        gate = Gate(self, self.mongod.nodes[0].port)
        # Without this option of the URI the exporter's own patience is a minute.
        exporter = self.exporter(sink, uri=gate.uri() + "&socketTimeoutMS=2000").ready()
        self.insert(self.make(50))
        self.wait_for_all(sink)
        gate.swallow()
        self.insert(self.make(50))
        wait_until(lambda: exporter.metric(SOURCE_ERRORS) >= 2, "a connection given up, and another one", 30)
        self.assertEqual(sink.audit()["distinctIds"], 50)
        gate.swallow(False)
        start = time.monotonic()
        self.wait_for_all(sink)
        print(f"{time.monotonic() - start:.1f} s from the network's return to the last event")
        self.assertLess(exporter.metric(SOURCE_ERRORS), 10)
        exporter.stop()
        self.audit(sink, duplicates=0)


if __name__ == "__main__":
    main()
