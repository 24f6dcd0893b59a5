"""/healthz and /metrics of the running program."""
import socket
import time

from support import PATIENCE, Exporter, IntegrationTest, LabSink, main, request, wait_until

# The incumbent's names, fed by this version. Families with a label appear with their first event.
FROM_THE_START = (
    "health_events_exporter_events_received_total", "health_events_exporter_publish_duration_seconds",
    "health_events_exporter_transform_errors_total", "health_events_exporter_token_refresh_errors_total",
    "health_events_exporter_resume_token_update_timestamp", "health_events_exporter_backfill_in_progress",
    "health_events_exporter_backfill_events_processed_total", "health_events_exporter_backfill_duration_seconds",
    "nvsentinel_feature_flag_enabled",
)


class Endpoints(IntegrationTest):
    def test_health_is_good_as_soon_as_its_port_is_open_though_nothing_else_answers(self):
        self.generate(5)
        start = time.monotonic()
        exporter = Exporter(self, self.config("http://127.0.0.1:1"))
        answer = request(exporter.url("/healthz"))
        self.assertEqual(answer, (200, "ok"))
        # Far less on a machine that has nothing else to do; a kubelet waits longer.
        self.assertLess(time.monotonic() - start, 5 * PATIENCE)
        exporter.wait_for_line("Token fetch failed, will retry")
        self.assertEqual(request(exporter.url("/healthz")), (200, "ok"))
        exporter.stop()

    def test_metrics_have_the_incumbents_names_and_count(self):
        self.generate(40)
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url)).ready()
        text = exporter.metrics_text()
        for name in FROM_THE_START:
            self.assertRegex(text, rf"(?m)^# TYPE {name} (counter|gauge|histogram)$")
        self.assertIn('nvsentinel_feature_flag_enabled{flag="backfill_enabled",service="event-exporter"} 1', text)
        self.generate(10, "--rate", 500, "--seed", 2)
        sink.wait_for(50)
        for series, value in (("events_received_total", 10), ('events_published_total{status="success"}', 50),
                              ("publish_duration_seconds_count", 50), ("backfill_events_processed_total", 40),
                              ("backfill_duration_seconds_count", 1), ("backfill_in_progress", 0),
                              ("transform_errors_total", 0), ("token_refresh_errors_total", 0)):
            wait_until(lambda: exporter.metric("health_events_exporter_" + series) == value, f"{series} = {value}")
        wait_until(lambda: abs(exporter.metric("health_events_exporter_resume_token_update_timestamp") - time.time())
                   < 60 * PATIENCE, "the time of the last save")
        self.store.insert('{"healthevent": 5}')
        wait_until(lambda: exporter.metric("health_events_exporter_transform_errors_total") == 1, "a transform error")
        exporter.stop()

    def test_failures_are_counted(self):
        self.generate(10)
        sink = LabSink(self, "--status-rate", "503:1", "--retry-after", "0")
        exporter = Exporter(self, self.config(sink.url, failure_handling__max_retries=3))
        wait_until(lambda: exporter.metric(
            'health_events_exporter_publish_errors_total{error_type="max_retries_exceeded"}') == 10,
            "ten exhausted events")
        self.assertEqual(exporter.metric('health_events_exporter_events_published_total{status="failure"}'), 10)
        self.assertEqual(exporter.metric('health_events_exporter_events_published_total{status="success"}'), 0)
        exporter.stop()

    def test_without_its_port_it_delivers_without_metrics_and_says_so(self):
        self.generate(20)
        sink = LabSink(self)
        with socket.create_server(("", 0)) as taken:
            port = taken.getsockname()[1]
            exporter = Exporter(self, self.config(sink.url), metrics_port=port)
            line = exporter.wait_for_line("Metrics server failed - continuing without metrics")
            self.assertIn(str(port), line["error"])
            sink.wait_for(20)
            exporter.stop()
        self.assert_all_delivered(sink, 20, duplicates=0)


if __name__ == "__main__":
    main()
