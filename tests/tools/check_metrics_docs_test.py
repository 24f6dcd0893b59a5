import subprocess
import sys
import unittest

from tool_test import ROOT, TreeTest

TREE = {
    "src/observability/metrics.cpp": """
Metrics::Metrics()
    : received(impl->counter("received_total", "Received.")),
      ended(
          impl->family("ended_total", "status", "Ended.")),
      flag(impl->feature_flag("backfill_enabled")) {}
void append() { out.push_back(process_metric("process_open_fds", "Open.", MetricType::Gauge, 1)); }
""",
    "src/pipeline/loop.cpp": """
void f() { m.received.add(2); m.ended.with("success").add(); m.ended.with("failure").add(); m.flag.set(1); }
""",
    "docs/metrics.md": """
| metric | type | labels | meaning |
|---|---|---|---|
| `health_events_exporter_received_total` | counter | | x |
| `health_events_exporter_ended_total` | counter | `status`: `success`, `failure` | x |
| `nvsentinel_feature_flag_enabled` | gauge | `service`: `a`; `flag`: `b` | x |
| `process_open_fds` | gauge | | x |
""",
}


class CheckMetricsDocs(TreeTest):
    def problems(self, name="README.md", old="", new=""):
        self.write(TREE | ({name: TREE[name].replace(old, new)} if old else {}))
        run = subprocess.run(
            [sys.executable, "-B", ROOT / "tools/check_metrics_docs.py", self.root],
            capture_output=True, text=True, check=False,
        ) 
        self.assertEqual(run.returncode != 0, run.stderr != "")
        return run.stderr.splitlines()

    def test_accepts_a_tree_that_holds(self):
        self.assertEqual(self.problems(), [])

    def test_catches_a_metric_without_a_row_and_a_row_without_a_metric(self):
        self.assertEqual(
            self.problems("docs/metrics.md", "process_open_fds", "process_shut_fds"),
            [
                "docs/metrics.md: no row for process_open_fds",
                "docs/metrics.md: process_shut_fds is no metric of src/observability/metrics.cpp",
            ],
        )

    def test_catches_a_metric_that_nothing_feeds(self):
        self.assertEqual(
            self.problems("src/pipeline/loop.cpp", "m.received.add(2);", ""),
            ["src/observability/metrics.cpp: nothing feeds health_events_exporter_received_total (handle received)"],
        )

    def test_catches_a_label_value_that_nothing_feeds(self):
        self.assertEqual(
            self.problems("src/pipeline/loop.cpp", 'm.ended.with("failure").add();', ""),
            ['docs/metrics.md: nothing feeds health_events_exporter_ended_total with "failure"'],
        )

    def test_catches_a_label_value_that_is_not_documented(self):
        self.assertEqual(
            self.problems("docs/metrics.md", ", `failure`", ""),
            ['docs/metrics.md: health_events_exporter_ended_total is fed with "failure", which its row does not name'],
        )

    def test_catches_another_type_or_label(self):
        self.assertEqual(
            self.problems("docs/metrics.md", "counter | `status`", "gauge | `state`"),
            [
                "docs/metrics.md: health_events_exporter_ended_total is a gauge with labels ['state'], "
                "but the code has a counter with ['status']"
            ],
        )


if __name__ == "__main__":
    unittest.main()
