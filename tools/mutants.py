#!/usr/bin/env python3
"""Plants bugs, one at a time, and looks whether the simulation sees them: mutants.py [--seeds N] [NAME...]

Each bug is a small replacement in a copy of the tree under build/mutants, so the tree itself is never touched. The copy
is built and its simulation run; a bug that no seed shows has survived, and the checkers of tests/simulation/ (or the
unit tests, for the bugs that name one) are to be improved. A replacement whose text does not stand in the file exactly
once is an error: the list is to be kept in step with the code. Prints a table; exits 1 when a bug survived.
"""
import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / "build" / "mutants" / "tree"
BUILD = ROOT / "build" / "mutants" / "build"
COPIED = ["CMakeLists.txt", "cmake", "src", "tests"]
SECONDS = 120  # for one run; a program that goes round in circles is caught as well


class Bug:
    """`test`: (program, filter) of the unit test that sees what the simulation cannot."""

    def __init__(self, name, path, old, new, test=None):
        self.name, self.path, self.old, self.new, self.test = name, "src/" + path, old, new, test


TABLE = "dispatch/error_table.cpp"
GATE = "dispatch/gate.cpp"
LANES = "dispatch/lanes.cpp"
LEDGER = "ack/ledger.cpp"
HEART = "pipeline/heart.cpp"
ANSWERS = "pipeline/heart_answers.cpp"
READER = "pipeline/reader.cpp"

BUGS = [
    Bug("redirect settles", TABLE, 'return {Verdict::sink_problem, "the sink redirects',
        'return {Verdict::accepted, "the sink redirects'),
    Bug("5xx settles", TABLE, 'return {Verdict::retry, "the sink is failing"}',
        'return {Verdict::accepted, "the sink is failing"}'),
    Bug("time-out settles", TABLE, "return {Verdict::retry, event::to_string(answer.failure)}",
        "return {Verdict::accepted, event::to_string(answer.failure)}"),
    Bug("404 blames the event", TABLE, "{404, Verdict::sink_problem", "{404, Verdict::refused"),
    Bug("409 blames the event", TABLE, "{409, Verdict::accepted", "{409, Verdict::refused"),
    Bug("400 settles", TABLE, 'return {Verdict::refused, "the sink does not take',
        'return {Verdict::accepted, "the sink does not take'),
    Bug("401 without a new token", TABLE, "{401, Verdict::refresh", "{401, Verdict::retry"),
    Bug("Retry-After without ceiling", TABLE, "error != std::errc() || seconds > kRetryAfterCeiling / 1s",
        "error != std::errc()"),
    Bug("date of Retry-After ignored", TABLE, "  return date ? std::optional<Duration>(",
        "  return false ? std::optional<Duration>("),
    Bug("gate never shuts", GATE, "  shut_ = true;\n", "  shut_ = false;\n"),
    Bug("gate never opens", GATE, "  shut_ = false;\n  return was_shut;", "  return was_shut;"),
    Bug("probes without a wait", GATE, "return !probe_ && now >= probe_at_ ?", "return !probe_ ?"),
    Bug("several probes at once", GATE, "return !probe_ && now >= probe_at_ ?", "return now >= probe_at_ ?"),
    Bug("end of a probe forgotten", GATE, "  probe_.reset();\n  probe_wait_ = std::min", "  probe_wait_ = std::min"),
    Bug("held gate lets through", GATE, "if (held_until_ && now < *held_until_) {",
        "if (shut_ && held_until_ && now < *held_until_) {"),
    Bug("held gate stays so", GATE, "  held_until_.reset();\n", ""),
    Bug("lane goes on during a retry", LANES, "(lane.relaxed || lane.out == 0)", "(lane.relaxed || lane.out < 2)"),
    Bug("retry forgotten", LANES, "{ resumed_.push_back(ticket); }", "{ static_cast<void>(ticket); }"),
    Bug("reused lane stays relaxed", LANES, "  lanes_[lane].relaxed = options_.ordering == Ordering::none;\n",
        "  lanes_[lane].relaxed = lanes_[lane].relaxed || options_.ordering == Ordering::none;\n"),
    Bug("strict lanes relax", LANES, "if (options_.ordering == Ordering::node && options_.relax_after > 0",
        "if (options_.relax_after > 0"),
    Bug("lane relaxes one too early", LANES, "lane.waiting > options_.relax_after",
        "lane.waiting + 1 > options_.relax_after"),
    Bug("refused event never comes back", LANES, "  ++lane.waiting;\n  ++lane.returned;\n  consider(id);",
        "  consider(id);"),
    Bug("refused event hides others", LANES, "  ++lane.returned;\n", "",
        ("dispatch_test", "Lanes.AnEventThatComesBack*")),
    Bug("position one too far", LEDGER, "return oldest_ == kNone ? last_ : slots_[oldest_].before;",
        "return last_;"),
    Bug("late answer settles the next owner", LEDGER, "  ++slot.generation;\n", ""),
    Bug("ledger loses a neighbour", LEDGER, "    oldest_ = slot.next;\n", "    oldest_ = newest_;\n"),
    Bug("mark of the wrong event", LEDGER, "slot.before = std::exchange(last_, std::move(after));",
        "slot.before = last_ = std::move(after);"),
    Bug("recovery loses a retry", "dispatch/retry_queue.h", "for (; !waiting.empty(); waiting.pop())",
        "for (; waiting.size() > 1; waiting.pop())"),
    Bug("latest retry first", "dispatch/retry_queue.h", "due > other.due : order", "due < other.due : order",
        ("dispatch_test", "RetryQueue.*")),
    Bug("failed save taken for saved", "checkpoint/checkpointer.cpp", "  if (ok) {\n", "  if (ok || saving_) {\n"),
    Bug("two saves at once", "checkpoint/checkpointer.h", "return !saving_ && (", "return ("),
    Bug("failed save not repeated", HEART, "  unsaved_ = unsaved_ || !ok;\n", ""),
    Bug("drain forgets the last save", HEART, "in_flight_ == 0 && !unsaved_ && !checkpointer_.saving();",
        "in_flight_ == 0;"),
    Bug("letter settles before it is stored", HEART, "  if (ok) {\n    settle(ticket);",
        "  if (ok || true) {\n    settle(ticket);"),
    Bug("failed letter forgotten", HEART, "    letter_retries_.add(ticket, after(now, kLetterRetry));\n", ""),
    Bug("401 repeated for ever", ANSWERS, "if (std::exchange(current.refreshed, true)) {",
        "if (std::exchange(current.refreshed, false)) {"),
    Bug("Retry-After ignored", ANSWERS, "if (ruling.verdict == Verdict::retry && answer.retry_after) {",
        "if (ruling.verdict == Verdict::refused && answer.retry_after) {"),
    Bug("refused without evidence", ANSWERS, "return last_accepted_ && !gate_.shut() &&", "return !gate_.shut() ||"),
    Bug("exhausted in an outage", ANSWERS,
        "return !gate_.shut() && !doubt_ && accepted_ > failed.accepted_at_first_failure &&", "return"),
    Bug("one request too many", HEART, "while (in_flight_ < options_.workers) {",
        "while (in_flight_ <= options_.workers) {"),
    Bug("bytes never given back", HEART, "  bytes_ -= done.event.weight();\n", ""),
    Bug("sends after the stop", HEART, "if (stopping_ || !generation_) {", "if (!generation_) {"),
    Bug("history saved as done", HEART, "    current.backfill.state = ports::Backfill::State::running;\n",
        "    current.backfill.state = ports::Backfill::State::done;\n"),
    Bug("second answer taken", HEART, "if (!ledger_.is_open(ticket) || !record(ticket).in_flight) {",
        "if (!ledger_.is_open(ticket)) {", ("pipeline_test", "HeartTest.ASecond*")),
    Bug("healing without a margin", READER, "watermark_ - options_.healing_margin", "watermark_"),
    Bug("position stands still", READER, "    position_ = batch.end.position;\n", ""),
    Bug("seam at the old position", READER, "  position_ = *resume_;\n", ""),
    Bug("page's cursor at its beginning", READER, "batch.events.back().after.position.token)",
        "batch.events.front().after.position.token)"),
    Bug("cursor stands still", "backfill/backfill.h", "    cursor_ = std::move(cursor);\n", ""),
    Bug("rate of the backfill ignored", "backfill/pace.h",
        "return std::min(wanted, static_cast<std::size_t>(tokens_));", "return wanted;",
        ("backfill_test", "Pace.*")),
]


def run(command, **kwargs):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kwargs)


def prepare():
    """A fresh copy, with the times of the originals, so that only what changed is built."""
    TREE.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        target = TREE / name
        if target.is_dir():
            shutil.rmtree(target)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, target)
    configured = run(["cmake", "-G", "Ninja", "-S", str(TREE), "-B", str(BUILD), "-DCMAKE_BUILD_TYPE=Debug",
                      "-DCMAKE_CXX_COMPILER=g++", "-DCMAKE_CXX_FLAGS_DEBUG=-O1",
                      "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", "-DEXPORTER_WERROR=OFF"])
    if configured.returncode != 0:
        sys.exit(configured.stdout)


def build(target):
    environment = {**os.environ, "CCACHE_BASEDIR": str(TREE), "CCACHE_NOHASHDIR": "1"}
    return run(["ninja", "-C", str(BUILD), target], env=environment)


def plant(bug):
    """The file's text with the bug in it."""
    text = (TREE / bug.path).read_text()
    count = text.count(bug.old)
    if count != 1:
        sys.exit(f"{bug.name}: the text to replace stands {count} times in {bug.path}: {bug.old!r}")
    return text, text.replace(bug.old, bug.new)


def judge(bug, seeds):
    """(caught, how)"""
    target, filter_ = bug.test or ("simulation_run", None)
    built = build(target)
    if built.returncode != 0:
        sys.exit(f"{bug.name}: does not compile\n{built.stdout[-3000:]}")
    command = [str(BUILD / target)] + ([f"--gtest_filter={filter_}"] if filter_ else ["--seeds", str(seeds)])
    try:
        done = run(command, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return True, f"no end within {SECONDS} s"
    if filter_:
        if "Running 0 tests" in done.stdout:
            sys.exit(f"{bug.name}: there is no test {filter_}")
        return done.returncode != 0, filter_
    telling = [line for line in done.stdout.splitlines() if "breaks a promise" in line or "check failed" in line]
    return done.returncode != 0, (telling or done.stdout.strip().splitlines()[-1:] or ["no output"])[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3000)
    parser.add_argument("names", nargs="*", help="only bugs whose name contains one of these")
    arguments = parser.parse_args()
    began = time.monotonic()
    prepare()
    chosen = [bug for bug in BUGS if not arguments.names or any(name in bug.name for name in arguments.names)]
    for bug in chosen:
        plant(bug)
    built = build("simulation_run")
    if built.returncode != 0:
        sys.exit(built.stdout[-3000:])
    survivors = []
    for bug in chosen:
        whole, broken = plant(bug)
        (TREE / bug.path).write_text(broken)
        try:
            caught, how = judge(bug, arguments.seeds)
        finally:
            (TREE / bug.path).write_text(whole)
        if not caught:
            survivors.append(bug.name)
        print(f"{'caught  ' if caught else 'SURVIVED'}  {bug.name:36} {how[:110]}", flush=True)
    minutes = (time.monotonic() - began) / 60
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} bugs caught in {minutes:.0f} minutes")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
