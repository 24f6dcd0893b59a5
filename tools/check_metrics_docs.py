#!/usr/bin/env python3
"""Fails when src/observability/metrics.cpp, docs/metrics.md and the code that feeds the metrics do not agree.

- Every metric has one row in docs/metrics.md with its type and its labels, and every row is a metric.
- Every handle is fed somewhere outside src/observability/.
- Every label value that the code feeds by its name is in the row; where all are fed by name, the row has no others.
Reads the sources as text: handle(impl->kind("name", ...)) in metrics.cpp, `.handle.add(` and the like elsewhere.
Usage: check_metrics_docs.py [ROOT]
"""
import re
import sys
from pathlib import Path

PREFIX = "health_events_exporter_"
SOURCE, DOCS = "src/observability/metrics.cpp", "docs/metrics.md"
# How a handle is made -> its type, and whether the string after its name is a label.
KINDS = {"counter": ("counter", False), "gauge": ("gauge", False), "histogram": ("histogram", False),
         "age": ("gauge", False), "optional_age": ("gauge", False), "optional_gauge": ("gauge", False),
         "family": ("counter", True), "histogram_family": ("histogram", True)}
HANDLE = re.compile(r'(\w+)\(\s*impl->(%s)\(\s*"(\w+)",\s*"((?:[^"\\]|\\.)*)"' % "|".join(KINDS))
# Two gauges each: NAME_seconds and NAME_known.
LAG = re.compile(r'(\w+)\(\s*impl->(stream_)?lag\(\s*"(\w+)"')
STREAM = re.compile(r'(\w+)\(\s*impl->stream_family\(\s*"(\w+)",\s*"(\w+)"')
INFO = re.compile(r'(\w+)\(\s*impl->info\(\s*"(\w+)",\s*"(\w+)",\s*"(\w+)"')
FLAG = re.compile(r'(\w+)\(\s*impl->feature_flag\(\s*"(\w+)"\)')
PROCESS = re.compile(r'process_metric\(\s*"(\w+)",\s*"[^"]*",\s*MetricType::(\w+)')
ROW = re.compile(r"^\| `([a-z_]+)` \| (\w+) \|([^|]*)\|", re.MULTILINE)


def metrics(text):
    """name -> (handle or None, type, label names)"""
    found = {}
    for handle, kind, name, second in HANDLE.findall(text):
        shown, labelled = KINDS[kind]
        found[PREFIX + name] = (handle, shown, [second] if labelled else [])
    for handle, stream, name in LAG.findall(text):
        for suffix in ("_seconds", "_known"):
            found[("" if stream else PREFIX) + name + suffix] = (handle, "gauge", ["client"] if stream else [])
    for handle, name, label in STREAM.findall(text):
        found[name] = (handle, "counter", ["client", label])
    for handle, name, *labels in INFO.findall(text):
        found[PREFIX + name] = (handle, "gauge", labels)
    for handle, _ in FLAG.findall(text):
        found["nvsentinel_feature_flag_enabled"] = (handle, "gauge", ["service", "flag"])
    for name, kind in PROCESS.findall(text):
        found[name] = (None, kind.lower(), [])
    return found


def labels_of(cell):
    """The cell `status`: `success`, `failure` -> (names, values)."""
    names, values = [], set()
    for part in cell.split(";"):
        words = re.findall(r"`([^`]+)`", part)
        names += words[:1]
        values |= set(words[1:])
    return names, values


def check_feeding(handle, sources, values, name):
    if not any(re.search(rf"\b{handle}\s*\.\s*(add|set|observe|with|since)\(", text) for text in sources):
        yield f"{SOURCE}: nothing feeds {name} (handle {handle})"
    calls = [call for text in sources for call in re.findall(rf'\b{handle}\s*\.\s*with\(("?[^)"]*)', text)]
    literal = {call[1:] for call in calls if call.startswith('"')}
    for value in sorted(literal - values):
        yield f'{DOCS}: {name} is fed with "{value}", which its row does not name'
    if calls and len(literal) == len(set(calls)):
        for value in sorted(values - literal):
            yield f'{DOCS}: nothing feeds {name} with "{value}"'


def check(root):
    known = metrics((root / SOURCE).read_text())
    rows = ROW.findall((root / DOCS).read_text())
    sources = [path.read_text() for path in sorted((root / "src").rglob("*.cpp")) if "observability" not in path.parts]
    documented = {name: (kind, labels_of(cell)) for name, kind, cell in rows}
    if not known:
        yield f"{SOURCE}: no metrics found; has its form changed?"
    for name, (handle, kind, labels) in known.items():
        if name not in documented:
            yield f"{DOCS}: no row for {name}"
            continue
        row_kind, (row_labels, values) = documented[name]
        if (row_kind, row_labels) != (kind, labels):
            yield f"{DOCS}: {name} is a {row_kind} with labels {row_labels}, but the code has a {kind} with {labels}"
        if handle is not None:
            yield from check_feeding(handle, sources, values, name)
    for name in documented:
        if name not in known:
            yield f"{DOCS}: {name} is no metric of {SOURCE}"
    for name in sorted({name for name, _, _ in rows if [row[0] for row in rows].count(name) > 1}):
        yield f"{DOCS}: {name} has more than one row"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    problems = list(check(root))
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("metrics: documented, and all of them fed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
