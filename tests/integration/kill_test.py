"""kill -9, ten times, while a backlog is sent and further events are stored."""
import random
import time

from support import BINARY, Exporter, IntegrationTest, LabSink, Process, main

BACKLOG = 3000
LIVE = 2000
KILLS = 10
SEED = 20260101


class Kill(IntegrationTest):
    def test_ten_kills_lose_nothing_and_duplicates_keep_their_ids_and_order(self):
        chance = random.Random(SEED)
        self.generate(BACKLOG, "--nodes", 64)
        sink = LabSink(self, "--delay", "3ms", "--jitter", "4ms")
        config = self.config(sink.url)
        # Each kill comes when so many events have arrived, and a moment later; so all ten fall into the work.
        moments = sorted(chance.sample(range(50, BACKLOG + LIVE - 200), KILLS))
        live = None
        for kill, moment in enumerate(moments):
            exporter = Exporter(self, config)
            if live is None and moment > BACKLOG // 2:
                live = self.start_live()
            sink.wait_for(moment)
            time.sleep(chance.uniform(0, 0.03))
            self.assertLess(sink.audit()["distinctIds"], BACKLOG + LIVE, f"kill {kill} came after the work")
            exporter.kill()
            self.assertNotIn("Shutdown complete", exporter.output())
        live = live or self.start_live()
        last = Exporter(self, config)
        self.assertEqual(live.wait(60), 0, live.output())
        sink.wait_for(BACKLOG + LIVE)
        last.stop()
        audit = self.assert_all_delivered(sink, BACKLOG + LIVE)
        self.assertGreater(audit["duplicates"], 0, "no kill fell between an acceptance and its checkpoint")

    def test_kills_during_the_start_leave_a_store_that_starts(self):
        chance = random.Random(SEED)
        self.generate(200)
        sink = LabSink(self)
        config = self.config(sink.url)
        for _ in range(10):
            exporter = Exporter(self, config)
            time.sleep(chance.uniform(0, 0.06))
            exporter.kill()
        last = Exporter(self, config)
        sink.wait_for(200)
        last.stop()
        self.assert_all_delivered(sink, 200)

    def start_live(self):
        return Process(self, [BINARY, "lab", "generate", "--datastore", self.store.path, "--count", LIVE, "--rate",
                              "1000", "--nodes", "64", "--seed", "2"], "generate")


if __name__ == "__main__":
    main()
