"""What the seeded runs on each datastore share: which seeds, the world that a seed stands for, the line printed for it.

EXPORTER_SEEDS and EXPORTER_FIRST_SEED say which seeds; `make fault SEED=17` runs one of them alone. What a seed draws
is always the same; what the machine makes of it differs a little each time, since the kills fall into real work.
"""
import os
import random
import statistics
import time
from dataclasses import dataclass, field

from support import wait_until


def seeds(default):
    """The seeds to run; the first `default` ones when nothing is said."""
    first = int(os.environ.get("EXPORTER_FIRST_SEED", "1"))
    return range(first, first + int(os.environ.get("EXPORTER_SEEDS", default)))


@dataclass
class Kill:
    arrived: int | None  # it comes when so many events have arrived; None: during the start
    pause: float  # seconds after that


@dataclass
class World:
    seed: int
    chance: random.Random = field(init=False)

    def __post_init__(self):
        self.chance = chance = random.Random(self.seed)
        self.nodes = chance.choice((1, 4, 16, 64))
        self.workers = chance.choice((1, 2, 4, 8, 16))
        # What so many requests at once carry in about a second.
        most = 150 + 100 * min(self.nodes, self.workers, 6)
        self.backlog = chance.randrange(50, most)
        self.live = chance.choice((0, chance.randrange(50, most)))
        self.rate = chance.choice((500, 1000, 2000))  # of the live events, a second
        self.settings = {
            "checkpoint__interval": f"{chance.choice((20, 100, 300))}ms",
            "delivery__ordering": chance.choice(("node", "node", "strict")),
            "failure_handling__initial_backoff": "5ms",
            "failure_handling__max_backoff": "50ms",
        }
        moments = sorted(chance.randrange(1, self.backlog + self.live) for _ in range(chance.randrange(1, 5)))
        self.kills = [Kill(moment, chance.uniform(0, 0.03)) for moment in moments]
        if chance.random() < 0.3:
            self.kills.insert(0, Kill(None, chance.uniform(0, 0.08)))
        # Drawn for the time before each kill, and for the rest.
        self.faults = [self.draw_faults() for _ in range(len(self.kills) + 1)]

    @property
    def events(self):
        return self.backlog + self.live

    def draw_faults(self):
        """The lab sink's faults, as its page /faults takes them."""
        chance = self.chance
        faults = {"delayMs": chance.choice((0, 1, 3)), "jitterMs": chance.choice((0, 2, 8)), "statusRates": {},
                  "cutRate": 0}
        kind = chance.choice(("well", "well", "busy", "cuts", "both"))
        if kind in ("busy", "both"):
            faults["statusRates"] = {"503": round(chance.uniform(0.01, 0.2), 3), "429": 0.02}
        if kind in ("cuts", "both"):
            faults["cutRate"] = round(chance.uniform(0.005, 0.05), 3)
        return faults


class SeededRuns:
    """For a test case: each seed has a folder of its own, and ends what it started. It brings begin_seed() and run_seed()."""

    def run_seeds(self, store, default):
        results, asked = Results(store), seeds(default)
        base = self.folder
        for seed in asked:
            with self.subTest(repeat=f"make fault SEED={seed}"):
                self.folder = base / f"seed-{seed}"
                self.folder.mkdir()
                self.begin_seed()
                try:
                    self.run_seed(World(seed), results)
                finally:
                    self.end_processes()
                    self.processes.clear()
        results.print_summary(len(asked))

    def kill_again_and_again(self, world, sink, start_exporter):
        """Until the last kill: the live feeder, if it has begun, and how many duplicates the kills allow."""
        live, allowed = None, 0
        for kill, faults in zip(world.kills, world.faults):
            sink.post("/faults", **faults)
            exporter = start_exporter()
            if kill.arrived is not None:
                if live is None and kill.arrived > world.backlog // 2:
                    live = self.start_live(world)
                self.wait_for(sink, kill.arrived, exporter)
            time.sleep(kill.pause)
            exporter.kill()
            allowed += self.may_come_again(sink) + world.workers
        return live, allowed

    @staticmethod
    def wait_for(sink, events, exporter):
        wait_until(lambda: sink.audit()["distinctIds"] >= events or exporter.must_run(), f"{events} events at the sink",
                   seconds=60)


class Results:
    """Counts what the runs did, and prints a line for each."""

    def __init__(self, store):
        self.store = store
        self.duplicates = []
        self.kills = self.events = 0
        self.start = time.monotonic()

    def add(self, world, audit, allowed, seconds):
        self.duplicates.append(audit["duplicates"])
        self.kills += len(world.kills)
        self.events += world.events
        failed = {status: count for status, count in audit["statuses"].items() if status != "202"}
        print(f"{self.store} seed {world.seed}: {world.events} events, {world.nodes} nodes, {world.workers} workers, "
              f"{len(world.kills)} kills, answers but 202 {failed}: gaps 0, duplicates {audit['duplicates']} "
              f"(of at most {allowed}), {seconds:.1f} s", flush=True)

    def print_summary(self, asked):
        done = len(self.duplicates)
        print(f"{self.store}: {done} of {asked} runs passed, {self.kills} kills, {self.events} events, "
              f"{time.monotonic() - self.start:.0f} s")
        if done:
            print(f"{self.store}: duplicates a run: median {statistics.median(self.duplicates):g}, max "
                  f"{max(self.duplicates)}; gaps {0 if done == asked else 'see the failed seeds'}", flush=True)
