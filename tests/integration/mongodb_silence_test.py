"""SIGTERM while MongoDB answers nothing: the exporter ends all the same, in seconds, and saves what it can."""
import signal
import time

from mongodb_case import NO_ANSWER, READ_AGAIN, MongodbCase
from support import LabSink, main, wait_until


class MongodbSilence(MongodbCase):
    def ends(self, exporter, seconds):
        start = time.monotonic()
        exporter.send(signal.SIGTERM)
        self.assertEqual(exporter.wait(seconds), 0, exporter.output())
        print(f"ended after {time.monotonic() - start:.1f} s")
        self.mongod.resume()
        self.assertEqual(len(exporter.lines("Shutdown complete")), 1)

    def test_before_the_first_answer(self):
        sink = LabSink(self)
        self.mongod.pause()
        exporter = self.exporter(sink)
        exporter.wait_for_line("Waiting for the lease")
        self.ends(exporter, 5)
        # In the middle of the first start nothing was saved that would stop a second one.
        self.insert(self.make(5))
        again = self.exporter_again()
        self.wait_for_all(sink)
        again.stop()
        self.audit(sink)

    def test_when_the_server_is_gone_altogether(self):
        sink = LabSink(self)
        exporter = self.exporter(sink, shutdown__drain_timeout="1s").ready()
        self.insert(self.make(5))
        self.wait_for_all(sink)
        self.wait_for_settled(exporter)
        self.mongod.stop()
        starting = self.exporter_again()
        starting.wait_for_line(NO_ANSWER)
        exporter.wait_for_line(READ_AGAIN)
        # The drain, five seconds for the last save, which may be of a quiet stream's position, one for each thread.
        for process in (exporter, starting):
            process.send(signal.SIGTERM)
            self.assertEqual(process.wait(10), 0, process.output())

    def test_with_an_idle_stream(self):
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        self.insert(self.make(20))
        self.wait_for_all(sink)
        self.wait_for_settled(exporter)
        self.mongod.pause()
        self.ends(exporter, 5)
        again = self.exporter_again().ready()
        self.insert(self.make(5))
        self.wait_for_all(sink)
        again.stop()
        self.audit(sink, duplicates=0)

    def test_with_reading_held_back_by_a_sink_that_takes_nothing(self):
        sink = LabSink(self)
        # Far more than the queue takes: the reader waits there, with an open cursor.
        exporter = self.exporter(sink, delivery__queue_bytes=65536).ready()
        sink.post("/faults", statusRates={"503": 1})
        self.insert(self.make(3000))
        exporter.wait_for_line("Publish failed, retrying")
        received = "health_events_exporter_events_received_total"
        before = -1.0
        while before != exporter.metric(received):
            before = exporter.metric(received)
            time.sleep(0.5)
        self.assertLess(before, 3000)
        self.mongod.pause()
        # Nothing was delivered, so there is nothing to save either.
        self.ends(exporter, 8)
        sink.post("/faults", statusRates={})
        again = self.exporter_again()
        self.wait_for_all(sink)
        again.stop()
        self.audit(sink, duplicates=0)

    def test_with_a_save_that_waits_for_its_answer(self):
        sink = LabSink(self)
        exporter = self.exporter(sink, shutdown__drain_timeout="1s").ready()
        sink.post("/faults", delayMs=500)
        self.insert(self.make(8))
        wait_until(lambda: exporter.metric("health_events_exporter_in_flight_requests") > 0, "requests in flight")
        self.mongod.pause()
        self.wait_for_all(sink)
        # The drain, five seconds for the last save, one for the thread that waits.
        self.ends(exporter, 10)
        sink.post("/faults", delayMs=0)
        again = self.exporter_again()
        self.insert(self.make(8))
        self.wait_for_all(sink)
        again.stop()
        self.audit(sink, duplicates=8)


if __name__ == "__main__":
    main()
