"""MongoDB's history no longer reaches back to where the exporter stands: nothing is missing, and ids stay."""
import datetime

from bson import ObjectId

from mongod import TOKENS
from mongodb_case import LOST, MongodbCase, now
from support import LabSink, main

STORED_AGAIN = "The events read again after the lost position are settled"
HOUR = datetime.timedelta(hours=1)


class MongodbHistory(MongodbCase):
    SERVER = {"oplog_mb": 2}

    def test_a_position_lost_while_the_exporter_was_away(self):
        sink = LabSink(self)
        # Switched off: what is read again after a loss is no backfill.
        first = self.exporter(sink, backfill__enabled=False).ready()
        self.insert(self.make(50, created=now() - 2 * HOUR))
        self.insert(self.make(50))
        self.wait_for_all(sink)
        self.wait_for_settled(first)
        first.stop()
        self.insert(self.make(100))
        self.mongod.lose_history(self.token())
        self.insert(self.make(20))
        second = self.exporter_again()
        self.wait_for_all(sink)
        self.assertEqual(len(second.lines(LOST)), 1)
        # Of what had been sent, only the last ten minutes come again: 50 of them; the old ones do not.
        self.assertEqual(second.wait_for_line(STORED_AGAIN)["events"], 170)
        self.insert(self.make(10))
        self.wait_for_all(sink)
        self.wait_for_settled(second)
        second.stop()
        self.assertEqual(self.audit(sink, duplicates=50), 50)
        third = self.exporter_again().ready()
        self.insert(self.make(1))
        self.wait_for_all(sink)
        third.stop()
        self.assertEqual(third.lines(LOST), [])
        self.assertEqual(self.audit(sink, duplicates=50), 50)

    def test_a_reader_that_the_history_overtakes_while_the_sink_takes_nothing(self):
        sink = LabSink(self)
        exporter = self.exporter(sink, delivery__queue_bytes=65536, backfill__enabled=False).ready()
        self.insert(self.make(1))
        self.wait_for_all(sink)
        sink.post("/faults", statusRates={"503": 1})
        self.insert(self.make(2000))
        exporter.wait_for_line("Publish failed, retrying")
        self.mongod.lose_history()
        read = exporter.metric("health_events_exporter_events_received_total")
        self.assertLess(read, 2000)
        sink.post("/faults", statusRates={})
        self.wait_for_all(sink)
        lost = exporter.wait_for_line(LOST)
        self.assertEqual(len(exporter.lines(LOST)), 1, lost)
        self.insert(self.make(10))
        self.wait_for_all(sink)
        exporter.stop()
        print(f"{read:.0f} events read before, {self.audit(sink, duplicates=2001)} duplicates")

    def test_an_event_from_a_node_whose_clock_is_ahead_does_not_hide_what_is_lost_later(self):
        self.insert(self.make(5) + self.make(1, created=now() + 24 * HOUR))
        sink = LabSink(self)
        exporter = self.exporter(sink, delivery__queue_bytes=65536)
        self.wait_for_all(sink)
        exporter.wait_for_line("Backfill complete")
        sink.post("/faults", statusRates={"503": 1})
        self.insert(self.make(2000))
        exporter.wait_for_line("Publish failed, retrying")
        self.mongod.lose_history()
        sink.post("/faults", statusRates={})
        exporter.wait_for_line(LOST)
        self.wait_for_all(sink)
        exporter.stop()
        self.audit(sink, duplicates=2006)

    def test_a_history_lost_again_while_it_is_read_again(self):
        sink = LabSink(self)
        first = self.exporter(sink, delivery__queue_bytes=65536, backfill__enabled=False).ready()
        self.insert(self.make(1))
        self.wait_for_all(sink)
        self.wait_for_settled(first)
        first.stop()
        self.insert(self.make(2000))
        self.mongod.lose_history(self.token())
        sink.post("/faults", statusRates={"503": 1})
        second = self.exporter_again()
        second.wait_for_line("Publish failed, retrying")
        self.insert(self.make(10))
        self.mongod.lose_history()
        self.insert(self.make(10))
        sink.post("/faults", statusRates={})
        self.wait_for_all(sink)
        second.wait_for_line(LOST, count=2)
        second.stop()
        print(f"{self.audit(sink, duplicates=2100)} duplicates")

    def test_a_lost_token_of_the_incumbent_is_healed_from_its_own_time(self):
        # Settled long ago, then of the last ten minutes before the token, then what the incumbent did not see.
        old = self.make(30, created=now() - HOUR)
        self.mongod.insert(old)
        self.insert(self.make(20))
        token = self.mongod.high_water_mark()
        self.mongod.database[TOKENS].insert_one({"clientName": "event-exporter", "resumeToken": token})
        self.insert(self.make(100))
        self.mongod.lose_history(token)
        sink = LabSink(self)
        exporter = self.exporter(sink)
        self.wait_for_all(sink)
        exporter.wait_for_line(LOST)
        self.assertEqual(exporter.wait_for_line(STORED_AGAIN)["events"], 120)
        self.insert(self.make(10))
        self.wait_for_all(sink)
        self.wait_for_settled(exporter)
        exporter.stop()
        self.assertEqual(self.audit(sink), 0)
        documents = list(self.mongod.database[TOKENS].find({"clientName": "event-exporter"}))
        self.assertEqual(len(documents), 1)
        self.assertIsInstance(documents[0]["_id"], ObjectId)  # still the incumbent's own document

    def test_a_position_lost_in_the_middle_of_the_backfill(self):
        self.insert(self.make(1500))
        sink = LabSink(self)
        first = self.exporter(sink, backfill__rate_limit=1000, backfill__batch_size=50)
        sink.wait_for(300)
        first.kill()
        self.insert(self.make(50))
        self.mongod.lose_history(self.token())
        second = self.exporter_again()
        self.wait_for_all(sink)
        second.wait_for_line(LOST)
        self.insert(self.make(10))
        self.wait_for_all(sink)
        second.stop()
        self.audit(sink, duplicates=3000, ordered=False)


if __name__ == "__main__":
    main()
