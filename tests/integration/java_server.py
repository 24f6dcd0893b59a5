"""mongo-java-server for tests: a server that speaks MongoDB's protocol and shares no code with MongoDB.

What it is not, or does not do as MongoDB does, is in mongodb_peer_test.py. It keeps everything in memory: a server that
was ended is gone with its documents. The jars are those of scripts/mongo-java-server-path; there being none is a failure,
not a skip. The server ends with the test that started it, and, by a death signal, also when the test itself is killed.
"""
import re
import subprocess

import pymongo

from mongod import COLLECTION, DATABASE, TOKENS, health_event
from support import PATIENCE, ROOT, Process, wait_until


def jars():
    done = subprocess.run([ROOT / "scripts/mongo-java-server-path"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"these tests need mongo-java-server:\n{done.stderr}")
    return done.stdout.strip()


class JavaServer(Process):
    def __init__(self, case, port=0):
        # setpriv becomes java, so the child's pid is java's. Java compiles the one file by itself.
        super().__init__(case, ["setpriv", "--pdeathsig", "KILL", "java", "-Xmx256m", "-XX:TieredStopAtLevel=1",
                                "-cp", f"{jars()}/*", ROOT / "tests/integration/mongo-java-server/Peer.java", port],
                         "mongo-java-server")
        listens = re.compile(r"listening on (\d+)")
        found = wait_until(lambda: listens.search(self.output()) or self.must_run(), "a mongo-java-server", 60)
        self.port = int(found.group(1))
        self.database = pymongo.MongoClient("127.0.0.1", self.port, directConnection=True,
                                            serverSelectionTimeoutMS=int(10000 * PATIENCE))[DATABASE]
        self.events = self.database[COLLECTION]

    def uri(self):
        return f"mongodb://127.0.0.1:{self.port}/"

    def insert_events(self, count, first=0, nodes=7):
        self.events.insert_many([health_event(n, f"gpu-node-{n % nodes}") for n in range(first, first + count)])

    def token_document(self, client_name="event-exporter"):
        """The saved progress as stored, None while there is none."""
        return self.database[TOKENS].find_one({"clientName": client_name})
