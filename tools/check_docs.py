#!/usr/bin/env python3
"""Checks what the documents say against the tree.

- docs/guarantees.md: every test named there (`Suite.Name`, `Class.test_name`) exists under tests/.
- Markdown: every relative link and its #anchor resolves; every path in backticks that starts with one of our folders
  exists.
- docs/adr/: records are numbered without gaps and listed in docs/adr/README.md.
- No file speaks of places or papers that a reader cannot open.
Usage: check_docs.py [ROOT]
"""
import re
import sys
from pathlib import Path

SKIPPED = {".git", "build", ".cache", "__pycache__", "corpus"}
FOLDERS = "src tests tools docs scripts config deploy examples fuzz bench cmake changelog.d".split()
TEST_NAME = re.compile(r"`([A-Z]\w+)\.([A-Z]\w+|test_\w+)`")
TEST_CASE = re.compile(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE)
PYTHON_CLASS = re.compile(r"^class (\w+)\b.*:\s*$((?:\n(?:[ \t].*)?)*)", re.MULTILINE)
PYTHON_TEST = re.compile(r"^    def (test_\w+)\(", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:" + "|".join(map(re.escape, FOLDERS)) + r")/[\w./-]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# Spelt in pieces, so that this file is not its own finding.
FORBIDDEN = ["../" + "shared", "shared/" + "golden", "shared/" + "reference", "/wo" + "rk/", "issue" + " #", "TO" + "DO"]


def files(root):
    for path in sorted(root.rglob("*")):
        if path.is_file() and not SKIPPED & set(path.relative_to(root).parts):
            yield path


def anchors(text):
    """The anchors of a Markdown file's headings, as the usual renderers make them."""
    headings = re.findall(r"^#+\s+(.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def check_guarantees(root):
    known = set()
    for path in (root / "tests").rglob("*.cpp"):
        known |= set(TEST_CASE.findall(path.read_text()))
    for path in (root / "tests").rglob("*.py"):
        for name, body in PYTHON_CLASS.findall(path.read_text()):
            known |= {(name, test) for test in PYTHON_TEST.findall(body)}
    path = root / "docs/guarantees.md"
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for suite, name in TEST_NAME.findall(line):
            if (suite, name) not in known:
                yield f"docs/guarantees.md:{number}: there is no test {suite}.{name}"


def check_markdown(root):
    for path in files(root):
        if path.suffix != ".md":
            continue
        relative, text = path.relative_to(root), FENCE.sub("", path.read_text())
        for target in LINK.findall(text):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            other = (path.parent / name).resolve() if name else path
            if not other.exists():
                yield f"{relative}: the link {target} leads nowhere"
            elif anchor and other.suffix == ".md" and anchor not in anchors(other.read_text()):
                yield f"{relative}: {target}: there is no such heading"
        for target in PATH.findall(text):
            if not (root / target).exists():
                yield f"{relative}: there is no {target}"


def check_decisions(root):
    folder = root / "docs/adr"
    index = (folder / "README.md").read_text()
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    for expected, name in enumerate(records, 1):
        if not re.fullmatch(rf"{expected:04d}-[a-z0-9-]+\.md", name):
            yield f"docs/adr/{name}: expected {expected:04d}-some-title.md"
        if f"({name})" not in index:
            yield f"docs/adr/README.md: does not list {name}"


def check_words(root):
    for path in files(root):
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for word in FORBIDDEN:
                if word in line:
                    yield f"{path.relative_to(root)}:{number}: says '{word}'"


def main():
    root = (Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent).resolve()
    checks = [check_guarantees, check_markdown, check_decisions, check_words]
    problems = [problem for check in checks for problem in check(root)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("docs: links, test names, paths and decisions hold")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
