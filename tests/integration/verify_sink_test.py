"""verify-sink: each step of the way to the sink, good and bad, and that its output holds no secret."""
import http.server
import json
import signal
import threading

from certificates import Authority
from gate import Gate
from support import BINARY, SECRET, IntegrationTest, LabSink, Process, main, wait_until
from tls_front import TlsFront

TOKEN_STEPS = ["configuration", "client secret", "token endpoint DNS", "token endpoint TCP", "token endpoint TLS", "token"]
STEPS = TOKEN_STEPS + ["sink DNS", "sink TCP", "sink TLS", "test event"]
MARK = "event-exporter-verify-sink"
ID = r"^ffffffff-ffff-8fff-bfff-[0-9a-f]{12}$"


class Answering(http.server.ThreadingHTTPServer):
    """A sink that gives one answer to everything, or none while it `hangs`. It keeps the tokens that it was shown."""

    daemon_threads = True

    def __init__(self, case, status, headers=(), body="", hangs=False):
        self.status, self.headers, self.body = status, headers, body
        self.tokens = []
        self.bodies = []
        self.done = threading.Event()
        if not hangs:
            self.done.set()
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        case.addCleanup(self.server_close)
        case.addCleanup(self.shutdown)
        case.addCleanup(self.done.set)


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        token = self.headers["Authorization"].removeprefix("Bearer ")
        self.server.tokens.append(token)
        self.server.done.wait()
        body = self.server.body.replace("TOKEN", token).encode()
        try:
            self.send_response(self.server.status)
            for name, value in self.server.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # given up meanwhile
            self.close_connection = True

    def log_message(self, *_):
        pass


class VerifySink(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.sink = LabSink(self)

    def arguments(self, config, *flags, secret_file=None):
        return ["verify-sink", f"--config={config}", f"--oidc-secret-path={secret_file or self.secret_file}", *flags]

    def verify(self, config, code, *flags, secret_file=None, environment=None):
        """The steps as dicts by name, in their order."""
        done = self.run_binary(*self.arguments(config, "--json", *flags, secret_file=secret_file),
                               environment=environment)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        self.assertNotIn(SECRET, done.stdout)
        steps = [json.loads(line) for line in done.stdout.splitlines()]
        failed = [step["step"] for step in steps if step["outcome"] == "failed"]
        self.assertEqual(len(failed), 0 if code == 0 else 1, done.stdout)
        self.assertEqual(steps[0]["step"], "configuration")
        return {step["step"]: step for step in steps}

    def fails(self, config, name, *texts, code=1, **more):
        """It fails at this step, all later ones are skipped for its sake, and its words hold each of the texts."""
        steps = self.verify(config, code, **more)
        self.assertEqual(list(steps), STEPS)
        after = False
        for step in steps.values():
            if step["step"] == name:
                self.assertEqual(step["outcome"], "failed")
                after = True
            elif after:
                self.assertEqual((step["outcome"], step["seen"]), ("skipped", f"{name} failed"))
            elif step["seen"] != "not used: plain http":
                self.assertEqual(step["outcome"], "ok")
        words = steps[name]["seen"] + " | " + " | ".join(steps[name]["remedies"])
        for text in texts:
            self.assertIn(text, words)
        return steps

    def front(self, names, authority, days=2):
        path = authority.issue(f"server{len(names)}{names[-2:]}{days}", "/O=lab/CN=server", [f"subjectAltName={names}"], days)
        front = TlsFront(path, self.sink.port)
        self.addCleanup(front.close)
        return front

    def sink_of(self, front, **more):
        """A configuration whose token endpoint is plain and whose sink is behind TLS."""
        return self.config(self.sink.url, sink__endpoint=front.url + "/events", **more)

    def answers(self, status, *texts, **more):
        """One answer of the sink to the test event, and the words of the step."""
        server = Answering(self, status, **more)
        steps = self.fails(self.config(self.sink.url, sink__endpoint=server.url + "/events"), "test event", *texts)
        self.assertEqual(len(server.bodies), 1)
        self.assertEqual(steps["test event"]["facts"]["status"], str(status))
        return server, steps

    def test_over_tls_every_step_is_ok_and_the_sink_gets_one_marked_event(self):
        front, ca = self.front("IP:127.0.0.1", Authority(self.folder, "ca")), str(self.folder / "ca.pem")
        steps = self.verify(self.config(front.url, sink__ca_file=ca, oidc__ca_file=ca), 0)
        self.assertEqual(list(steps), STEPS)
        self.assertEqual({step["outcome"] for step in steps.values()}, {"ok"})
        for name in ("token endpoint TLS", "sink TLS"):
            facts = steps[name]["facts"]
            self.assertEqual((facts["protocol"], facts["subject"], facts["issuer"], facts["names"], facts["verified"]),
                             ("TLSv1.3", "CN=server,O=lab", "CN=ca", "IP:127.0.0.1", "true"))
            self.assertRegex(facts["validUntil"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertEqual(steps[name]["warnings"], ["the certificate ends within 14 days"])
        self.assertEqual(steps["token"]["facts"]["lifetimeSeconds"], "3600")
        audit = self.sink.audit()
        self.assertEqual((audit["received"], audit["tokensGiven"]), (1, 1))
        event = self.sink.events()[0]
        self.assertRegex(event["id"], ID)
        self.assertEqual(steps["test event"]["facts"]["id"], event["id"])

    def test_the_event_that_is_sent_is_marked_in_each_place(self):
        server = Answering(self, 202)
        self.verify(self.config(self.sink.url, sink__endpoint=server.url + "/x"), 0)
        event = json.loads(server.bodies[0])
        self.assertRegex(event["id"], ID)
        self.assertEqual((event["type"], event["source"]),
                         ("com.nvidia.nvsentinel.health.v1", "nvsentinel://it/healthevents"))
        health = event["data"]["healthEvent"]
        self.assertEqual((health["agent"], health["checkName"], health["nodeName"]), (MARK, MARK, MARK))
        self.assertEqual((health["isHealthy"], health["isFatal"], health["processingStrategy"],
                          health["recommendedAction"]), (True, False, "STORE_ONLY", "NONE"))

    def test_for_people_there_is_a_line_for_each_step(self):
        done = self.run_binary(*self.arguments(self.config(self.sink.url)))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
        self.assertEqual([line[9:27].strip() for line in lines], STEPS)
        self.assertEqual(done.stdout.count("warning: what goes to"), 2, done.stdout)
        self.assertNotIn(SECRET, done.stdout)

    def test_plain_http_is_said_and_warned_of(self):
        steps = self.verify(self.config(self.sink.url), 0)
        for name in ("token endpoint TLS", "sink TLS"):
            self.assertEqual((steps[name]["outcome"], steps[name]["seen"]), ("skipped", "not used: plain http"))
            self.assertIn("use https://", steps[name]["warnings"][0])

    def test_a_repeated_event_comes_twice_under_one_id(self):
        steps = self.verify(self.config(self.sink.url), 0, "--repeat-event")
        self.assertEqual(list(steps), [*STEPS, "repeated event"])
        audit = self.sink.audit()
        self.assertEqual((audit["received"], audit["distinctIds"], audit["duplicates"]), (2, 1, 1))

    def test_without_the_event_nothing_is_sent(self):
        steps = self.verify(self.config(self.sink.url), 0, "--no-event")
        self.assertEqual((steps["test event"]["outcome"], steps["test event"]["seen"]),
                         ("skipped", "not asked for: --no-event"))
        audit = self.sink.audit()
        self.assertEqual((audit["tokensGiven"], audit["received"]), (1, 0))
        self.assertEqual(self.run_binary(*self.arguments(self.config(self.sink.url), "--no-event",
                                                         "--repeat-event")).returncode, 2)

    def test_a_broken_configuration_is_refused_with_every_problem(self):
        self.fails(self.config("nonsense", sink__timeout="soon"), "configuration", "exporter.sink.endpoint",
                   "exporter.sink.timeout", "exporter.oidc.token_url", code=2)
        self.fails(self.config("https://127.0.0.1:1", sink__ca_file="/none/ca.pem"), "configuration", "/none/ca.pem", code=2)
        self.fails(self.config("https://127.0.0.1:1", oidc__ca_file="/none/ca.pem"), "configuration", "/none/ca.pem", code=2)

    def test_a_secret_file_that_is_missing(self):
        none = self.folder / "none"
        self.fails(self.config(self.sink.url), "client secret", str(none), "--oidc-secret-path", code=2, secret_file=none)

    def test_a_host_that_nobody_knows(self):
        # RFC 6761: .invalid never exists, whatever name server there is.
        self.fails(self.config(self.sink.url, oidc__token_url="http://nowhere.invalid/token"), "token endpoint DNS",
                   "nowhere.invalid", "exporter.oidc.token_url")
        self.fails(self.config(self.sink.url, sink__endpoint="http://nowhere.invalid/events"), "sink DNS",
                   "nowhere.invalid", "exporter.sink.endpoint")

    def test_a_port_that_is_closed_and_a_proxy_that_is_not_used(self):
        closed = Gate(self, 0, listening=False)
        self.fails(self.config(self.sink.url, oidc__token_url=closed.url + "/token"), "token endpoint TCP",
                   f"127.0.0.1:{closed.port}: Connection refused", "exporter.oidc.token_url")
        proxy = {"HTTPS_PROXY": self.sink.url, "http_proxy": self.sink.url}
        steps = self.fails(self.config(self.sink.url, sink__endpoint=f"http://localhost:{closed.port}/events"),
                           "sink TCP", "Connection refused", "HTTPS_PROXY is set", "http_proxy is set",
                           environment=proxy)
        self.assertEqual(steps["sink TCP"]["facts"]["tried"], f"127.0.0.1:{closed.port}, [::1]:{closed.port}")

    def test_an_authority_that_is_not_known(self):
        front = self.front("IP:127.0.0.1", Authority(self.folder, "ca"))
        other = str(Authority(self.folder, "other").pem)
        self.fails(self.sink_of(front), "sink TLS", "certificate is refused", "CN=ca", "exporter.sink.ca_file")
        self.fails(self.sink_of(front, sink__ca_file=other), "sink TLS", f"exporter.sink.ca_file ({other})")
        self.fails(self.config(self.sink.url, oidc__token_url=front.url + "/token"), "token endpoint TLS",
                   "certificate is refused", "exporter.oidc.ca_file")
        self.assertEqual(self.sink.audit()["received"], 0)

    def test_a_certificate_that_is_over_or_for_another_host(self):
        authority, ca = Authority(self.folder, "ca"), str(self.folder / "ca.pem")
        self.fails(self.sink_of(self.front("IP:127.0.0.1", authority, -1), sink__ca_file=ca), "sink TLS", "expired",
                   "(over)", "renew")
        self.fails(self.sink_of(self.front("DNS:other.example", authority), sink__ca_file=ca), "sink TLS",
                   "IP address mismatch", "DNS:other.example", "exporter.sink.endpoint")

    def test_a_port_without_tls(self):
        self.fails(self.config(self.sink.url, sink__endpoint=f"https://127.0.0.1:{self.sink.port}/events",
                               sink__timeout="500ms"), "sink TLS", "does the server speak TLS", "http://")

    def test_without_verification_it_goes_on_and_says_what_is_wrong(self):
        front = self.front("DNS:other.example", Authority(self.folder, "ca"))
        steps = self.verify(self.config(front.url, sink__insecure_skip_verify=True, oidc__insecure_skip_verify=True,
                                        sink__ca_file=str(self.folder / "ca.pem")), 0)
        self.assertIn("it would be refused: IP address mismatch", steps["sink TLS"]["warnings"][0])
        self.assertIn("it would be refused: unable to get local issuer", steps["token endpoint TLS"]["warnings"][0])
        self.assertEqual(steps["sink TLS"]["facts"]["verified"], "false")
        self.assertEqual(self.sink.audit()["received"], 1)

    def test_a_secret_that_the_token_endpoint_refuses(self):
        wrong = self.folder / "wrong"
        wrong.write_text("another-secret-value")
        steps = self.fails(self.config(self.sink.url), "token", "401", "invalid_client", "client secret file",
                           secret_file=wrong)
        self.assertNotIn("another-secret-value", json.dumps(steps))

    def test_a_sink_that_does_not_accept_the_token(self):
        self.answers(401, "fetch a new token", "issuer", "exporter.oidc.scope")

    def test_a_sink_that_forbids_it(self):
        self.answers(403, "deliver nothing, lose nothing", "right to send events")

    def test_a_path_that_is_not_there(self):
        self.answers(404, "deliver nothing, lose nothing", "exporter.sink.endpoint")

    def test_a_sink_that_refuses_the_event_and_repeats_the_token(self):
        server, steps = self.answers(400, "dead letter", "no checkName of ours", "numeric_action",
                                     body="no checkName of ours; you sent TOKEN")
        self.assertGreater(len(server.tokens[0]), 12)
        self.assertNotIn(server.tokens[0], json.dumps(steps))
        self.assertIn("[redacted]", steps["test event"]["facts"]["answer"])

    def test_a_sink_that_fails(self):
        self.answers(500, "wait and send the event again", "the sink's log says why")
        self.answers(503, "after 7s at the earliest", headers=[("Retry-After", "7")])

    def test_a_sink_that_redirects_is_not_followed(self):
        self.answers(302, "redirects are never followed", headers=[("Location", self.sink.url + "/events")])
        self.assertEqual(self.sink.audit()["received"], 0)

    def test_a_sink_that_does_not_answer_in_time(self):
        server = Answering(self, 202, hangs=True)
        steps = self.fails(self.config(self.sink.url, sink__endpoint=server.url + "/events", sink__timeout="500ms"),
                           "test event", "no answer", "wait and send the event again", "exporter.sink.timeout (500ms)")
        self.assertEqual(steps["test event"]["facts"]["failure"], "timeout")

    def test_a_signal_ends_it_at_once(self):
        server = Answering(self, 202, hangs=True)
        config = self.config(self.sink.url, sink__endpoint=server.url + "/events", sink__timeout="1h")
        process = Process(self, [BINARY, *self.arguments(config)], "verify")
        wait_until(lambda: server.bodies, "the test event at the sink")
        process.send(signal.SIGINT)
        self.assertEqual(process.wait(), 1, process.output())
        self.assertIn("stopped by a signal", process.output())


if __name__ == "__main__":
    main()
