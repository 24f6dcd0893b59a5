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
      lag(impl->stream_lag("change_stream_lag", "Lag.")),
      lost(impl->stream_family("change_stream_lost_total", "phase", "Lost.")),
      stages(impl->histogram_family("stage_seconds", "stage", "Stages.", kBuckets)),
      age(impl->optional_age("token_age_seconds", "Age.")),
      build(impl->info("build_info", "version", "commit", "Build.")),
      flag(impl->feature_flag("backfill_enabled")) {}
void append() { out.push_back(process_metric("process_open_fds", "Open.", MetricType::Gauge, 1)); }
""",
    "src/pipeline/loop.cpp": """
void f() { m.received.add(2); m.ended.with("success").add(); m.ended.with("failure").add(); m.flag.set(1);
  m.lag.since(x); m.lost.with(y).add(); m.stages.with("read").observe(1); m.age.since({}); m.build.set("1", "2"); }
""",
    "docs/metrics.md": """
| metric | type | labels | meaning |
|---|---|---|---|
| `health_events_exporter_received_total` | counter | | x |
| `health_events_exporter_ended_total` | counter | `status`: `success`, `failure` | x |
| `change_stream_lag_seconds` | gauge | `client`: `a` | x |
| `change_stream_lag_known` | gauge | `client`: `a` | x |
| `change_stream_lost_total` | counter | `client`: `a`; `phase` | x |
| `health_events_exporter_stage_seconds` | histogram | `stage`: `read` | x |
| `health_events_exporter_token_age_seconds` | gauge | | x |
| `health_events_exporter_build_info` | gauge | `version`; `commit` | x |
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

    def test_catches_a_lag_that_nothing_feeds_and_one_without_its_second_row(self):
        self.assertEqual(
            self.problems("src/pipeline/loop.cpp", "m.lag.since(x);", ""),
            [f"src/observability/metrics.cpp: nothing feeds change_stream_lag_{suffix} (handle lag)"
             for suffix in ("seconds", "known")],
        )
        self.assertEqual(
            self.problems("docs/metrics.md", "| `change_stream_lag_known` | gauge | `client`: `a` | x |\n", ""),
            ["docs/metrics.md: no row for change_stream_lag_known"],
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
