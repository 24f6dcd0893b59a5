"""How much longer the server keeps what follows the saved position: shown with the right to know it, and as it shrinks."""
from mongod import DATABASE, USER
from mongodb_case import MongodbCase
from support import PATIENCE, LabSink, main, wait_until

HEADROOM = "health_events_exporter_headroom_seconds"
UNTOLD = "How long the datastore keeps what is not delivered yet cannot be told"
ROLE = "oplogFirstEntry"


class MongodbHeadroom(MongodbCase):
    SERVER = {"oplog_mb": 2, "scram": True}

    def shown(self, exporter):
        """None while there is no such series."""
        return exporter.metric(HEADROOM) if HEADROOM + " " in exporter.metrics_text() else None

    def history(self):
        """Seconds from the oldest entry of the server's history to the newest."""
        log = self.mongod.client().local["oplog.rs"]
        oldest, newest = (log.find(sort=[("$natural", order)], limit=1)[0]["ts"].time for order in (1, -1))
        return newest - oldest

    def grant(self):
        """As docs/mongodb.md says."""
        admin = self.mongod.client().admin
        admin.command("createRole", ROLE, roles=[], privileges=[
            {"resource": {"db": "local", "collection": "oplog.rs"}, "actions": ["find"]}])
        self.mongod.client()[DATABASE].command("grantRolesToUser", USER, roles=[{"role": ROLE, "db": "admin"}])

    def revoke(self):
        self.mongod.client().admin.command("dropRole", ROLE)

    def test_what_is_shown_without_the_right_and_with_it_and_when_the_history_runs_out(self):
        sink = LabSink(self)
        without = self.exporter(sink, backfill__enabled=False).ready()
        self.insert(self.make(10))
        self.wait_for_all(sink)
        told = without.wait_for_line(UNTOLD)
        self.assertEqual(told["level"], "INFO")
        self.assertIn("grant it read on local.oplog.rs", told["reason"])
        self.assertIsNone(self.shown(without))
        without.stop()
        self.assertEqual(without.lines("Reading the datastore failed, trying again"), [])

        self.grant()
        self.addCleanup(self.revoke)
        exporter = self.exporter_again().ready()
        wait_until(lambda: self.shown(exporter) == float("inf"), "a young server, which has dropped nothing")
        self.mongod.lose_history()
        # The position moves on with the server's own entries, one in ten seconds.
        wait_until(lambda: 0 < self.shown(exporter) < 1000, "a number", 60)
        self.assertLessEqual(self.shown(exporter), self.history() + 16 * PATIENCE)
        self.assertEqual(exporter.lines(UNTOLD), [])

        # Nothing is delivered, so the saved position stands still, and the history goes on.
        sink.post("/faults", statusRates={"503": 1})
        self.insert(self.make(5))
        exporter.wait_for_line("Publish failed, retrying")
        self.mongod.lose_history(self.token())
        wait_until(lambda: self.shown(exporter) == 0, "a position that is lost", 40)
        sink.post("/faults", statusRates={})
        self.wait_for_all(sink)
        self.wait_for_settled(exporter)
        exporter.stop()


if __name__ == "__main__":
    main()
