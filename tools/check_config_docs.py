#!/usr/bin/env python3
"""Fails when src/config/keys.cpp, docs/configuration.md and the example file do not speak of the same settings.

Reads keys.cpp as text: each row of its tables starts with {"name", "type", "default", or {"NAME",
"""

import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEYS = ROOT / "src/config/keys.cpp"
FLAGS = ROOT / "src/cli/run_flags.cpp"
DOCS = ROOT / "docs/configuration.md"
EXAMPLE = ROOT / "config/event-exporter.example.toml"

ROW = re.compile(r'\{"(exporter\.[a-z_.]+)",\s*"([^"]*)",\s*"((?:[^"\\]|\\.)*)",')
VARIABLE = re.compile(r'^\s*\{"([A-Z][A-Z_]+)",', re.MULTILINE)
FLAG = re.compile(r'arguments\.option\("([a-z-]+)"')


def flatten(table, prefix=""):
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from flatten(value, name + ".")
        else:
            yield name


def check_docs(keys, variables, flags):
    text = DOCS.read_text()
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    rows = {}
    for line in prose.splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `exporter.") and len(cells) >= 4:
            rows[cells[0]] = (cells[1], cells[2])
    for name, described in keys.items():
        if name not in rows:
            yield f"{DOCS}: no row for {name}"
        elif rows[name] != described:
            yield f"{DOCS}: {name} is {rows[name]}, but keys.cpp says {described}"
    tables = {name.rsplit(".", 1)[0] for name in keys}
    for name in sorted(set(re.findall(r"`(exporter\.[a-z_.]+)`", prose))):
        if name not in keys and name not in tables:
            yield f"{DOCS}: {name} is unknown to keys.cpp"
    for name in variables:
        if f"| `{name}` |" not in prose:
            yield f"{DOCS}: no row for the variable {name}"
    for name in flags:
        if f"| `--{name}` |" not in prose:
            yield f"{DOCS}: no row for the flag --{name}"


def check_example(keys):
    text = EXAMPLE.read_text()
    found = set(flatten(tomllib.loads(text)))
    for name in keys:
        if name not in found:
            yield f"{EXAMPLE}: {name} is missing"
    for name in sorted(found):
        if name not in keys and not name.startswith("exporter.metadata."):
            yield f"{EXAMPLE}: {name} is unknown to keys.cpp"
    lines = text.splitlines()
    for number, line in enumerate(lines):
        is_key = re.match(r"[a-z_]+ *=", line)
        if is_key and not lines[number - 1].startswith("#") and "metadata" not in section(lines, number):
            yield f"{EXAMPLE}:{number + 1}: no comment above the key"


def section(lines, number):
    return next((line for line in reversed(lines[:number]) if line.startswith("[")), "")


def main():
    source = KEYS.read_text()
    keys = {name: (kind, default.replace('\\"', '"')) for name, kind, default in ROW.findall(source)}
    variables = VARIABLE.findall(source)
    flags = FLAG.findall(FLAGS.read_text())
    problems = []
    for what, found in (("keys", keys), ("variables", variables), ("flags", flags)):
        if not found:
            problems.append(f"{KEYS}: no {what} found; has the form of the tables changed?")
    problems += [*check_docs(keys, variables, flags), *check_example(keys)]
    for problem in problems:
        print(problem.replace(f"{ROOT}/", ""))
    if not problems:
        print(f"{len(keys)} keys, {len(variables)} variables, {len(flags)} flags: documented and in the example")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
