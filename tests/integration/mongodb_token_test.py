"""The saved position was changed by hand while the exporter was away: nothing is missing, or the start is refused.

The backfill is off, so that no first start makes up for a position that was thrown away.
"""
from mongod import TOKENS
from mongodb_case import LOST, MongodbCase
from support import LabSink, main, wait_until


class DamagedToken(MongodbCase):
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
