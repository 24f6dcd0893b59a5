"""kill -9 while MongoDB is read: of the exporter at any time, and of the server in the middle of a backfill."""
import random
import time

from mongodb_case import READ_AGAIN, MongodbCase
from support import PATIENCE, LabSink, main

BACKLOG = 2000
LIVE = 3000
KILLS = 10
SEED = 20260102
# Accepted events that one kill can repeat: those of 100 ms between two saves, of the save itself, and those of other
# nodes that overtook a waiting one; at the 1,000 events a second of this sink.
REPEATED_BY_A_KILL = 400


class MongodbKill(MongodbCase):
    def test_ten_kills_lose_nothing_and_duplicates_keep_their_ids_and_order(self):
        print(f"seed {SEED}")
        chance = random.Random(SEED)
        self.insert(self.make(BACKLOG, nodes=64))
        sink = LabSink(self, "--delay", "3ms", "--jitter", "4ms")
        # Each kill comes when so many events have arrived, and a moment later; so all ten fall into the work, and the
        # first ones into the backfill.
        moments = sorted(chance.sample(range(50, BACKLOG + LIVE - 200), KILLS))
        live = None
        runs = [self.exporter(sink)]
        for kill, moment in enumerate(moments):
            if live is None and moment > BACKLOG // 2:
                live = self.feed(LIVE, rate=1000)
            sink.wait_for(moment)
            time.sleep(chance.uniform(0, 0.03))
            self.assertLess(sink.audit()["distinctIds"], BACKLOG + LIVE, f"kill {kill} came after the work")
            runs[-1].kill()
            self.assertNotIn("Shutdown complete", runs[-1].output())
            runs.append(self.exporter_again())
        live.finish()
        self.wait_for_all(sink)
        runs[-1].stop()
        repeated = self.audit(sink, duplicates=KILLS * REPEATED_BY_A_KILL * PATIENCE)
        print(f"{repeated} duplicates")
        self.assertGreater(repeated, 0, "no kill fell between an acceptance and its checkpoint")
        self.assertEqual([len(run.lines("Starting backfill")) for run in runs], [1] + [0] * KILLS)
        continued = [line["backfillContinues"] for run in runs
                     for line in run.lines("Resume token exists - skipping backfill on this restart")]
        self.assertIn(True, continued, "no kill fell into the backfill")
        self.assertIn(False, continued, "no kill fell into the stream")

    def test_a_backfill_that_is_killed_again_and_again_goes_on_at_its_cursor(self):
        chance = random.Random(SEED)
        self.insert(self.make(2000))
        sink = LabSink(self)
        # The rate makes the work long enough for the kills; at it, 100 ms between two saves are 100 events.
        run = self.exporter(sink, backfill__rate_limit=1000, backfill__batch_size=50)
        for moment in (200, 600, 1000, 1400, 1800):
            sink.wait_for(moment)
            time.sleep(chance.uniform(0, 0.03))
            run.kill()
            self.assertEqual(self.mongod.token_document()["eventExporter"]["backfill"]["state"], "running")
            run = self.exporter_again()
            self.assertTrue(run.wait_for_line("Resume token exists - skipping backfill on this restart")
                            ["backfillContinues"])
        self.wait_for_all(sink)
        self.insert(self.make(10))
        self.wait_for_all(sink)
        run.stop()
        print(self.audit(sink, duplicates=5 * 250 * PATIENCE), "duplicates")

    def test_a_server_that_is_killed_during_the_backfill(self):
        self.insert(self.make(1500))
        sink = LabSink(self)
        exporter = self.exporter(sink, backfill__rate_limit=1000, backfill__batch_size=50)
        sink.wait_for(300)
        self.mongod.kill()
        exporter.wait_for_line(READ_AGAIN)
        self.mongod.restart()
        self.wait_for_all(sink)
        exporter.stop()
        self.audit(sink, duplicates=0)

    def test_kills_during_the_start_leave_a_store_that_starts(self):
        chance = random.Random(SEED)
        self.insert(self.make(200))
        sink = LabSink(self)
        self.exporter(sink).kill()
        for _ in range(9):
            run = self.exporter_again()
            time.sleep(chance.uniform(0, 0.1))
            run.kill()
        run = self.exporter_again()
        self.wait_for_all(sink)
        run.stop()
        self.audit(sink, duplicates=200 * 10)
        self.assertEqual(self.mongod.database["ResumeTokens"].count_documents({"clientName": "event-exporter"}), 1)


if __name__ == "__main__":
    main()
