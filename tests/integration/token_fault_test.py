"""The token endpoint and the client secret fail and change apart from the sink."""
import os

from gate import Gate
from support import SECRET, Exporter, IntegrationTest, LabSink, main, wait_until

FAILED = "Token fetch failed, will retry"
QUEUE_EVENTS = "health_events_exporter_queue_events"


class TokenFault(IntegrationTest):
    def start(self, *options):
        """The sink, a gate to its token endpoint alone, and the exporter, which has delivered 50 events."""
        self.generate(50)
        sink = LabSink(self, *options)
        gate = Gate(self, sink.port)
        exporter = Exporter(self, self.config(sink.url, oidc__token_url=gate.url + "/token")).ready()
        sink.wait_for(50)
        return sink, gate, exporter

    def test_an_endpoint_that_is_down_while_the_token_is_good_holds_up_nothing(self):
        sink, gate, exporter = self.start()
        gate.refuse()
        self.generate(200, "--rate", 2000, "--seed", 2)
        sink.wait_for(250)
        exporter.stop()
        self.assertEqual(self.assert_all_delivered(sink, 250, duplicates=0)["tokensGiven"], 1)

    def test_one_that_is_down_when_the_token_ends_makes_the_events_wait(self):
        sink, gate, exporter = self.start("--expires-in", "1s")
        gate.refuse()
        # The next token is due when the last one ends.
        exporter.wait_for_line(FAILED)
        self.generate(100, "--rate", 2000, "--seed", 2)
        wait_until(lambda: exporter.metric(QUEUE_EVENTS) == 100, "all new events in the queue")
        self.assertEqual(sink.audit()["distinctIds"], 50)
        self.assertGreater(gate.refused, 0)
        gate.refuse(False)
        sink.wait_for(150)
        exporter.stop()
        self.assert_all_delivered(sink, 150, duplicates=0)
        self.assertEqual(self.store.letters(), [])

    def test_one_that_is_down_after_the_sink_has_forgotten_the_token_makes_the_events_wait(self):
        sink, gate, exporter = self.start()
        gate.refuse()
        sink.post("/tokens/revoke")
        self.generate(100, "--rate", 2000, "--seed", 2)
        exporter.wait_for_line(FAILED)
        wait_until(lambda: exporter.metric(QUEUE_EVENTS) == 100, "all new events in the queue")
        # Who has no token asks nobody: as many requests as were out under the old one.
        self.assertLessEqual(sink.audit()["statuses"]["401"], 8)
        gate.refuse(False)
        sink.wait_for(150)
        exporter.stop()
        self.assert_all_delivered(sink, 150, duplicates=0)
        self.assertEqual(self.store.letters(), [])

    def test_a_secret_that_is_rotated_while_it_runs_is_read_again(self):
        mount = self.folder / "mount"
        self.mounted(mount, SECRET)
        self.generate(50)
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url), secret_file=mount / "secret").ready()
        sink.wait_for(50)
        first = sink.ids()
        self.mounted(mount, "another-secret")
        # The new sink knows neither the old secret nor the old token.
        self.secret_file.write_text("another-secret")
        sink.kill()
        second = LabSink(self, port=sink.port)
        self.generate(100, "--rate", 2000, "--seed", 2)
        second.wait_for(100)
        exporter.stop()
        audit = second.audit()
        self.assertEqual((audit["tokenRequests"], audit["tokensGiven"]), (1, 1))
        self.assertEqual(len(first | second.ids()), 150)
        self.assertEqual(self.store.letters(), [])

    def mounted(self, mount, secret):
        """The file as Kubernetes replaces it: a link to a folder is exchanged for another."""
        mount.mkdir(exist_ok=True)
        version = mount / f"..{len(os.listdir(mount))}"
        version.mkdir()
        (version / "secret").write_text(secret)
        (mount / "..new").symlink_to(version.name)
        os.replace(mount / "..new", mount / "..data")
        if not (mount / "secret").is_symlink():
            (mount / "secret").symlink_to("..data/secret")


if __name__ == "__main__":
    main()
