"""SIGTERM: what is in flight ends, progress is saved, the exit code is 0; and all of it in bounded time."""
import signal
import socket
import time

from support import PATIENCE, Exporter, IntegrationTest, LabSink, main, wait_until


class Shutdown(IntegrationTest):
    def requests_under_way(self, exporter, count):
        wait_until(lambda: exporter.metric("health_events_exporter_in_flight_requests") >= count,
                   f"{count} requests in flight")

    def stop_in_the_middle(self, **settings):
        """Two runs over 200 events, the first one stopped in the middle; the sink."""
        self.generate(200)
        sink = LabSink(self, "--delay", "300ms")
        # Only the last save, that of the drain, can have been made.
        config = self.config(sink.url, checkpoint__interval="1h", **settings)
        first = Exporter(self, config, workers=16)
        sink.wait_for(20)
        self.requests_under_way(first, 16)
        first.stop()
        self.assertEqual(len(first.lines("Shutdown complete")), 1)
        self.assertLess(sink.audit()["distinctIds"], 200)
        sink.post("/faults", delayMs=0)
        second = Exporter(self, config, workers=16)
        sink.wait_for(200)
        second.stop()
        return sink

    def test_a_drain_finishes_the_requests_in_flight_and_nothing_comes_twice(self):
        self.assert_all_delivered(self.stop_in_the_middle(delivery__ordering="none"), 200, duplicates=0, ordered=False)

    def test_a_drain_with_order_repeats_only_what_overtook_a_waiting_event(self):
        # Behind an event that waits for another one of its node, the position cannot pass those of other nodes.
        audit = self.assert_all_delivered(self.stop_in_the_middle(), 200)
        self.assertLess(audit["duplicates"], 100)

    def test_sigint_drains_as_sigterm_does(self):
        self.generate(50)
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url))
        sink.wait_for(50)
        exporter.send(signal.SIGINT)
        self.assertEqual(exporter.wait(), 0)
        self.assert_all_delivered(sink, 50, duplicates=0)

    def test_a_second_signal_skips_the_drain(self):
        self.generate(50)
        sink = LabSink(self, "--delay", "60s")
        config = self.config(sink.url, sink__timeout="120s", shutdown__drain_timeout="100s")
        exporter = Exporter(self, config)
        self.requests_under_way(exporter, 8)
        exporter.send(signal.SIGTERM)
        exporter.wait_for_line("Stopping: finishing the requests in flight; a second signal skips that")
        exporter.must_run()
        exporter.send(signal.SIGTERM)
        self.assertEqual(exporter.wait(10), 0, exporter.output())

    def test_a_sink_that_hangs_is_given_up_at_the_drain_timeout(self):
        self.generate(50)
        sink = LabSink(self, "--delay", "60s")
        config = self.config(sink.url, sink__timeout="120s", shutdown__drain_timeout="1500ms")
        first = Exporter(self, config)
        self.requests_under_way(first, 8)
        start = time.monotonic()
        first.send(signal.SIGTERM)
        self.assertEqual(first.wait(10), 0, first.output())
        self.assertGreaterEqual(time.monotonic() - start, 1.4)
        self.assertLess(time.monotonic() - start, 1.5 + 5 * PATIENCE)
        # What was cut off is sent again.
        sink.post("/faults", delayMs=0)
        second = Exporter(self, config)
        sink.wait_for(50)
        second.stop()
        self.assert_all_delivered(sink, 50)

    def test_a_signal_while_the_token_endpoint_hangs_ends_it_quickly(self):
        self.generate(5)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            exporter = Exporter(self, self.config(f"http://127.0.0.1:{silent.getsockname()[1]}")).ready()
            silent.settimeout(20 * PATIENCE)
            silent.accept()
            exporter.send(signal.SIGTERM)
            self.assertEqual(exporter.wait(5), 0, exporter.output())


if __name__ == "__main__":
    main()
