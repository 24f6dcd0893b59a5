"""Two exporters on one datastore: one sends, the other stands by and takes over. Whichever datastore it is."""
import signal
from pathlib import Path

from support import LabSink, request, wait_until

STANDBY = "Standby: another exporter holds the lease"
HOLDING = "Holding the lease"
LOST = "Another exporter has taken the lease over; becoming standby"
HELD = "health_events_exporter_lease_held"
TAKEOVERS = "health_events_exporter_lease_takeovers_total"


class Pair:
    """Mixed into a test case that knows its datastore: start(), insert_some(), lease(), position() and check()."""

    def two(self, **settings):
        """A holder that has its first position, and a standby, both alive."""
        self.sink = LabSink(self)
        holder = self.start(self.sink, **settings).ready()
        standby = self.start(self.sink, **settings)
        standby.wait_for_line(STANDBY)
        return holder, standby

    def health(self, exporter, path):
        return request(exporter.url(path))[0]

    def freeze(self, exporter):
        exporter.send(signal.SIGSTOP)
        state = Path(f"/proc/{exporter.child.pid}/stat")
        wait_until(lambda: state.read_text().rsplit(")", 1)[1].split()[0] == "T", "a frozen process")

    def arrive(self, count, total):
        self.insert_some(count)
        self.sink.wait_for(total)

    def test_one_sends_and_after_its_orderly_end_the_other_does(self):
        # The term cannot be it that ends the wait.
        holder, standby = self.two(lease__term="1h")
        self.arrive(100, 100)
        self.assertEqual((holder.metric(HELD), standby.metric(HELD)), (1, 0))
        self.assertEqual(standby.metric(TAKEOVERS), 0)
        self.assertEqual(standby.lines("Starting event stream"), [])
        # A rollout waits until the new one is ready, and it becomes one of these first.
        self.assertEqual((self.health(standby, "/healthz"), self.health(standby, "/readyz")), (200, 200))
        epoch = self.lease()["epoch"]
        holder.stop()
        self.insert_some(100)
        standby.wait_for_line(HOLDING)
        self.sink.wait_for(200)
        self.assertEqual(self.lease()["epoch"], epoch + 1)
        self.assertEqual(standby.metric(HELD), 1)
        standby.stop()
        # Given back, so that the next one need not wait.
        self.assertEqual((self.lease()["holder"], self.lease()["epoch"]), ("", epoch + 1))
        self.check(self.sink, 200, duplicates=0)

    def test_a_killed_holder_is_known_to_be_dead_on_the_same_machine(self):
        # Only by proof can this end before the test's patience does.
        holder, standby = self.two(lease__term="1h")
        self.arrive(50, 50)
        holder.kill()
        self.arrive(50, 100)
        standby.wait_for_line(HOLDING)
        standby.stop()
        self.check(self.sink, 100)

    def test_a_standby_ends_at_once(self):
        holder, standby = self.two(lease__term="1h")
        standby.stop()
        self.arrive(20, 20)
        self.assertEqual(holder.metric(TAKEOVERS), 1)
        holder.stop()
        self.check(self.sink, 20, duplicates=0)

    def test_a_frozen_holder_loses_the_lease_and_finds_out(self):
        # Frozen it is not dead, so that only the term decides.
        holder, standby = self.two(lease__term="2s")
        self.arrive(50, 50)
        before = self.position()
        self.freeze(holder)
        self.arrive(50, 100)
        standby.wait_for_line(HOLDING)
        wait_until(lambda: self.position() > before, "progress of the new holder")
        position = self.position()
        holder.send(signal.SIGCONT)
        holder.wait_for_line(LOST)
        holder.wait_for_line(STANDBY)
        self.assertGreaterEqual(self.position(), position)
        # And back again: the old one is a standby like any other.
        standby.stop()
        self.arrive(50, 150)
        holder.wait_for_line(HOLDING, count=2)
        holder.stop()
        self.check(self.sink, 150)
