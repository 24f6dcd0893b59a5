"""What other tests rely on when they use a real MongoDB: that mongod.py gives what it says."""
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pymongo
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from certificates import Authority
from mongod import DATABASE, HISTORY_LOST, PASSWORD, TOKENS, USER, Mongod, health_event
from support import ENVIRONMENT, ROOT, IntegrationTest, main, wait_until

NOT_ALLOWED = 13  # the server's code Unauthorized
AUTHENTICATION_FAILED = 18
USER_NOT_FOUND = 11


class Fixture(IntegrationTest):
    def assert_refused(self, code, action):
        with self.assertRaises(OperationFailure) as raised:
            action()
        self.assertEqual(raised.exception.code, code, raised.exception)

    def assert_rights(self, client):
        """All that NVSentinel's user may do, and no more."""
        events = client[DATABASE]["HealthEvents"]
        with events.watch() as stream:
            events.insert_one(health_event(1))
            self.assertEqual(stream.next()["fullDocument"]["healthevent"]["message"], "number 1")
        client[DATABASE][TOKENS].update_one({"clientName": "x"}, {"$set": {"resumeToken": {}}}, upsert=True)
        self.assert_refused(NOT_ALLOWED, lambda: client["other"]["HealthEvents"].find_one())
        self.assert_refused(NOT_ALLOWED, lambda: client["other"]["HealthEvents"].insert_one({}))

    def of_user(self, mongod, **options):
        client = mongod.connect(None, "user", **options)
        self.addCleanup(client.close)
        return client


class Plain(Fixture):
    def test_stored_events_have_the_shape_and_the_types_of_nvsentinel_and_come_by_the_stream(self):
        mongod = Mongod(self)
        with mongod.events.watch() as stream:
            ids = mongod.insert_events(3)
            changes = [stream.next() for _ in range(3)]
        self.assertEqual([change["documentKey"]["_id"] for change in changes], ids)
        pipeline = [{"$match": {"_id": ids[1]}},
                    {"$project": {"_id": {"$type": "$_id"}, "created": {"$type": "$createdAt"},
                                  "version": {"$type": "$healthevent.version"},
                                  "action": {"$type": "$healthevent.recommendedaction"},
                                  "seconds": {"$type": "$healthevent.generatedtimestamp.seconds"},
                                  "status": {"$type": "$healtheventstatus.faultremediated"},
                                  "node": "$healthevent.nodename"}}]
        self.assertEqual(list(mongod.events.aggregate(pipeline)),
                         [{"_id": "objectId", "created": "date", "version": "long", "action": "int",
                           "seconds": "long", "status": "null", "node": "gpu-node-1"}])

    def test_data_port_and_progress_survive_a_stop_a_kill_and_a_pause(self):
        mongod = Mongod(self)
        uri = mongod.uri()
        self.assertIsNone(mongod.token_document())
        mongod.database[TOKENS].insert_one({"clientName": "event-exporter", "resumeToken": {"_data": "82"}})
        mongod.insert_events(2)
        mongod.stop()
        mongod.restart()
        mongod.insert_events(1, first=2)
        mongod.kill()
        mongod.restart()
        with pymongo.MongoClient(uri, serverSelectionTimeoutMS=300, socketTimeoutMS=300) as client:
            client.admin.command("ping")
            mongod.pause()
            with self.assertRaises(pymongo.errors.PyMongoError):
                client.admin.command("ping")
        mongod.resume()
        self.assertEqual(mongod.uri(), uri)
        self.assertEqual([event["healthevent"]["message"] for event in mongod.events.find()],
                         ["number 0", "number 1", "number 2"])
        self.assertEqual(mongod.token_document()["resumeToken"], {"_data": "82"})


class Secured(Fixture):
    def test_tls_wants_a_certificate_whose_subject_is_the_user(self):
        mongod = Mongod(self, tls=True)
        self.assert_rights(self.of_user(mongod))
        nobody = mongod.client_certificate("nobody", "/O=nvsentinel/CN=nobody")
        self.assert_refused(USER_NOT_FOUND, lambda: self.of_user(mongod, certificates=nobody)[DATABASE].x.find_one())
        for options in ({}, {"tls": True, "tlsCAFile": str(mongod.authority.pem)},
                        {"tls": True, "tlsCAFile": str(Authority(self.folder, "other").pem)}):
            port = mongod.nodes[0].port
            with pymongo.MongoClient("127.0.0.1", port, serverSelectionTimeoutMS=200, **options) as client:
                with self.assertRaises(ServerSelectionTimeoutError):
                    client.admin.command("ping")

    def test_scram_wants_the_password(self):
        mongod = Mongod(self, scram=True)
        with pymongo.MongoClient(mongod.uri()) as client:
            self.assert_rights(client)
        wrong = {"username": USER, "authSource": DATABASE, "password": PASSWORD + "x"}
        with pymongo.MongoClient("127.0.0.1", mongod.nodes[0].port, **wrong) as client:
            self.assert_refused(AUTHENTICATION_FAILED, lambda: client[DATABASE].x.find_one())
        with pymongo.MongoClient("127.0.0.1", mongod.nodes[0].port) as client:
            self.assert_refused(NOT_ALLOWED, lambda: client[DATABASE].x.find_one())

    def test_tls_with_a_password_wants_no_certificate(self):
        mongod = Mongod(self, tls=True, scram=True)
        with pymongo.MongoClient(mongod.uri(), tlsCAFile=str(mongod.authority.pem)) as client:
            self.assert_rights(client)


class ThreeNodes(Fixture):
    def test_another_node_takes_over_and_nothing_written_is_lost(self):
        mongod = Mongod(self, nodes=3)
        mongod.insert_events(1)
        first = mongod.primary()
        second = mongod.step_down()
        self.assertNotEqual(first.port, second.port)
        mongod.insert_events(1, first=1)
        mongod.kill(mongod.nodes.index(second))
        third = mongod.wait_for_primary()
        self.assertNotEqual(second.port, third.port)
        self.assertEqual(mongod.events.count_documents({}), 2)


class History(Fixture):
    def test_a_history_that_is_lost_is_the_servers_286(self):
        mongod = Mongod(self, oplog_mb=2)
        early = mongod.high_water_mark()
        mongod.insert_events(1)
        self.assertTrue(mongod.can_resume(early))
        mongod.lose_history(early)
        self.assert_refused(HISTORY_LOST, lambda: mongod.events.watch(resume_after=early))
        self.assertTrue(mongod.can_resume(mongod.high_water_mark()))


class Ends(Fixture):
    def test_a_killed_test_leaves_no_server(self):
        script = ("import sys\nsys.path.insert(0, sys.argv[1])\nimport mongod, support\n"
                  "case = support.IntegrationTest('setUp')\ncase.setUp()\n"
                  "print(mongod.Mongod(case).nodes[0].child.pid, case.folder, flush=True)\nsys.stdin.read()\n")
        test = subprocess.Popen([sys.executable, "-B", "-c", script, str(ROOT / "tests/integration")], env=ENVIRONMENT,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(test.stdin.close)
        self.addCleanup(test.stdout.close)
        pid, folder = test.stdout.readline().split()
        self.addCleanup(subprocess.run, ["rm", "-rf", folder], check=True)
        # A process that has ended and is not yet reaped has no command line.
        command = Path(f"/proc/{pid}/cmdline")
        self.addCleanup(lambda: command.exists() and command.read_text() and os.kill(int(pid), signal.SIGKILL))
        self.assertIn("mongod", command.read_text())
        test.send_signal(signal.SIGKILL)
        test.wait()
        wait_until(lambda: not command.exists() or not command.read_text(), "the end of mongod")

    def test_a_missing_mongod_is_a_failure_that_says_so(self):
        with mock.patch.dict(os.environ, MONGOD="/nowhere/mongod"):
            with self.assertRaisesRegex(AssertionError, "(?s)need a mongod.*'/nowhere/mongod'"):
                Mongod(self)


if __name__ == "__main__":
    main()
