"""The network and the processes around the delivery fail in the middle of an exchange.

Nothing is lost, and what comes twice has the same id.
"""
import os
import signal
import time

from gate import Gate
from support import PATIENCE, Exporter, IntegrationTest, LabSink, main, request, wait_until

QUEUE_EVENTS = "health_events_exporter_queue_events"
ACCEPTED = 'health_events_exporter_events_published_total{status="success"}'


class SinkFault(IntegrationTest):
    @staticmethod
    def wait_for_attempts(exporter, status, count):
        series = f'health_events_exporter_attempts_total{{status="{status}"}}'
        wait_until(lambda: exporter.metric(series) >= count, f"{count} attempts that end with {status}")

    def assert_ends_well(self, exporter, sink, events, duplicates=None):
        """Everything arrives, the program ends in order, and no event was set aside."""
        sink.wait_for(events)
        exporter.stop()
        self.assertEqual(self.store.letters(), [])
        return self.assert_all_delivered(sink, events, duplicates)

    def test_an_answer_that_does_not_come_in_time_is_given_up_and_the_event_sent_again(self):
        self.generate(60)
        sink = LabSink(self, "--delay", "60s")
        exporter = Exporter(self, self.config(sink.url, sink__timeout="300ms"))
        self.wait_for_attempts(exporter, "timeout", 8)
        self.assertEqual(exporter.metric(ACCEPTED), 0)
        # The sink has taken what it did not answer: these come again, under the same ids.
        self.assertGreater(sink.audit()["distinctIds"], 0)
        sink.post("/faults", delayMs=0)
        audit = self.assert_ends_well(exporter, sink, 60)
        self.assertGreater(audit["duplicates"], 0)

    def test_a_part_of_an_answer_is_no_answer(self):
        self.generate(60)
        sink = LabSink(self)
        gate = Gate(self, sink.port)
        # Nothing, a piece of the status line, all of it, all but the end of the body.
        gate.halve(0, 0.1, 0.5, 0.99)
        exporter = Exporter(self, self.config(sink.url, sink__endpoint=gate.url + "/events"))
        wait_until(lambda: gate.halved >= 8, "eight answers of which a part came through")
        self.assertEqual(exporter.metric(ACCEPTED), 0)
        wait_until(lambda: exporter.metric(QUEUE_EVENTS) == 60, "all events in the queue")
        gate.halve()
        audit = self.assert_ends_well(exporter, sink, 60)
        self.assertGreater(audit["duplicates"], 0)

    def test_a_port_that_opens_late(self):
        self.generate(60)
        sink = LabSink(self)
        gate = Gate(self, sink.port, listening=False)
        exporter = Exporter(self, self.config(sink.url, sink__endpoint=gate.url + "/events"))
        self.wait_for_attempts(exporter, "connect", 3)
        gate.listen()
        self.assert_ends_well(exporter, sink, 60, duplicates=0)

    def test_a_host_name_that_is_known_late(self):
        self.generate(60)
        sink = LabSink(self)
        # Debian's libnss-wrapper answers from this file instead of the machine's names.
        hosts = self.folder / "hosts"
        hosts.write_text("127.0.0.1 other.test\n")
        exporter = Exporter(self, self.config(sink.url, sink__endpoint=f"http://sink.test:{sink.port}/events"),
                            environment={"LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_HOSTS": str(hosts)})
        self.wait_for_attempts(exporter, "resolve", 3)
        hosts.write_text("127.0.0.1 sink.test\n")
        # It reads the file again when the second of its last change is another one.
        os.utime(hosts, (time.time(), time.time() + 10))
        self.assert_ends_well(exporter, sink, 60, duplicates=0)

    def test_a_sink_that_stands_still_and_goes_on(self):
        self.generate(200)
        sink = LabSink(self, "--delay", "5ms")
        exporter = Exporter(self, self.config(sink.url, sink__timeout="300ms"))
        sink.wait_for(40)
        self.pause(sink)
        self.generate(50, "--rate", 1000, "--seed", 2)  # so that there is something to send, however fast it was
        self.wait_for_attempts(exporter, "timeout", 3)
        sink.send(signal.SIGCONT)
        self.assert_ends_well(exporter, sink, 250)

    def test_an_exporter_that_stands_still_for_longer_than_its_timeouts_and_goes_on(self):
        self.generate(400)
        sink = LabSink(self, "--delay", "10ms", "--expires-in", "1s")
        exporter = Exporter(self, self.config(sink.url, sink__timeout="500ms"))
        sink.wait_for(100)
        self.pause(exporter)
        before = sink.audit()["distinctIds"]
        self.generate(100, "--rate", 1000, "--seed", 2)
        # Meanwhile its requests, its save and its token run out of time.
        time.sleep(1.2 * PATIENCE)
        exporter.send(signal.SIGCONT)
        sink.wait_for(before + 1)
        self.assertEqual(request(exporter.url("/healthz"))[0], 200)
        self.assert_ends_well(exporter, sink, 500)

    @staticmethod
    def pause(process):
        process.send(signal.SIGSTOP)
        stat = f"/proc/{process.child.pid}/stat"
        wait_until(lambda: open(stat, encoding="ascii").read().rsplit(")", 1)[1].split()[0] == "T", "it to stand still")


if __name__ == "__main__":
    main()
