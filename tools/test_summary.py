#!/usr/bin/env python3
"""Counts test cases of one ctest run: prints "PASSED FAILED SKIPPED".

Usage: test_summary.py JUNIT_XML GTEST_XML_FOLDER
ctest knows one entry per test program; the programs' own reports say how many cases each had. A program that failed
without a failed case (crash, timeout) counts as one failure, and one without a report of its own as one case.
"""
import sys
import xml.etree.ElementTree as xml
from pathlib import Path


def count_cases(report):
    """(passed, failed, skipped) of one GoogleTest report."""
    passed = failed = skipped = 0
    for case in xml.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("result") == "skipped":
            skipped += 1
        elif case.get("status") == "run":
            passed += 1
    return passed, failed, skipped


def count_run(junit, folder):
    passed = failed = skipped = 0
    for entry in xml.parse(junit).getroot().iter("testcase"):
        bad = entry.get("status") == "fail" or entry.find("failure") is not None
        off = entry.get("status") in ("notrun", "disabled") or entry.find("skipped") is not None
        report = Path(folder) / f"{entry.get('name')}.xml"
        cases = (0, 0, 0)
        if report.exists() and report.stat().st_size:
            cases = count_cases(report)
        elif not bad:
            cases = (0, 0, 1) if off else (1, 0, 0)
        passed, failed, skipped = passed + cases[0], failed + cases[1], skipped + cases[2]
        if bad and cases[1] == 0:
            failed += 1
    return passed, failed, skipped


if __name__ == "__main__":
    print(*count_run(sys.argv[1], sys.argv[2]))
