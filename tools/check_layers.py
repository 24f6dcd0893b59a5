#!/usr/bin/env python3
"""Checks every #include in src/ against the two tables of src/README.md.

The first table says which folder may include which; the second, who owns which third-party library. Fails on an
include that the tables do not allow, on a row that allows a folder below itself (so there are no cycles), on a folder
that the first table lacks, and on a row without a folder: the map cannot drift from the land. Usage: check_layers.py [ROOT]
"""
import re
import sys
from pathlib import Path

SOURCES = {".h", ".cpp"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
# <vector>, and the C library's <x.h>; C++ code uses <cx> for those, so what is left is POSIX and Linux.
STANDARD = re.compile(r"^[a-z_0-9]+$")


def rows(text, first_header):
    """The body rows of the Markdown table whose first column is named `first_header`, as lists of cells."""
    result, inside = [], False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[0] == first_header:
            inside = True
        elif inside and not set(cells[0]) <= set("-: "):
            result.append(cells)
    return result


def read_layers(text):
    """Folder -> the folders it may include, itself included."""
    layers = {}
    for folder, _, allowed in rows(text, "folder"):
        name = folder.strip("`").rstrip("/")
        # Words in parentheses are not folders; "(everything above)" means what it says.
        named = set(re.sub(r"\(.*?\)", "", allowed).split())
        layers[name] = {name} | named | (set(layers) if "(everything above)" in allowed else set())
    return layers


def read_owners(text):
    """(header prefix, folders that may include it; "*" is everybody), in the order of the table."""
    owners = []
    for _, headers, folders in rows(text, "library"):
        allowed = {word.strip("`/") for word in folders.split()}
        owners += [(prefix.strip("`"), allowed) for prefix in headers.split()]
    return owners


def folder_of(path, layers):
    """The longest folder of the table that `path` (relative to src/) lies in, or None."""
    parts = path.split("/")[:-1]
    for length in range(len(parts), 0, -1):
        if "/".join(parts[:length]) in layers:
            return "/".join(parts[:length])
    return None


def check(root):
    """All problems, as lines for people."""
    src = root / "src"
    text = (src / "README.md").read_text()
    layers, owners = read_layers(text), read_owners(text)
    order, problems = list(layers), []
    if not layers:
        return ["src/README.md: no table that starts with a column 'folder'"]
    for name, allowed in layers.items():
        if not (src / name).is_dir():
            problems.append(f"src/README.md: row for {name}/, but there is no such folder")
        for other in sorted(allowed - {name}):
            if other not in layers:
                problems.append(f"src/README.md: {name}/ may include '{other}', which has no row")
            elif order.index(other) > order.index(name):
                problems.append(f"src/README.md: {name}/ may include {other}/, which stands below it: upward")
    for path in sorted(path for path in src.rglob("*") if path.suffix in SOURCES):
        relative = path.relative_to(src).as_posix()
        where = folder_of(relative, layers)
        if where is None and "/" in relative:
            problems.append(f"src/{relative}: its folder has no row in src/README.md")
            continue
        # Files directly in src/ (main.cpp) may include what the last folder may.
        where = where or order[-1]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            ours, theirs = match.groups()
            place = f"src/{relative}:{number}"
            if ours:
                target = folder_of(ours, layers)
                if target is None:
                    problems.append(f'{place}: "{ours}" is not rooted at a folder of src/README.md')
                elif target not in layers[where]:
                    problems.append(f"{place}: {where}/ may not include {target}/ ({ours})")
            elif not STANDARD.match(theirs):
                owner = next((allowed for prefix, allowed in owners if theirs.startswith(prefix)), None)
                if owner is None:
                    problems.append(f"{place}: <{theirs}> belongs to no library of src/README.md")
                elif "*" not in owner and where not in owner:
                    problems.append(f"{place}: {where}/ may not include <{theirs}>; {', '.join(sorted(owner))} may")
    return problems


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    problems = check(root)
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("layers: every #include in src/ is one that src/README.md allows")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
