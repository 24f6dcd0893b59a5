"""TLS with real certificates, made on the spot: what is trusted, what is refused, and that a refusal loses nothing."""
from certificates import Authority
from support import Exporter, IntegrationTest, LabSink, main, wait_until
from tls_front import TlsFront


class Tls(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.generate(50)
        self.sink = LabSink(self)
        self.authority = Authority(self.folder, "ca")

    def front(self, names):
        """The lab's sink behind TLS, its certificate for these names and by our authority."""
        path = self.authority.issue(f"server{len(names)}{names[-2:]}", "/CN=server", [f"subjectAltName={names}"])
        front = TlsFront(path, self.sink.port)
        self.addCleanup(front.close)
        return front

    def delivers(self, config):
        exporter = Exporter(self, config)
        self.sink.wait_for(50)
        exporter.stop()
        self.assert_all_delivered(self.sink, 50, duplicates=0)
        return exporter

    def waits(self, config, front, line):
        """Nothing gets through, the program stays, says why, and goes on to refuse."""
        exporter = Exporter(self, config)
        record = exporter.wait_for_line(line)
        wait_until(lambda: front.refused >= 2, "two refused handshakes")
        exporter.must_run()
        exporter.stop()
        self.assertEqual(self.sink.audit()["received"], 0)
        self.assertEqual(self.store.letters(), [])
        return record

    def test_a_certificate_of_the_configured_authority_is_accepted_for_sink_and_token_endpoint(self):
        ca = str(self.folder / "ca.pem")
        exporter = self.delivers(self.config(self.front("IP:127.0.0.1").url, sink__ca_file=ca, oidc__ca_file=ca))
        self.assertNotIn("verification", exporter.output())

    def test_an_unknown_authority_of_the_sink_is_refused_and_after_the_mend_everything_arrives(self):
        front = self.front("IP:127.0.0.1")
        record = self.waits(self.config(self.sink.url, sink__endpoint=front.url + "/events"), front,
                            "Publish failed, retrying")
        self.assertRegex(record["error"], "(?i)tls|certificate")
        self.delivers(self.config(self.sink.url, sink__endpoint=front.url + "/events",
                                  sink__ca_file=str(self.folder / "ca.pem")))

    def test_a_certificate_for_another_host_is_refused_and_after_the_mend_everything_arrives(self):
        front, ca = self.front("DNS:other.example"), str(self.folder / "ca.pem")
        self.waits(self.config(self.sink.url, sink__endpoint=front.url + "/events", sink__ca_file=ca), front,
                   "Publish failed, retrying")
        right = self.front("IP:127.0.0.1")
        self.delivers(self.config(self.sink.url, sink__endpoint=right.url + "/events", sink__ca_file=ca))

    def test_an_untrusted_token_endpoint_gets_no_secret_and_events_wait(self):
        front = self.front("IP:127.0.0.1")
        other = str(Authority(self.folder, "other").pem)
        self.waits(self.config(self.sink.url, oidc__token_url=front.url + "/token", oidc__ca_file=other), front,
                   "Token fetch failed, will retry")
        self.assertEqual(self.sink.audit()["tokenRequests"], 0)
        self.delivers(self.config(self.sink.url, oidc__token_url=front.url + "/token",
                                  oidc__ca_file=str(self.folder / "ca.pem")))

    def test_verification_that_is_switched_off_warns_and_delivers(self):
        front = self.front("DNS:other.example")
        exporter = self.delivers(self.config(front.url, sink__insecure_skip_verify=True,
                                             oidc__insecure_skip_verify=True))
        warned = [line for line in exporter.output().splitlines() if "verification of the" in line and "WARN" in line]
        self.assertEqual(len(warned), 2, exporter.output())


if __name__ == "__main__":
    main()
