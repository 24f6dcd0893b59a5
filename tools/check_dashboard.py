#!/usr/bin/env python3
"""Fails when the dashboard, the alert rules, their tests and docs/operations.md do not agree with docs/metrics.md.

- Every metric that a panel, a variable or a rule asks for has a row in docs/metrics.md, with every label it selects by.
- Every row is on some panel, so that nothing is told that nobody looks at.
- Every alert has a severity, a summary, a description, and a runbook with its section of docs/operations.md; every
  section about an alert is of one that exists; every alert has a case in which it fires and one in which it does not.
- Every panel has a title, a target and a datasource that is a variable, and lies beside the others, not over them.
Reads the rules as text, line by line, because Python has no YAML of its own: promtool checks their form.
Usage: check_dashboard.py [ROOT]
"""
import json
import re
import sys
from pathlib import Path

DASHBOARD, METRICS, OPERATIONS = "deploy/grafana/event-exporter.json", "docs/metrics.md", "docs/operations.md"
RULES, TESTS = "deploy/prometheus/rules.yaml", "deploy/prometheus/rules_test.yaml"
ROW = re.compile(r"^\| `([a-z_]+)` \| (\w+) \|([^|]*)\|", re.MULTILINE)
SELECTOR = re.compile(r"\b((?:health_events_exporter|change_stream|process|nvsentinel)_[a-z_]+)(?:\{([^}]*)\})?")
BY = re.compile(r"\b(?:by|on) \(([^)]*)\)")
# What Prometheus itself gives to a series that it scrapes, and to a bucket.
GIVEN = {"job", "instance", "namespace", "pod", "le"}
ALERT = re.compile(r"^ *- alert: (\w+)\n((?:(?! *- alert:).*\n?)*)", re.MULTILINE)


def documented(root):
    """name -> its labels; a histogram by the names of its series."""
    found = {}
    for name, kind, cell in ROW.findall((root / METRICS).read_text()):
        labels = {words[0] for part in cell.split(";") if (words := re.findall(r"`([^`]+)`", part))}
        for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
            found[name + suffix] = labels
    return found


def bare(series):
    """The metric that a histogram's series belongs to."""
    return re.sub(r"_(bucket|sum|count)$", "", series)


def check_expression(where, expression, known):
    used = set()
    for name, selected in SELECTOR.findall(expression):
        used.add(name)
        if name not in known:
            yield f"{where}: {name} is no metric of {METRICS}"
            continue
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', selected)):
            if label not in known[name] | GIVEN:
                yield f"{where}: {name} has no label {label}"
    labels = set().union(GIVEN, *(known.get(name, set()) for name in used))
    for group in BY.findall(expression):
        for label in re.findall(r"\w+", group):
            if label not in labels:
                yield f"{where}: nothing here has the label {label}"


def overlap(one, other):
    return (one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
            and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"])


def check_dashboard(root, known):
    dashboard = json.loads((root / DASHBOARD).read_text())
    used = set()
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield from check_expression(f"{DASHBOARD}: variable {variable['name']}", variable["definition"], known)
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            continue
        where = f"{DASHBOARD}: panel \"{panel.get('title', '')}\""
        if not panel.get("title") or not panel.get("targets"):
            yield f"{where}: has no title or no target"
        for target in panel.get("targets", []):
            if target["datasource"]["uid"] != "${datasource}":
                yield f"{where}: has a datasource that is no variable"
            yield from check_expression(where, target["expr"], known)
            used |= {name for name, _ in SELECTOR.findall(target["expr"])}
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    for index, place in enumerate(places):
        if place["x"] + place["w"] > 24 or any(overlap(place, other) for other in places[:index]):
            yield f"{DASHBOARD}: panel \"{dashboard['panels'][index]['title']}\" lies over another or beyond the edge"
    for name in sorted(set(map(bare, known)) - set(map(bare, used & set(known)))):
        yield f"{DASHBOARD}: {name} is on no panel"


def check_rules(root, known):
    rules, tests = (root / RULES).read_text(), (root / TESTS).read_text()
    operations = (root / OPERATIONS).read_text()
    alerts = dict(ALERT.findall(rules))
    if not alerts:
        yield f"{RULES}: no alerts found; has its form changed?"
    for name, body in alerts.items():
        where = f"{RULES}: {name}"
        for key in ("severity", "summary", "description", "runbook"):
            if not re.search(rf"^ +{key}: \S", body, re.MULTILINE):
                yield f"{where}: has no {key}"
        if f"{OPERATIONS}#{name.lower()}" not in body:
            yield f"{where}: its runbook does not name {OPERATIONS}#{name.lower()}"
        if not re.search(rf"^#+ {name}$", operations, re.MULTILINE):
            yield f"{OPERATIONS}: has no section {name}"
        expression = re.search(r"expr: \|?((?:.*\n)+?)(?= +(?:for|labels):)", body)
        yield from check_expression(where, expression.group(1) if expression else "", known)
        fires = re.search(rf'ALERTS{{alertname="{name}", alertstate="firing", severity', tests) or re.search(
            rf"alertname: {name}\n(?: +eval_time: \S+\n)? +exp_alerts:\n", tests)
        silent = re.search(rf'ALERTS{{alertname="{name}"[^\n]*exp_samples: \[\]|alertname: {name},[^\n]*exp_alerts: \[\]', tests)
        if not fires or not silent:
            yield f"{TESTS}: {name} needs a case in which it fires and one in which it does not"
    for name in re.findall(r"^#+ (EventExporter\w+)$", operations, re.MULTILINE):
        if name not in alerts:
            yield f"{OPERATIONS}: {name} is no alert of {RULES}"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    known = documented(root)
    problems = [*check_dashboard(root, known), *check_rules(root, known)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("dashboard and alerts: every metric exists, every alert has its section and its tests")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
