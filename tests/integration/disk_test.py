"""The disk under an SQLite file is full: what the exporter writes fails, what others write does not.

No test may fill a disk, so it is a limit on the size of the files that this one process writes.
"""
import json
import resource
import sqlite3

from support import Exporter, IntegrationTest, LabSink, main, request, wait_until

FAILED_SAVES = "health_events_exporter_checkpoint_errors_total"


class FullDisk(IntegrationTest):
    def fill(self, sink, exporter):
        """From now on the exporter cannot make the write-ahead log longer, and there is no room left inside it."""
        holder = sqlite3.connect(self.store.path, isolation_level=None)
        self.addCleanup(holder.close)
        wait_until(lambda: holder.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, "an empty log")
        # A reader that holds on to the past keeps the log from being begun anew.
        holder.execute("BEGIN")
        holder.execute("SELECT count(*) FROM health_events").fetchall()
        self.generate(300, "--rate", 5000, "--seed", 2)
        sink.wait_for(600)
        wait_until(self.all_saved, "a position behind all events")
        size = (self.folder / "events.db-wal").stat().st_size
        self.assertGreater(size, 2 * exporter.log.stat().st_size, "the log of the program must be able to grow")
        resource.prlimit(exporter.child.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def all_saved(self):
        newest = self.store.rows("SELECT max(id) FROM datastore_changelog")[0][0]
        return json.loads(self.store.saved()[0][0])["eventID"] == newest

    @staticmethod
    def mend(exporter):
        resource.prlimit(exporter.child.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def start(self):
        sink = LabSink(self)
        # A lease that cannot be renewed either lets nothing be sent after three quarters of its term.
        config = self.config(sink.url, lease__term="1h")
        exporter = Exporter(self, config).ready()
        self.generate(300, "--rate", 5000)
        sink.wait_for(300)
        wait_until(self.all_saved, "a save")
        return sink, config, exporter

    def test_saves_fail_and_delivery_goes_on_until_there_is_room_again(self):
        sink, config, exporter = self.start()
        self.fill(sink, exporter)
        self.generate(200, "--rate", 3000, "--seed", 3)
        sink.wait_for(800)
        wait_until(lambda: exporter.metric(FAILED_SAVES) >= 2 or exporter.must_run(), "two failed saves")
        status, reason = request(exporter.url("/readyz"))
        self.assertEqual((status, reason.split(":")[0]), (503, "progress cannot be saved"))
        self.assertFalse(self.all_saved())
        self.mend(exporter)
        wait_until(lambda: self.all_saved() or exporter.must_run(), "a save after the mend")
        wait_until(lambda: request(exporter.url("/readyz")) == (200, "ok"), "an exporter that is ready")
        exporter.stop()
        # Whoever starts over from the saved position finds nothing left.
        second = Exporter(self, config).ready()
        self.generate(1, "--rate", 1000, "--seed", 4)
        sink.wait_for(801)
        second.stop()
        self.assert_all_delivered(sink, 801, duplicates=0)
        self.assertEqual(self.store.letters(), [])

    def test_a_dead_letter_that_cannot_be_stored_waits_and_holds_the_position(self):
        sink, config, exporter = self.start()
        self.fill(sink, exporter)
        before = self.store.saved()
        self.store.insert('{"healthevent": 5}')
        self.generate(100, "--rate", 3000, "--seed", 3)
        sink.wait_for(700)
        exporter.wait_for_line("A dead letter could not be stored, trying again")
        self.assertEqual((self.store.letters(), self.store.saved()), ([], before))
        self.mend(exporter)
        wait_until(lambda: self.store.letters() or exporter.must_run(), "the dead letter")
        wait_until(lambda: self.store.saved() != before, "a save behind it")
        exporter.stop()
        self.assert_all_delivered(sink, 701, duplicates=0, dead=1)


if __name__ == "__main__":
    main()
