"""What may happen to the collections: dropped, renamed, not there yet, documents that are odd or cannot be read."""
import time

from bson import ObjectId

from mongod import DATABASE, TOKENS, health_event
from mongodb_case import LOST, SOURCE_ERRORS, MongodbCase, event_id
from support import LabSink, main, wait_until

UNDECODABLE = (
    ({"healthevent": 5}, "healthevent: must be an object"),
    ({"healthevent": None}, "the document has no healthevent"),
    ({}, "the document has no healthevent"),
    ({"healthevent": {"nodename": 7}}, "healthevent.nodeName: must be a string"),
)


class MongodbCollection(MongodbCase):
    def in_peace(self, exporter, at_most):
        """The stream was not opened again and again, and no position was lost."""
        self.assertEqual(exporter.lines(LOST), [])
        failed = exporter.metric(SOURCE_ERRORS)
        print(f"{failed:.0f} failed reads")
        self.assertLessEqual(failed, at_most)

    def test_dropped_and_made_again_while_it_is_read(self):
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        for _ in range(3):
            self.insert(self.make(50))
            self.wait_for_all(sink)
            self.mongod.events.drop()
            start = time.monotonic()
            # Long enough for many a try, if it were made without a pause.
            time.sleep(1)
            self.insert(self.make(50))
            self.wait_for_all(sink)
            print(f"{time.monotonic() - start:.1f} s from the drop to the last event after it")
        self.in_peace(exporter, 6)
        self.wait_for_settled(exporter)
        exporter.stop()
        self.audit(sink, duplicates=0)

    def test_dropped_and_left_away(self):
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        self.insert(self.make(20))
        self.wait_for_all(sink)
        self.mongod.events.drop()
        token = self.token()
        self.wait_for_save(behind=token)
        time.sleep(2)
        self.in_peace(exporter, 5)
        exporter.stop()
        # The saved position is the drop's own: events of the new collection follow it.
        self.insert(self.make(20))
        second = self.exporter_again()
        self.wait_for_all(sink)
        self.in_peace(second, 3)
        second.stop()
        self.audit(sink, duplicates=0)

    def test_dropped_and_made_again_while_the_exporter_was_away(self):
        sink = LabSink(self)
        first = self.exporter(sink).ready()
        self.insert(self.make(20))
        self.wait_for_all(sink)
        self.wait_for_settled(first)
        first.stop()
        self.insert(self.make(20))
        self.mongod.events.drop()
        self.insert(self.make(20))
        second = self.exporter_again()
        # The change stream still has the inserts of the collection that is gone.
        self.wait_for_all(sink)
        self.in_peace(second, 3)
        second.stop()
        self.audit(sink, duplicates=0)

    def test_renamed_and_made_again(self):
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        self.insert(self.make(20))
        self.wait_for_all(sink)
        self.mongod.events.rename("OldHealthEvents")
        self.insert(self.make(20))
        self.wait_for_all(sink)
        self.in_peace(exporter, 3)
        exporter.stop()
        self.audit(sink, duplicates=0)

    def test_the_whole_database_dropped(self):
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        self.insert(self.make(20))
        self.wait_for_all(sink)
        self.wait_for_settled(exporter)
        # The saved position goes with it and is written anew.
        self.mongod.client().drop_database(DATABASE)
        self.insert(self.make(20))
        self.wait_for_all(sink)
        self.wait_for_save(behind=None)
        self.in_peace(exporter, 3)
        exporter.stop()
        self.insert(self.make(5))
        second = self.exporter_again()
        self.wait_for_all(sink)
        second.stop()
        self.audit(sink, duplicates=0)

    def test_the_saved_position_removed_while_events_flow(self):
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        for remove in (lambda: self.mongod.database[TOKENS].delete_many({}), self.mongod.database[TOKENS].drop):
            self.insert(self.make(20))
            self.wait_for_all(sink)
            self.wait_for_settled(exporter)
            remove()
            self.insert(self.make(20))
            self.wait_for_all(sink)
            self.wait_for_save(behind=None)
        self.in_peace(exporter, 0)
        exporter.stop()
        second = self.exporter_again().ready()
        self.insert(self.make(5))
        self.wait_for_all(sink)
        second.stop()
        self.audit(sink, duplicates=0)

    def test_neither_is_there_at_the_start(self):
        self.assertEqual(self.mongod.database.list_collection_names(), [])
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        self.assertEqual(self.mongod.database.list_collection_names(), [TOKENS])
        self.assertEqual(self.mongod.token_document()["_id"], "event-exporter")
        exporter.stop()
        second = self.exporter_again().ready()
        self.insert(self.make(20))
        self.wait_for_all(sink)
        self.in_peace(second, 0)
        second.stop()
        self.audit(sink, duplicates=0)

    def test_documents_that_broke_the_incumbent_are_delivered(self):
        odd = [health_event(0, entitiesimpacted=[None, {"entitytype": "GPU", "entityvalue": "0"}]), health_event(1),
               health_event(2), {**health_event(3), "_id": "a string"}]
        odd[1]["healtheventstatus"] = None
        del odd[2]["healtheventstatus"]
        again = [{**document, "_id": ObjectId()} for document in odd[:3]] + [{**odd[3], "_id": "another one"}]
        sink = LabSink(self)
        self.mongod.insert(odd)
        exporter = self.exporter(sink).ready()  # these by the backfill
        sink.wait_for(4)
        self.mongod.insert(again)  # and these by the stream
        sink.wait_for(8)
        exporter.stop()
        names = [f'"{document["_id"]}"' if isinstance(document["_id"], str) else str(document["_id"])
                 for document in odd + again]
        self.assertEqual(sink.ids(), {event_id(name): 1 for name in names})
        self.assertEqual(self.letters(), [])

    def test_documents_that_nobody_can_decode_become_dead_letters_and_the_stream_goes_on(self):
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        bad = []
        for document, _ in UNDECODABLE:
            self.insert(self.make(5))
            bad += self.mongod.insert([{"_id": ObjectId(), **document}])
        self.insert(self.make(5))
        self.wait_for_all(sink)
        letters = wait_until(lambda: len(self.letters()) == len(bad) and self.letters(), "the dead letters")
        self.assertEqual([letter["documentId"] for letter in letters], [str(key) for key in bad])
        for letter, key, (_, words) in zip(letters, bad, UNDECODABLE):
            self.assertEqual((letter["_id"], letter["reason"], letter["status"], letter["eventId"]),
                             (f"event-exporter/dead-letter/{key}", "undecodable", 0, event_id(key)))
            self.assertIn(words, letter["detail"])
        # The incumbent looks by clientName: it must find one document.
        self.assertEqual(self.mongod.database[TOKENS].count_documents({"clientName": "event-exporter"}), 1)
        self.wait_for_settled(exporter)
        exporter.stop()
        self.mongod.database[TOKENS].delete_many({"deadLetterOf": "event-exporter"})
        second = self.exporter_again().ready()
        self.insert(self.make(5))
        self.wait_for_all(sink)
        second.stop()
        self.audit(sink, duplicates=0)
        self.assertEqual(self.letters(), [])


if __name__ == "__main__":
    main()
