"""The real program on mongo-java-server, which speaks MongoDB's protocol and shares no code with MongoDB.

What works here does not hang on a habit of one server; other compatible servers differ in the same ways. This one says
that it is MongoDB 5.0.0, is no replica set, and

- knows no sessions,
- gives resume tokens with changes alone, never for the place after a batch, and never its cluster's time,
- answers getMore at once when it has nothing,
- does not end a stream when the collection or database goes, but lets it go on with what comes next,
- ignores readConcern: a history has no view of the past, so what was stored around the first start comes twice,
- never loses a position: everything that it remembers is sent after any token.

So not tested here, but on MongoDB itself: lost and damaged positions, the end of a stream, the seam without duplicates,
elections, credentials, TLS.
"""
import pymongo

from java_server import JavaServer
from mongod import COLLECTION, DATABASE, TOKENS, health_event
from support import Exporter, IntegrationTest, LabSink, main, wait_until


class Peer(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.server = JavaServer(self)
        self.sink = LabSink(self)

    def start(self, **changed):
        config = self.config(self.sink.url, drop=("datastore.path",), datastore__provider="mongodb",
                             datastore__uri=self.server.uri(), datastore__database=DATABASE,
                             datastore__token_collection=TOKENS, **changed)
        return Exporter(self, config)

    def newest_is_saved(self):
        """Waits until the saved token is that of the newest change."""
        newest = list(self.server.database.client.local["oplog.rs"].find({"ns": f"{DATABASE}.{COLLECTION}"}))[-1]["ts"]
        token = f"{newest.time:08x}{newest.inc:08x}"
        # A server that came back empty may have a document with the lease alone.
        wait_until(lambda: (self.server.token_document() or {}).get("resumeToken") == {"_data": token},
                   f"the saved token {token}")

    def test_the_first_start_sends_what_is_stored_and_then_what_comes(self):
        self.server.insert_events(50)
        exporter = self.start().ready()
        self.sink.wait_for(50)
        self.server.insert_events(50, first=50)
        self.assertEqual(self.sink.wait_for(100)["distinctIds"], 100)
        self.newest_is_saved()
        self.assertEqual(self.server.token_document()["eventExporter"]["backfill"]["state"], "done")
        exporter.stop()

    def test_a_restart_goes_on_where_it_was(self):
        self.start(backfill__enabled=False).ready()
        exporter = self.processes[-1]
        for first in (0, 30, 60):
            self.server.insert_events(20, first=first)
            self.sink.wait_for(first + 20)
            self.newest_is_saved()
            exporter.stop()
            self.server.insert_events(10, first=first + 20)
            exporter = self.start(backfill__enabled=False).ready()
            audit = self.sink.wait_for(first + 30)
        self.assertEqual((audit["distinctIds"], audit["duplicates"], audit["orderViolations"]), (90, 0, 0))
        exporter.stop()

    def test_a_kill_before_the_first_change_loses_nothing(self):
        exporter = self.start(backfill__enabled=False).ready()
        # No token yet: a moment of the server's clock stands for it.
        self.assertEqual(list(self.server.token_document()["resumeToken"]), ["startAtOperationTime"])
        exporter.kill()
        self.server.insert_events(10)
        exporter = self.start(backfill__enabled=False).ready()
        self.assertEqual(self.sink.wait_for(10)["duplicates"], 0)
        self.newest_is_saved()
        exporter.stop()

    def test_kills_lose_nothing_and_duplicates_keep_their_ids(self):
        exporter = self.start(backfill__enabled=False).ready()
        for first in range(0, 500, 100):
            self.server.insert_events(100, first=first)
            self.sink.wait_for(first + 50)
            exporter.kill()
            exporter = self.start(backfill__enabled=False).ready()
        self.sink.wait_for(500)
        self.newest_is_saved()
        exporter.stop()
        audit = self.sink.audit()
        self.assertEqual((audit["distinctIds"], audit["orderViolations"]), (500, 0))

    def test_a_collection_that_is_dropped_and_comes_again_goes_on(self):
        exporter = self.start().ready()
        self.server.insert_events(10)
        self.sink.wait_for(10)
        self.server.events.drop()
        self.server.insert_events(10, first=10)
        self.sink.wait_for(20)
        self.server.database.drop_collection(COLLECTION)
        self.newest_is_saved()
        exporter.stop()
        self.server.insert_events(10, first=20)
        exporter = self.start().ready()
        self.assertEqual(self.sink.wait_for(30)["duplicates"], 0)
        exporter.stop()

    def test_what_cannot_be_read_becomes_a_dead_letter_and_the_rest_arrives(self):
        exporter = self.start().ready()
        self.server.events.insert_one({"_id": "odd", "healthevent": "no document"})
        self.server.insert_events(10)
        self.sink.wait_for(10)
        self.newest_is_saved()
        letters = list(self.server.database[TOKENS].find({"deadLetterOf": "event-exporter"}))
        self.assertEqual([(each["documentId"], each["reason"]) for each in letters], [('"odd"', "undecodable")])
        exporter.stop()

    def test_a_server_that_was_away_and_comes_back_empty_is_followed_again(self):
        exporter = self.start().ready()
        self.server.insert_events(10)
        self.sink.wait_for(10)
        self.newest_is_saved()
        self.server.kill()
        exporter.wait_for_line("Reading the datastore failed, trying again")
        self.server = JavaServer(self, self.server.port)
        self.server.insert_events(10, first=10)
        self.sink.wait_for(20)
        wait_until(self.server.token_document, "a saved token")
        self.newest_is_saved()
        exporter.stop()


if __name__ == "__main__":
    main()
