"""The wall clock is wrong by hours, and right again after a restart.

Debian's libfaketime shows it another CLOCK_REALTIME than ours; CLOCK_MONOTONIC, which nobody can set, is left alone. It
must not jump while the program runs: the library would also move timers (timerfd_settime) that the kernel does not.
Jumps in the middle of the work are left to the simulation.
"""
import email.utils
import glob
import http.server
import json
import threading
import time

from support import Exporter, IntegrationTest, LabSink, main, wait_until

LIBRARY = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")[0]
LOST = "The stream's position was lost; the stored events are read again from the last safe time"


class AsksToWait(http.server.ThreadingHTTPServer):
    """A sink that answers the first request 503 with a date of Retry-After two seconds ahead, and takes all others."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), AsksToWaitHandler)
        self.bodies, self.first = [], threading.Lock()
        self.refused_at = self.taken_at = None
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class AsksToWaitHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = b"{}"
        if self.path == "/token":
            answer = b'{"access_token": "token", "token_type": "Bearer", "expires_in": 3600}'
            self.send_response(200)
        elif self.server.first.acquire(blocking=False):  # and never released
            self.send_response(503)
            self.server.refused_at = time.monotonic()
            self.send_header("Retry-After", email.utils.formatdate(time.time() + 2, usegmt=True))
        else:
            self.server.taken_at = time.monotonic()  # at last, of the one that had to wait
            self.server.bodies.append(json.loads(body))
            self.send_response(202)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Clock(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.offset = self.folder / "clock"
        self.jump(0)

    def jump(self, hours):
        """The exporter's wall clock is so far from ours."""
        new = self.folder / "clock.new"
        new.write_text(f"{hours:+d}h\n")
        new.rename(self.offset)

    def exporter(self, sink_url, **changed):
        return Exporter(self, self.config(sink_url, **changed), environment={
            "LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": str(self.offset), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}).ready()

    def lose_history_after_a_run_under_another_clock(self, hours):
        self.jump(hours)
        self.generate(100)
        sink = LabSink(self)
        exporter = self.exporter(sink.url)
        self.generate(50, "--rate", 1000, "--seed", 2)
        sink.wait_for(150)
        exporter.stop()
        watermark = json.loads(self.store.saved()[0][1])["watermarkNanos"]
        self.assertLess(watermark, time.time_ns(), "the time up to which all is settled lies in the future")
        # What comes now vanishes from the change log before it is read.
        self.generate(20, "--rate", 1000, "--seed", 3)
        self.store.rows("DELETE FROM datastore_changelog")
        self.generate(1, "--rate", 1000, "--seed", 4)
        self.jump(0)
        second = self.exporter(sink.url)
        second.wait_for_line(LOST)
        sink.wait_for(171)
        second.stop()
        self.assert_all_delivered(sink, 171)

    def test_a_clock_that_is_hours_ahead_hides_nothing_that_is_lost_later(self):
        self.lose_history_after_a_run_under_another_clock(5)

    def test_a_clock_that_is_hours_behind_hides_nothing_that_is_lost_later(self):
        self.lose_history_after_a_run_under_another_clock(-7)

    def wait_for_a_date_of_the_sink(self, hours):
        self.generate(20)
        sink = AsksToWait()
        self.addCleanup(sink.server_close)
        self.addCleanup(sink.shutdown)
        self.jump(hours)
        exporter = self.exporter(sink.url)
        # By its own clock the exporter would not wait at all, or for hours (the ceiling is 5 minutes).
        wait_until(lambda: len(sink.bodies) == 20, "all events")
        exporter.stop()
        self.assertGreater(sink.taken_at - sink.refused_at, 1)
        self.assertEqual(len({body["id"] for body in sink.bodies}), 20)

    def test_a_date_to_wait_for_is_the_sinks_and_so_is_its_clock_when_ours_is_ahead(self):
        self.wait_for_a_date_of_the_sink(5)

    def test_a_date_to_wait_for_is_the_sinks_and_so_is_its_clock_when_ours_is_behind(self):
        self.wait_for_a_date_of_the_sink(-7)


if __name__ == "__main__":
    main()
