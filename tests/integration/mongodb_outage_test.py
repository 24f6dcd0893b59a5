"""MongoDB goes away and comes back: the exporter stays, waits without hurry, and nothing is missing."""
import time

from mongodb_case import NO_ANSWER, SOURCE_ERRORS, MongodbCase
from support import LabSink, main, request


class MongodbOutage(MongodbCase):
    def recovers_from(self, end, away):
        """Events flow; the server is ended and comes back after `away` seconds; the events go on."""
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        live = self.feed(1000, rate=250)
        sink.wait_for(300)
        pid = exporter.child.pid
        before = exporter.metric(SOURCE_ERRORS)
        start = time.monotonic()
        end()
        # An outage of a certain length: how often the server is asked meanwhile is what is looked at.
        time.sleep(away)
        self.assertEqual(request(exporter.url("/healthz"))[0], 200)
        self.mongod.restart()
        back = time.monotonic()
        seen = sink.audit()["distinctIds"]
        sink.wait_for(min(seen + 1, 1000))
        print(f"{time.monotonic() - back:.1f} s from the server's return to the next event")
        attempts = exporter.metric(SOURCE_ERRORS) - before
        print(f"{attempts:.0f} failed reads in {time.monotonic() - start:.1f} s")
        # 100 ms, doubled each time, beside up to 3 s of looking for a server: see pipeline.cpp.
        self.assertLessEqual(attempts, 6 + (time.monotonic() - start))
        self.assertGreater(attempts, 0)
        live.finish()
        self.wait_for_all(sink)
        exporter.must_run()
        self.assertEqual(exporter.child.pid, pid)
        exporter.stop()
        self.assertEqual(self.audit(sink, duplicates=0), 0)

    def test_a_server_that_stops_and_comes_back_after_five_seconds(self):
        self.recovers_from(self.mongod.stop, away=5)

    def test_a_server_that_is_killed_and_comes_back(self):
        self.recovers_from(self.mongod.kill, away=0)

    def test_an_exporter_that_starts_before_its_server_is_well_waits_and_works(self):
        self.insert(self.make(20))
        sink = LabSink(self)
        self.mongod.stop()
        exporter = self.exporter(sink)
        self.assertEqual(request(exporter.url("/healthz"))[0], 200)
        exporter.wait_for_line(NO_ANSWER)
        self.assertEqual(request(exporter.url("/healthz"))[0], 200)
        self.assertEqual(sink.audit()["received"], 0)
        self.mongod.restart()
        self.wait_for_all(sink)
        exporter.stop()
        self.audit(sink)
        self.assertEqual(len(exporter.lines("Starting backfill")), 1)


if __name__ == "__main__":
    main()
