"""Dead letters on MongoDB, of events with keys of several types: looked at, sent again, taken away."""
import json

from mongod import DATABASE, TOKENS
from mongodb_case import MongodbCase, event_id
from support import LabSink, main, wait_until

POISON = "pois0n"


class MongodbDlq(MongodbCase):
    def dlq(self, *arguments, code=0):
        done = self.run_binary("dlq", *arguments, f"--config={self.config_path}", environment={
            "MONGODB_URI": self.mongod.uri(), "MONGODB_DATABASE_NAME": DATABASE,
            "MONGODB_TOKEN_COLLECTION_NAME": TOKENS})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def replay(self, *arguments, code=0):
        return self.dlq("replay", *arguments, f"--oidc-secret-path={self.secret_file}", "--workers=4", code=code)

    def listed(self):
        return json.loads(self.dlq("list", "--json"))["letters"]

    def test_a_replay_finds_documents_under_keys_of_every_type(self):
        sink = LabSink(self, "--poison", POISON)
        exporter = self.exporter(sink).ready()
        bad = self.make(5)
        bad[1]["_id"], bad[2]["_id"], bad[3]["_id"] = "a \"quoted\" key", 5, {"node": "n1", "n": 7}
        for document in bad:
            document["healthevent"]["message"] = POISON
        self.mongod.events.insert_many(bad)
        good = self.make(20)
        self.insert(good)
        wait_until(lambda: len(self.letters()) == 5, "the dead letters")
        self.wait_for_all(sink)
        self.wait_for_settled(exporter)
        exporter.stop()
        letters = self.listed()
        self.assertEqual(len(letters), 5)
        token = self.mongod.token_document()
        for letter in letters:
            self.assertEqual(letter["eventId"], event_id(letter["documentId"]))
            shown = json.loads(self.dlq("show", letter["documentId"], "--json"))
            self.assertEqual(shown["event"]["id"], letter["eventId"])

        # One is refused again, one is gone, three are delivered.
        mended = [document["_id"] for document in bad[1:4]]
        self.mongod.events.update_many({"_id": {"$in": mended}}, {"$set": {"healthevent.message": "mended"}})
        self.mongod.events.delete_one({"_id": bad[0]["_id"]})
        plan = json.loads(self.dlq("plan", "--all", "--json"))
        self.assertEqual((plan["letters"], plan["sendable"], plan["gone"]), (5, 4, 1))
        self.assertEqual(self.replay("--all", code=1).splitlines()[-1], "replayed 3 · refused again 1 · gone 1")
        left = {letter["documentId"] for letter in self.listed()}
        self.assertEqual(left, {str(bad[0]["_id"]), str(bad[4]["_id"])})
        self.assertEqual(set(sink.ids()), {event_id(document["_id"]) for document in good} |
                         {letter["eventId"] for letter in letters if letter["documentId"] not in left})
        self.dlq("drop", str(bad[0]["_id"]), "--yes")
        sink.post("/faults", poison="")
        self.assertEqual(self.replay("--reason=refused"), "replayed 1 · refused again 0 · gone 0\n")
        self.assertEqual(self.letters(), [])
        # The exporter's progress is not touched by any of it.
        self.assertEqual(self.mongod.token_document(), token)


if __name__ == "__main__":
    main()
