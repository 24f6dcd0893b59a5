"""A server that answers nothing for half a minute, as if the network swallowed it. Long, so in a file of its own."""
import time

from mongodb_case import SOURCE_ERRORS, MongodbCase
from support import LabSink, main, request


class MongodbPause(MongodbCase):
    def test_half_a_minute_without_an_answer(self):
        sink = LabSink(self)
        exporter = self.exporter(sink).ready()
        self.insert(self.make(100))
        sink.wait_for(100)
        self.wait_for_settled(exporter)
        self.mongod.pause()
        time.sleep(30)
        self.assertEqual(request(exporter.url("/healthz"))[0], 200)
        failed = exporter.metric(SOURCE_ERRORS)
        self.mongod.resume()
        back = time.monotonic()
        self.insert(self.make(100))
        self.wait_for_all(sink)
        print(f"{failed:.0f} failed reads in 30 s; {time.monotonic() - back:.1f} s from the return to the last event")
        self.assertLessEqual(failed, 12)
        exporter.must_run()
        exporter.stop()
        self.audit(sink, duplicates=0)


if __name__ == "__main__":
    main()
