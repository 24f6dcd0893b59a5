"""MongoDB's history no longer reaches back to where the exporter stands: nothing is missing, and ids stay."""
import datetime

from bson import ObjectId

from mongod import TOKENS
from mongodb_case import LOST, MongodbCase, now
from support import LabSink, main, wait_until

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


class DamagedToken(MongodbCase):
    """The saved position was changed by hand while the exporter was away, and its backfill is off."""

    def away(self):
        """A sink and a saved position with 20 events delivered before it and 20 that came since."""
        self.sink = LabSink(self)
        exporter = self.exporter(self.sink, backfill__enabled=False).ready()
        self.insert(self.make(20))
        self.wait_for_all(self.sink)
        self.wait_for_settled(exporter)
        exporter.stop()
        self.assertIn("watermarkNanos", self.mongod.token_document()["eventExporter"])
        self.insert(self.make(20))

    def put(self, token):
        self.mongod.database[TOKENS].update_one({"clientName": "event-exporter"}, {"$set": {"resumeToken": token}})

    def goes_on_and_nothing_is_missing(self, healed=True):
        exporter = self.exporter_again()
        if healed:
            exporter.wait_for_line(LOST)
        self.wait_for_all(self.sink)
        self.insert(self.make(5))
        self.wait_for_all(self.sink)
        wait_until(lambda: len(exporter.lines(LOST)) == healed, f"{healed} healings")
        exporter.stop()
        self.assertEqual(self.audit(self.sink, duplicates=20), 20 if healed else 0)

    def refuses(self, *words):
        exporter = self.exporter_again()
        self.assertEqual(exporter.wait(), 1, exporter.output())
        error = exporter.lines("Fatal error")[0]["error"]
        for word in ("resumeToken", 'clientName: "event-exporter"', TOKENS, "delete it to start anew", *words):
            self.assertIn(word, error)
        self.assertEqual(self.sink.audit()["received"], 20)

    def test_text_or_a_list_in_its_place_is_an_error_that_names_the_document_and_the_remedy(self):
        self.away()
        good = self.token()
        for wrong in (good["_data"], [good], 5, b"\x01\x02"):
            with self.subTest(token=type(wrong)):
                before = self.mongod.token_document()
                self.put(wrong)
                self.refuses()
                self.assertEqual(self.mongod.token_document(), {**before, "resumeToken": wrong})
        # Whoever puts the old one back loses nothing.
        self.put(good)
        self.goes_on_and_nothing_is_missing(healed=False)

    def test_what_is_no_hexadecimal_is_healed(self):
        self.away()
        self.put({"_data": "zz"})
        self.goes_on_and_nothing_is_missing()

    def test_an_empty_one_beside_our_watermark_is_healed(self):
        self.away()
        self.put({})
        self.goes_on_and_nothing_is_missing()

    def test_none_beside_our_watermark_is_healed(self):
        self.away()
        self.put(None)
        self.goes_on_and_nothing_is_missing()

    def test_half_a_one_is_healed(self):
        self.away()
        data = self.token()["_data"]
        self.put({"_data": data[:len(data) // 4 * 2]})
        self.goes_on_and_nothing_is_missing()

    def test_one_digit_less_is_healed(self):
        self.away()
        self.put({"_data": self.token()["_data"][:-1]})
        self.goes_on_and_nothing_is_missing()

    def test_that_of_another_collections_event_is_healed(self):
        self.away()
        other = self.mongod.database["Others"]
        with other.watch() as stream:
            other.insert_one({})
            token = stream.next()["_id"]
        self.insert(self.make(5))
        self.put(token)
        self.goes_on_and_nothing_is_missing()

    def test_that_of_another_collections_event_with_nothing_of_ours_behind_it_yet(self):
        # The server takes it at first and refuses it at our first event behind it.
        self.away()
        other = self.mongod.database["Others"]
        with other.watch() as stream:
            other.insert_one({})
            self.put(stream.next()["_id"])
        exporter = self.exporter_again().ready()
        self.insert(self.make(5))
        self.wait_for_all(self.sink)
        exporter.wait_for_line(LOST)
        exporter.stop()
        self.assertEqual(self.audit(self.sink, duplicates=20), 20)

    def test_one_of_the_future_is_healed(self):
        self.away()
        self.put({"_data": "82F0000000" + self.token()["_data"][10:]})
        self.goes_on_and_nothing_is_missing()


if __name__ == "__main__":
    main()
