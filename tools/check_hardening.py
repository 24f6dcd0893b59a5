#!/usr/bin/env python3
"""Checks that programs and libraries have the hardening of cmake/Options.cmake. Prints a line for each property.

Read from the file itself, by readelf of binutils: headers, imported symbols, and code. What only the compiler knows is
read from the options that it recorded with the debug information, for every source file; of a stripped file that part
is "not visible". Exits 1 and names what is missing. The jump targets of CET are looked for on x86-64 alone.
Usage: check_hardening.py BINARY...
"""
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

OK, MISSING, NOT_VISIBLE = "ok", "MISSING", "not visible"
# What gcc and clang put into DW_AT_producer; clang does so only with -grecord-command-line.
PRODUCER = re.compile(rb"GNU C[^\0]* -[^\0]*")
# Each with what takes it back; the last one counts.
OPTIONS = {"-fstack-protector-strong": "-fno-stack-protector",
           "-fstack-clash-protection": "-fno-stack-clash-protection"}
# With _FORTIFY_SOURCE calls of these are always checked; pointers to them are not (std::to_string takes one). Others,
# as memcpy, are left as they are where the target's size is not known.
ALWAYS_FORTIFIED = {"printf", "fprintf", "sprintf", "snprintf", "vprintf", "vfprintf", "vsprintf", "vsnprintf"}
ENDBR64 = bytes.fromhex("f30f1efa")
# Functions that nobody calls through a pointer need no jump target; about a third of ours.
LEAST_SHARE = 0.4


class Elf:
    """What readelf says of a file. Raises OSError or ValueError for what is none."""

    def __init__(self, path):
        self.bytes = Path(path).read_bytes()
        if self.bytes[:4] != b"\x7fELF":
            raise ValueError("is no ELF file")
        done = subprocess.run(
            ["readelf", "--wide", "--headers", "--dynamic", "--dyn-syms", path],
            capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"})
        if done.returncode != 0:
            raise ValueError(f"cannot be read: {done.stderr.strip()}")
        self.text = done.stdout
        self.is_x86_64 = "X86-64" in self.text
        self.imports = set(re.findall(r" UND ([^@\s]+)", self.text))
        self.sections = {name: (int(address, 16), int(offset, 16), int(size, 16)) for name, address, offset, size in
                         re.findall(r"\] (\.\S+)\s+\S+\s+([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)", self.text)}
        # (type, flags) of each segment: "LOAD 0x000000 0x... 0x... 0x000238 0x000238 R E 0x1000"
        self.segments = re.findall(r"^ +([A-Z_]+) +0x\w+ 0x\w+ 0x\w+ 0x\w+ 0x\w+ ([RWE ]{3})", self.text, re.MULTILINE)

    def section(self, name):
        _, offset, size = self.sections.get(name, (0, 0, 0))
        return self.bytes[offset:offset + size]

    def dynamic(self, tag):
        return " ".join(re.findall(rf"\({tag}\) +(.*)", self.text))

    def function_starts(self):
        """Offsets in .text of all functions, from the table by which exceptions find them."""
        address = self.sections.get(".eh_frame_hdr", (0, 0, 0))[0]
        table = self.section(".eh_frame_hdr")
        # Version 1; counts of 4 bytes; entries of twice 4 bytes, relative to the table. What every linker here writes.
        if len(table) < 12 or table[0] != 1 or table[2] != 0x03 or table[3] != 0x3B:
            return []
        text, _, size = self.sections[".text"]
        count, = struct.unpack_from("<I", table, 8)
        starts = (address + start - text for start, _ in struct.iter_unpack("<ii", table[12:12 + 8 * count]))
        return [start for start in starts if 0 <= start < size]


def position_independent(elf):
    """It lies at another address each time."""
    if "Type:                              DYN" not in elf.text or elf.dynamic("TEXTREL"):
        return MISSING, "not position independent"
    # A program says which kind it is; without a name for a loader it is a library.
    return (OK if ("INTERP", "R  ") not in elf.segments or "PIE" in elf.dynamic("FLAGS_1") else MISSING), ""


def relro(elf):
    """What the loader fills in is read-only afterwards, all of it."""
    if not any(kind == "GNU_RELRO" for kind, _ in elf.segments):
        return MISSING, "no RELRO segment"
    now = "BIND_NOW" in elf.dynamic("FLAGS") or "NOW" in elf.dynamic("FLAGS_1") or "(BIND_NOW)" in elf.text
    return (OK, "") if now else (MISSING, "partial: bound when first called (-z now)")


def no_executable_stack(elf):
    """The stack holds no code."""
    flags = [flags for kind, flags in elf.segments if kind == "GNU_STACK"]
    return (OK, "") if flags and all("E" not in flag for flag in flags) else (MISSING, "")


def no_writable_code(elf):
    """No memory is both writable and executable."""
    both = any(kind == "LOAD" and "W" in flags and "E" in flags for kind, flags in elf.segments)
    return (MISSING if both else OK), ""


def stack_protector(elf):
    """A function whose arrays overflow ends the process before it returns."""
    return (OK, "") if "__stack_chk_fail" in elf.imports else (MISSING, "imports no __stack_chk_fail")


def fortify(elf):
    """Functions of the C library know how large their target is."""
    checked = sum(re.fullmatch(r"__(?!stack)\w+_chk", name) is not None for name in elf.imports)
    unchecked = sorted(ALWAYS_FORTIFIED & elf.imports)
    if checked:
        return OK, f"{checked} functions"
    if unchecked:
        return MISSING, f"imports {', '.join(unchecked)}"
    return NOT_VISIBLE, "imports none that is always checked"


def library_assertions(elf):
    """Containers check their indexes."""
    return (OK, "") if any("__glibcxx_assert_fail" in name for name in elf.imports) else (MISSING, "")


def compiler_options(elf):
    """Every source file was compiled with the options that leave no other mark."""
    producers = set(PRODUCER.findall(elf.section(".debug_str")))
    if not producers:
        return NOT_VISIBLE, "no debug information"
    lacking = sorted({option for option, opposite in OPTIONS.items() for producer in producers
                      if option not in [word for word in producer.decode().split() if word in (option, opposite)][-1:]})
    return (MISSING, f"sources compiled without {', '.join(lacking)}") if lacking else (OK, " ".join(OPTIONS))


def jump_targets(elf):
    """Functions that can be called through a pointer begin with a mark for it (CET)."""
    if not elf.is_x86_64:
        return OK, "x86-64 only"
    text, starts = elf.section(".text"), elf.function_starts()
    if not starts:
        return NOT_VISIBLE, "no table of functions"
    marked = sum(text.startswith(ENDBR64, start) for start in starts)
    return (OK if marked >= LEAST_SHARE * len(starts) else MISSING), f"{marked} of {len(starts)} functions"


PROPERTIES = {
    "position independent": position_independent,
    "full RELRO": relro,
    "stack not executable": no_executable_stack,
    "no writable code": no_writable_code,
    "stack protector": stack_protector,
    "fortified C library": fortify,
    "assertions of libstdc++": library_assertions,
    "compiler options": compiler_options,
    "jump targets of CET": jump_targets,
}


def main():
    if len(sys.argv) < 2:
        print(__doc__.strip().splitlines()[-1], file=sys.stderr)
        return 2
    problems = []
    for path in sys.argv[1:]:
        try:
            elf = Elf(path)
        except (OSError, ValueError) as error:
            problems.append(f"{path}: {error}")
            continue
        print(path)
        for name, look in PROPERTIES.items():
            state, remark = look(elf)
            print(f"  {name:24} {state}{': ' + remark if remark else ''}")
            if state == MISSING:
                problems.append(f"{path}: missing: {name}{' (' + remark + ')' if remark else ''}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
