"""The primary of three nodes hands over while events flow: the exporter goes on in the same process."""
import time

from mongodb_case import SOURCE_ERRORS, MongodbCase
from support import LabSink, main, request, wait_until


class MongodbFailover(MongodbCase):
    SERVER = {"nodes": 3}

    def test_two_handovers_while_events_flow(self):
        self.insert(self.make(200))
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        live = self.feed(1500, rate=150)
        for moment in (400, 900):
            sink.wait_for(moment)
            start = time.monotonic()
            old = self.mongod.primary()
            new = self.mongod.step_down()
            self.assertNotEqual(old.port, new.port)
            seen = sink.audit()["distinctIds"]
            sink.wait_for(seen + 1)
            print(f"{time.monotonic() - start:.1f} s from the hand-over to the next event")
        self.assertEqual(request(exporter.url("/healthz"))[0], 200)
        live.finish()
        self.wait_for_all(sink)
        self.wait_for_settled(exporter)
        failed = exporter.metric(SOURCE_ERRORS)
        saves = exporter.metric("health_events_exporter_checkpoint_errors_total")
        print(f"{failed:.0f} failed reads, {saves:.0f} failed saves")
        self.assertLessEqual(failed, 10)
        exporter.stop()
        self.audit(sink, duplicates=0)

    def test_the_node_that_is_read_from_dies(self):
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        live = self.feed(600, rate=150)
        sink.wait_for(100)
        # Between two reads there is a moment in which a server shows the cursor neither as working nor as idle.
        reading = wait_until(lambda: [index for index, node in enumerate(self.mongod.nodes) if self.has_our_stream(node)],
                             "a server with our stream")
        self.assertEqual(len(reading), 1)
        # A secondary, which spares the primary the work.
        self.assertIsNot(self.mongod.nodes[reading[0]], self.mongod.primary())
        self.mongod.kill(reading[0])
        live.finish()
        self.wait_for_all(sink)
        print(f"{exporter.metric(SOURCE_ERRORS):.0f} failed reads")
        self.assertGreater(exporter.metric(SOURCE_ERRORS), 0)
        exporter.stop()
        self.audit(sink, duplicates=0)

    def has_our_stream(self, node):
        operations = self.mongod.client(node).admin.aggregate(
            [{"$currentOp": {"idleCursors": True}}, {"$match": {"appName": "event-exporter"}}])
        return any(operation.get("cursor", {}).get("tailable") for operation in operations)


if __name__ == "__main__":
    main()
