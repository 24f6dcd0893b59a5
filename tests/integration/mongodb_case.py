"""What the tests of the real program on a real MongoDB share: one server a class, writers, the audit.

The audit knows what was inserted and computes the ids that it must have been delivered under; it asks neither the
exporter nor the store.
"""
import datetime
import itertools
import tempfile
import threading
import time
import uuid
from pathlib import Path

from pymongo.errors import PyMongoError

from mongod import COLLECTION, DATABASE, TOKENS, Mongod, health_event
from support import EVENT_IDS, PATIENCE, Exporter, IntegrationTest, wait_until

LOST = "The stream's position was lost; the stored events are read again from the last safe time"
READ_AGAIN = "Reading the datastore failed, trying again"
NO_ANSWER = "The datastore does not answer, trying again"
SOURCE_ERRORS = "health_events_exporter_source_errors_total"
QUEUE_EVENTS = "health_events_exporter_queue_events"


def event_id(document_id):
    return str(uuid.uuid5(EVENT_IDS, f"mongodb/{DATABASE}/{COLLECTION}/{document_id}"))


def now():
    return datetime.datetime.now(datetime.timezone.utc)


class Host:
    """A test case towards the processes that all tests of a class share."""

    def __init__(self, case):
        folder = tempfile.TemporaryDirectory(prefix="exporter-it-")
        case.addClassCleanup(folder.cleanup)
        case.addClassCleanup(self.end_processes)
        self.addCleanup = case.addClassCleanup
        self.folder = Path(folder.name)
        self.processes = []

    def end_processes(self):
        for process in self.processes:
            process.kill()

    @staticmethod
    def assertEqual(left, right, text):
        if left != right:
            raise AssertionError(f"{left} is not {right}: {text}")


class MongodbCase(IntegrationTest):
    """Tests that share one MongoDB, and each begin with an empty database on a server that is well."""

    SERVER = {}  # of Mongod

    @classmethod
    def setUpClass(cls):
        cls.mongod = Mongod(Host(cls), **cls.SERVER)

    def setUp(self):
        super().setUp()
        self.mend()
        self.begin_anew()

    def begin_anew(self):
        """With an empty database."""
        self.mongod.client().drop_database(DATABASE)
        self.inserted = []  # the _ids of the events that must arrive
        self.made_until = now()
        self.numbers = itertools.count()  # of events; those of a node rise, by which the sink judges the order

    def mend(self):
        """A test that failed may have left the server stopped."""
        for index, node in enumerate(self.mongod.nodes):
            if node.child.poll() is not None:
                self.mongod.restart(index)
            elif node.state() == "T":
                node.resume()

    def exporter(self, sink, uri=None, workers=8, **changed):
        """`changed` are settings, as of config()."""
        self.config_path = self.config(sink.url, drop=("datastore.provider", "datastore.path"), **changed)
        return self.exporter_again(uri, workers)

    def exporter_again(self, uri=None, workers=8):
        """With the settings of the last one."""
        return Exporter(self, self.config_path, workers=workers, environment={
            "MONGODB_URI": uri or self.mongod.uri(), "MONGODB_DATABASE_NAME": DATABASE,
            "MONGODB_TOKEN_COLLECTION_NAME": TOKENS})

    def make(self, count, created=None, nodes=16):
        """Events that were created in this order, a millisecond apart, and after all before that were made now."""
        if created is None:
            created = max(now(), self.made_until)
            self.made_until = created + datetime.timedelta(milliseconds=count)
        made = []
        for index, number in enumerate(itertools.islice(self.numbers, count)):
            made.append(health_event(number, f"gpu-node-{number % nodes}",
                                     created + datetime.timedelta(milliseconds=index), metadata={"seq": str(number)}))
        return made

    def insert(self, documents):
        """Through every failure of the server, each document once."""
        self.inserted += [document["_id"] for document in documents]
        deadline = time.monotonic() + 90 * PATIENCE
        left = documents
        while left:
            try:
                self.mongod.events.insert_many(left)
                return
            except PyMongoError:
                if time.monotonic() > deadline:
                    raise
            left = self.not_stored(documents, deadline)

    def not_stored(self, documents, deadline):
        while True:
            try:
                ids = [document["_id"] for document in documents]
                stored = {found["_id"] for found in self.mongod.events.find({"_id": {"$in": ids}}, {"_id": 1})}
                return [document for document in documents if document["_id"] not in stored]
            except PyMongoError:
                if time.monotonic() > deadline:
                    raise

    def feed(self, count, rate, batch=10, nodes=16):
        """Inserts events for `count / rate` seconds on a thread of its own."""
        feeder = Feeder(self, count, rate, batch, nodes)
        feeder.start()
        self.addCleanup(feeder.end)
        return feeder

    def wait_for_all(self, sink, seconds=60):
        sink.wait_for(len(set(self.inserted)), seconds)

    def audit(self, sink, dead=(), duplicates=0, ordered=True):
        """All that was inserted arrived under its id, and nothing else; how many came more than once."""
        expected = {event_id(key) for key in self.inserted} - {event_id(key) for key in dead}
        ids = sink.ids()
        self.assertEqual((len(expected - set(ids)), len(set(ids) - expected)), (0, 0), "missing, unknown")
        found = sink.audit()
        self.assertEqual(found["received"], sum(ids.values()))
        if ordered:
            self.assertEqual(found["orderViolations"], 0)
        self.assertLessEqual(found["duplicates"], duplicates)
        return found["duplicates"]

    def token(self):
        """The saved stream position, None while there is none."""
        document = self.mongod.token_document()
        return document and document.get("resumeToken")

    def wait_for_save(self, behind):
        """Until the saved position is another than that."""
        return wait_until(lambda: self.token() not in (None, behind) and self.token(), "a further saved position")

    def wait_for_settled(self, exporter):
        """Until all that was read is delivered and saved."""
        wait_until(lambda: exporter.metric(QUEUE_EVENTS) == 0, "an empty queue")
        saves = "health_events_exporter_checkpoint_saves_total"
        before = exporter.metric(saves)
        wait_until(lambda: exporter.metric(saves) > before, "a save after that")

    def letters(self):
        return list(self.mongod.database[TOKENS].find({"deadLetterOf": "event-exporter"}))


class Feeder(threading.Thread):
    def __init__(self, case, count, rate, batch, nodes):
        super().__init__(daemon=True)
        self.case, self.count, self.rate, self.batch, self.nodes = case, count, rate, batch, nodes
        self.stopping = threading.Event()
        self.failure = None

    def run(self):
        try:
            start = time.monotonic()
            for done in range(0, self.count, self.batch):
                self.stopping.wait(max(0, start + done / self.rate - time.monotonic()))
                if self.stopping.is_set():
                    return
                self.case.insert(self.case.make(min(self.batch, self.count - done), nodes=self.nodes))
        except Exception as failure:  # told to the test by finish()
            self.failure = failure

    def finish(self, seconds=60):
        """Until all of its events are stored."""
        self.join(seconds * PATIENCE)
        if self.failure or self.is_alive():
            raise AssertionError("not all events could be stored") from self.failure

    def end(self):
        self.stopping.set()
        self.join(100 * PATIENCE)
