"""MongoDB is there and refuses: what it says at once is met with pauses that grow, and nothing is missing."""
import time

from mongodb_case import NO_ANSWER, READ_AGAIN, SOURCE_ERRORS, MongodbCase
from support import LabSink, main, request, wait_until

REFUSALS = (
    {"errorCode": 13},  # Unauthorized
    {"errorCode": 43},  # CursorNotFound
    {"errorCode": 91},  # ShutdownInProgress
    {"errorCode": 189},  # PrimarySteppedDown
    {"errorCode": 11601},  # Interrupted
    {"errorCode": 123456},  # one that nobody knows
    {"closeConnection": True},
)
SAVE_ERRORS = "health_events_exporter_checkpoint_errors_total"
# In one second, with pauses of 100 ms that double: five, and one more for what was under way.
MOST_IN_A_SECOND = 6


class MongodbRefusal(MongodbCase):
    SERVER = {"test_commands": True}

    def setUp(self):
        super().setUp()
        self.addCleanup(self.mongod.refuse)
        self.sink = LabSink(self)

    def test_the_stream(self):
        exporter = self.exporter(self.sink).ready()
        for refusal in REFUSALS:
            with self.subTest(**refusal):
                self.insert(self.make(10))
                self.wait_for_all(self.sink)
                before = exporter.metric(SOURCE_ERRORS)
                self.mongod.refuse("aggregate", "getMore", **refusal)
                wait_until(lambda: exporter.metric(SOURCE_ERRORS) > before, "a failed read")
                time.sleep(1)
                failed = exporter.metric(SOURCE_ERRORS) - before
                self.mongod.refuse()
                print(f"{refusal}: {failed:.0f} failed reads")
                self.assertLessEqual(failed, MOST_IN_A_SECOND)
                self.insert(self.make(10))
                self.wait_for_all(self.sink)
        exporter.must_run()
        exporter.stop()
        self.audit(self.sink, duplicates=0)

    def test_the_first_start(self):
        self.insert(self.make(10))
        self.mongod.refuse("find", "aggregate", errorCode=13)
        exporter = self.exporter(self.sink)
        exporter.wait_for_line(NO_ANSWER)
        time.sleep(1)
        self.assertLessEqual(len(exporter.lines(NO_ANSWER)), MOST_IN_A_SECOND)
        self.assertEqual(request(exporter.url("/healthz"))[0], 200)
        self.mongod.refuse()
        self.wait_for_all(self.sink)
        exporter.stop()
        self.audit(self.sink, duplicates=0)

    def test_the_backfill(self):
        self.insert(self.make(1000))
        exporter = self.exporter(self.sink, backfill__rate_limit=1000, backfill__batch_size=50)
        self.sink.wait_for(200)
        self.mongod.refuse("find", errorCode=13)
        exporter.wait_for_line(READ_AGAIN)
        time.sleep(1)
        self.assertLessEqual(exporter.metric(SOURCE_ERRORS), MOST_IN_A_SECOND)
        self.mongod.refuse()
        self.wait_for_all(self.sink)
        exporter.stop()
        self.audit(self.sink, duplicates=0)

    def test_saving(self):
        exporter = self.exporter(self.sink).ready()
        for refusal in REFUSALS[::3]:
            with self.subTest(**refusal):
                before = exporter.metric(SAVE_ERRORS)
                self.mongod.refuse("update", "insert", **refusal)
                self.insert(self.make(10))
                wait_until(lambda: exporter.metric(SAVE_ERRORS) > before, "a failed save")
                self.wait_for_all(self.sink)
                time.sleep(1)
                failed = exporter.metric(SAVE_ERRORS) - before
                token = self.token()
                self.mongod.refuse()
                print(f"{refusal}: {failed:.0f} failed saves")
                # 200 ms that double.
                self.assertLessEqual(failed, 5)
                self.wait_for_save(behind=token)
        exporter.stop()
        self.audit(self.sink, duplicates=0)


if __name__ == "__main__":
    main()
