"""The incumbent and this program take over from each other, on the same database and the same stored progress."""
import bson
from bson import ObjectId

from mongod import DATABASE, TOKENS, Mongod, health_event
from mongodb_user_case import MongodbCase
from support import main, wait_until

CLIENT = {"clientName": "event-exporter"}


class Incumbent:
    """Reads and writes as NVSentinel's exporter does: one token a client, an embedded document, by upsert."""

    def __init__(self, mongod, client=None):
        database = (client or mongod.client())[DATABASE]
        self.tokens, self.events = database[TOKENS], database["HealthEvents"]
        self.stream = None

    def start(self):
        stored = self.tokens.find_one(CLIENT)
        options = {}
        if stored and stored.get("resumeToken"):
            # Anything else than an embedded document makes it crash at every start.
            assert isinstance(stored["resumeToken"], dict), stored
            options["resume_after"] = bson.decode(bson.encode(stored["resumeToken"]))
        self.stream = self.events.watch([{"$match": {"operationType": {"$in": ["insert"]}}}],
                                        full_document="updateLookup", **options)

    def export(self, count):
        """The next `count` events' numbers; after each its token is stored."""
        numbers = []
        for _ in range(count):
            change = self.stream.next()
            numbers.append(int(change["fullDocument"]["healthevent"]["message"].removeprefix("number ")))
            self.tokens.update_one(CLIENT, {"$set": {"resumeToken": self.stream.resume_token}}, upsert=True)
        return numbers

    def stop(self):
        self.stream.close()


class FromTheIncumbent(MongodbCase):
    """Each test leaves a token of the incumbent's behind event 1; events 2 and 3 come after it."""

    def setUp(self):
        super().setUp()
        self.mongod = Mongod(self)
        self.lab_sink = self.sink()
        self.key = ObjectId("6b0146ebc17dfbdb0d29af63")

    def assert_taken_over(self, token, more=None):
        tokens = self.mongod.database[TOKENS]
        tokens.insert_one({"_id": self.key, **CLIENT, "resumeToken": token, **(more or {})})
        # Stored at one of its times, so a backfill of the last hours would bring them all.
        exporter = self.start(self.lab_sink, self.settings(self.mongod.uri()), backfill__enabled=True)
        exporter.ready()
        self.mongod.insert_events(1, first=4)
        self.assert_numbers(self.lab_sink, [2, 3, 4])
        self.assertEqual(exporter.lines("Starting backfill"), [])
        self.assertEqual(len(exporter.lines("Resume token exists - skipping backfill on this restart")), 1)
        wait_until(lambda: tokens.find_one(CLIENT)["resumeToken"] != token, "progress of ours")
        exporter.stop()
        documents = list(tokens.find())
        self.assertEqual(len(documents), 1)
        self.assertEqual(documents[0]["_id"], self.key)
        self.assertEqual({key: documents[0][key] for key in more or {}}, more or {})
        return documents[0]

    def test_goes_on_behind_the_token_of_an_event(self):
        with self.mongod.events.watch() as stream:
            self.mongod.insert_events(4)
            tokens = [stream.next()["_id"] for _ in range(4)]
        self.assertGreater(len(tokens[1]["_data"]), 40)
        self.assert_taken_over(tokens[1])

    def test_goes_on_behind_the_token_of_a_place_between_events(self):
        self.mongod.insert_events(2)
        token = self.mongod.high_water_mark()
        self.assertRegex(token["_data"], "^82[0-9A-F]{16}2B0229296E04$")
        self.mongod.insert_events(2, first=2)
        self.assert_taken_over(token)

    def test_keeps_what_it_does_not_know(self):
        with self.mongod.events.watch() as stream:
            self.mongod.insert_events(4)
            tokens = [stream.next()["_id"] for _ in range(4)]
        self.assert_taken_over(tokens[1], {"positionTime": 5, "positionId": {"a": [1]}})


class ToTheIncumbent(MongodbCase):
    def test_there_and_back_again(self):
        mongod = Mongod(self)
        lab_sink = self.sink()
        environment = self.settings(mongod.uri())
        mongod.insert_events(3)
        ours = self.start(lab_sink, environment)
        ours.ready()
        mongod.insert_events(2, first=3)
        self.assert_numbers(lab_sink, [0, 1, 2, 3, 4])
        ours.stop()
        left = mongod.token_document()

        mongod.insert_events(3, first=5)
        incumbent = Incumbent(mongod)
        incumbent.start()
        self.assertEqual(incumbent.export(2), [5, 6])
        incumbent.stop()
        documents = list(mongod.database[TOKENS].find())
        self.assertEqual(len(documents), 1)
        self.assertNotEqual(documents[0].pop("resumeToken"), left.pop("resumeToken"))
        self.assertEqual(documents[0], left)

        # By now what we know describes an older place. Were it believed, this backfill would go on, and fail.
        mongod.database[TOKENS].update_one(CLIENT, {"$set": {
            "eventExporter.backfill": {"state": "running", "cursor": "of an older place", "sent": 1, "total": 3}}})
        ours = self.start(lab_sink, environment)
        ours.ready()
        mongod.insert_events(1, first=8)
        self.assert_numbers(lab_sink, [0, 1, 2, 3, 4, 7, 8])
        self.assertEqual(ours.lines("Starting backfill"), [])
        ours.stop()
        incumbent.start()
        mongod.insert_events(1, first=9)
        self.assertEqual(incumbent.export(1), [9])
        incumbent.stop()
        self.assertEqual(mongod.database[TOKENS].count_documents({}), 1)

    def test_our_first_token_of_a_quiet_stream_is_one_that_it_takes(self):
        mongod = Mongod(self)
        lab_sink = self.sink()
        ours = self.start(lab_sink, self.settings(mongod.uri()))
        ours.ready()
        wait_until(mongod.token_document, "progress before any event")
        ours.stop()
        mongod.insert_events(2)
        incumbent = Incumbent(mongod)
        incumbent.start()
        self.assertEqual(incumbent.export(2), [0, 1])
        incumbent.stop()


class WithTheRightsOfNvsentinel(MongodbCase):
    """readWrite on the one database is all, and the collection of tokens is made by the first write."""

    def assert_works(self, mongod, environment):
        lab_sink = self.sink()
        mongod.database.create_collection("HealthEvents")
        mongod.insert([health_event(0)])
        self.assertEqual(mongod.database.list_collection_names(filter={"name": TOKENS}), [])
        ours = self.start(lab_sink, environment)
        ours.ready()
        mongod.insert_events(1, first=1)
        self.assert_numbers(lab_sink, [0, 1])
        ours.stop()
        self.assertIsInstance(mongod.token_document()["resumeToken"], dict)
        mongod.insert_events(1, first=2)
        incumbent = Incumbent(mongod, mongod.client(user="user"))
        incumbent.start()
        self.assertEqual(incumbent.export(1), [2])
        incumbent.stop()

    def test_of_a_user_with_a_password(self):
        mongod = Mongod(self, scram=True)
        self.assert_works(mongod, self.settings(mongod.uri()))

    def test_of_a_certificates_subject(self):
        mongod = Mongod(self, tls=True)
        self.assert_works(mongod, self.settings(mongod.uri(), MONGODB_CLIENT_CERT_MOUNT_PATH=mongod.certificates))


if __name__ == "__main__":
    main()
