import json
import subprocess
import sys
import unittest

from tool_test import ROOT, TreeTest

SOURCE = {"uid": "${datasource}"}
DASHBOARD = {
    "templating": {"list": [{"type": "query", "name": "job", "definition": "label_values(health_events_exporter_up, job)"}]},
    "panels": [
        {"type": "row", "title": "r", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1}},
        {"type": "timeseries", "title": "one", "gridPos": {"x": 0, "y": 1, "w": 12, "h": 8}, "targets": [
            {"datasource": SOURCE, "expr": 'sum by (status) (rate(health_events_exporter_ended_total{job="$job"}[5m]))'}]},
        {"type": "stat", "title": "two", "gridPos": {"x": 12, "y": 1, "w": 12, "h": 8}, "targets": [
            {"datasource": SOURCE, "expr": "health_events_exporter_took_seconds_sum"},
            {"datasource": SOURCE, "expr": 'health_events_exporter_up{instance=~"$instance"}'}]},
    ],
}
TREE = {
    "deploy/grafana/event-exporter.json": json.dumps(DASHBOARD),
    "docs/metrics.md": """
| metric | type | labels | meaning |
|---|---|---|---|
| `health_events_exporter_up` | gauge | | x |
| `health_events_exporter_ended_total` | counter | `status`: `success` | x |
| `health_events_exporter_took_seconds` | histogram | | x |
""",
    "docs/operations.md": "# Operations\n## EventExporterDown\nx\n",
    "deploy/prometheus/rules.yaml": """groups:
  - name: e
    rules:
      - alert: EventExporterDown
        expr: |
          health_events_exporter_up == 0
          and on (job, instance) health_events_exporter_ended_total{status="success"} > 0
        for: 5m
        labels:
          severity: critical
        annotations:
          summary: Down.
          description: Down.
          runbook: Look. docs/operations.md#eventexporterdown
""",
    "deploy/prometheus/rules_test.yaml": """
      - {expr: 'ALERTS{alertname="EventExporterDown"}', eval_time: 1m, exp_samples: []}
      - expr: x
        exp_samples: [{labels: 'ALERTS{alertname="EventExporterDown", alertstate="firing", severity="critical"}', value: 1}]
""",
}
PANELS = "deploy/grafana/event-exporter.json"
RULES = "deploy/prometheus/rules.yaml"


class CheckDashboard(TreeTest):
    def problems(self, name="", old="", new=""):
        if name:
            self.assertIn(old, TREE[name])
        self.write(TREE | ({name: TREE[name].replace(old, new)} if name else {}))
        run = subprocess.run([sys.executable, "-B", ROOT / "tools/check_dashboard.py", self.root],
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode != 0, run.stderr != "")
        return run.stderr.splitlines()

    def test_accepts_a_tree_that_holds(self):
        self.assertEqual(self.problems(), [])

    def test_catches_a_metric_that_does_not_exist(self):
        self.assertEqual(self.problems(PANELS, "took_seconds_sum", "took_seconds"), [
            f'{PANELS}: panel "two": health_events_exporter_took_seconds is no metric of docs/metrics.md',
            f"{PANELS}: health_events_exporter_took_seconds is on no panel"])
        self.assertEqual(self.problems(RULES, "exporter_up", "exporter_alive"), [
            f"{RULES}: EventExporterDown: health_events_exporter_alive is no metric of docs/metrics.md"])

    def test_catches_a_label_that_does_not_exist(self):
        self.assertEqual(self.problems(RULES, "{status=", "{state="), [
            f"{RULES}: EventExporterDown: health_events_exporter_ended_total has no label state"])
        self.assertEqual(self.problems(PANELS, "by (status)", "by (state)"), [
            f'{PANELS}: panel "one": nothing here has the label state'])

    def test_catches_a_metric_that_is_on_no_panel(self):
        row = "| `health_events_exporter_up` | gauge | | x |\n"
        self.assertEqual(self.problems("docs/metrics.md", row, row + row.replace("_up", "_lost_total")), [
            f"{PANELS}: health_events_exporter_lost_total is on no panel"])

    def test_catches_panels_that_lie_over_each_other_or_have_a_fixed_datasource(self):
        self.assertEqual(self.problems(PANELS, '"x": 12', '"x": 11'), [
            f'{PANELS}: panel "two" lies over another or beyond the edge'])
        self.assertEqual(self.problems(PANELS, "${datasource}", "abc"), [
            f'{PANELS}: panel "{name}": has a datasource that is no variable' for name in ("one", "two", "two")])

    def test_catches_an_alert_without_its_section_runbook_or_tests(self):
        self.assertEqual(self.problems("docs/operations.md", "## EventExporterDown", "## EventExporterUp"), [
            "docs/operations.md: has no section EventExporterDown",
            f"docs/operations.md: EventExporterUp is no alert of {RULES}"])
        self.assertEqual(self.problems(RULES, "#eventexporterdown", "#down"), [
            f"{RULES}: EventExporterDown: its runbook does not name docs/operations.md#eventexporterdown"])
        self.assertEqual(self.problems(RULES, "          summary: Down.\n", ""), [
            f"{RULES}: EventExporterDown: has no summary"])
        for case in ("exp_samples: []", 'alertstate="firing"'):
            self.assertEqual(self.problems("deploy/prometheus/rules_test.yaml", case, "x"), [
                "deploy/prometheus/rules_test.yaml: EventExporterDown needs a case in which it fires and one in which it "
                "does not"])


if __name__ == "__main__":
    unittest.main()
