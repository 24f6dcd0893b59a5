"""Traces: the real program, a real OTLP gRPC receiver, and a sink that notes the header it is sent."""
import http.server
import json
import os
import re
import socket
import threading
from pathlib import Path

from certificates import Authority
from support import BINARY, Exporter, IntegrationTest, LabSink, Process, main, wait_until

RECEIVER = os.environ.get("EXPORTER_OTLP_RECEIVER", str(Path(BINARY).parent / "otlp_receiver"))
TRACE = "4bf92f3577b34da6a3ce929d0e0e47%02x"
CONNECTOR = "00f067aa0ba902%02x"
PROCESS, PUBLISH, TRANSFORM = ("event_exporter.process_event", "event_exporter.publish_with_retry",
                               "event_exporter.transform")


def document(number, trace_id=None, span_id=None, message="m"):
    event = {"version": 1, "agent": "a", "checkName": "c", "nodeName": "n", "message": message,
             "generatedTimestamp": {"seconds": 1700000000 + number},
             "metadata": {} if trace_id is None else {"trace_id": trace_id}}
    spans = {} if span_id is None else {"platform-connector": span_id}
    return json.dumps({"healthevent": event, "healtheventstatus": {"spanids": spans}})


class Receiver(Process):
    def __init__(self, case, *options):
        self.spans_file = case.folder / f"spans-{len(case.processes)}"
        ready = case.folder / f"receiver-port-{len(case.processes)}"
        super().__init__(case, [RECEIVER, "--ready-file", ready, "--spans-file", self.spans_file, *options], "receiver")
        self.port = int(wait_until(lambda: ready.exists() and ready.read_text().strip() or self.must_run(),
                                   "the receiver's port"))

    def lines(self):
        text = self.spans_file.read_text() if self.spans_file.exists() else ""
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def spans(self):
        return [line for line in self.lines() if "span" in line]

    def environment(self, **more):
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}", "OTEL_BSP_SCHEDULE_DELAY": "50", **more}


class NotingSink:
    """Takes what it is sent, after the refusals it is told to make, and keeps (CloudEvent id, traceparent)."""

    def __init__(self, case):
        self.seen = []
        self.refuse = {}  # message -> statuses still to be given
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = 200, b'{"access_token":"t","expires_in":3600,"token_type":"Bearer"}'
                if self.path != "/token":
                    event = json.loads(body)
                    status, answer = 202, b""
                    refusals = sink.refuse.get(event["data"]["healthEvent"]["message"])
                    if refusals:
                        status = refusals.pop(0)
                    sink.seen.append((event["id"], self.headers.get("traceparent"), status))
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        thread.start()
        case.addCleanup(self.server.server_close)
        case.addCleanup(self.server.shutdown)

    def accepted(self):
        return [entry for entry in self.seen if entry[2] == 202]


class Tracing(IntegrationTest):
    def make_store(self):
        if not self.store.path.exists():
            self.generate(1)
            self.store.rows("DELETE FROM health_events")

    def begin(self, sink, environment, **changed):
        """An exporter that has the stream's first position; what is inserted now comes by the stream."""
        self.make_store()
        return Exporter(self, self.config(sink.url, backfill__enabled=changed.pop("backfill", False), **changed),
                        environment=environment)

    def wait_for_spans(self, receiver, name, count):
        return wait_until(lambda: len([s for s in receiver.spans() if s["name"] == name]) >= count and receiver.spans(),
                          f"{count} spans {name}")

    def test_an_events_spans_are_in_its_trace_and_the_sink_sees_the_last_of_them(self):
        receiver, sink = Receiver(self), NotingSink(self)
        exporter = self.begin(sink, receiver.environment(
            OTEL_EXPORTER_OTLP_HEADERS="x-test=a%20b", OTEL_RESOURCE_ATTRIBUTES="k8s.pod.name=pod-1,odd=%FFA%C3%A9")).ready()
        for number in range(3):
            self.store.insert(document(number, TRACE % number, CONNECTOR % number))
        spans = self.wait_for_spans(receiver, PROCESS, 3)
        exporter.stop()
        spans = receiver.spans()
        self.assertEqual(len(spans), 12)
        by_trace = {}
        for span in spans:
            by_trace.setdefault(span["trace"], {})[span["name"]] = span
        self.assertEqual(sorted(by_trace), [TRACE % number for number in range(3)])
        headers = {header for _, header, _ in sink.seen}
        for number in range(3):
            trace = by_trace[TRACE % number]
            self.assertEqual(sorted(trace), ["HTTP POST", PROCESS, PUBLISH, TRANSFORM])
            process, publish, transform, post = (trace[name] for name in (PROCESS, PUBLISH, TRANSFORM, "HTTP POST"))
            self.assertEqual((process["parent"], publish["parent"], transform["parent"], post["parent"]),
                             ("", process["span"], publish["span"], publish["span"]))
            self.assertEqual([(link["trace"], link["span"]) for link in process["links"]],
                             [(TRACE % number, CONNECTOR % number)])
            self.assertEqual([publish["links"], transform["links"], post["links"]], [[], [], []])
            self.assertIn(f"00-{TRACE % number}-{post['span']}-01", headers)
            self.assertEqual(post["kind"], 3)
            attributes = post["attributes"]
            self.assertEqual((attributes["http.request.method"], attributes["url.full"], attributes["server.address"],
                              attributes["server.port"], attributes["http.response.status_code"]),
                             ("POST", sink.url + "/events", "127.0.0.1", sink.server.server_address[1], 202))
            self.assertNotIn("error.type", attributes)
            self.assertIn(process["attributes"]["cloudevents.event_id"], {seen[0] for seen in sink.seen})
            for span in trace.values():
                self.assertEqual(span["status"], 0)
                self.assertLessEqual(span["start"], span["end"])
                self.assertEqual(span["scope"], "event-exporter")
                resource = span["resource"]
                # A byte that is no UTF-8 would make a collector refuse the batch.
                self.assertEqual((resource["service.name"], resource["k8s.pod.name"], resource["odd"]),
                                 ("event-exporter", "pod-1", "?A\u00e9"))
        stored = {row[0] for row in self.store.rows("SELECT id FROM health_events")}
        self.assertEqual({by_trace[trace][PROCESS]["attributes"]["health_event.id"] for trace in by_trace}, stored)
        self.assertIn({"header": "a b"}, receiver.lines())
        line = exporter.lines("OpenTelemetry tracing initialized")[0]
        self.assertEqual((line["endpoint"], line["level"]), (f"127.0.0.1:{receiver.port}", "INFO"))

    def test_failed_attempts_are_spans_and_dead_letters_are_errors(self):
        receiver, sink = Receiver(self), NotingSink(self)
        sink.refuse = {"flaky": [503, 503], "poison": [400] * 1000}
        exporter = self.begin(sink, receiver.environment(OTEL_SERVICE_NAME="mine")).ready()
        self.store.insert(document(1, TRACE % 1, message="flaky"))
        wait_until(lambda: len(sink.accepted()) == 1, "the flaky event's acceptance")
        self.store.insert(document(2, TRACE % 2, CONNECTOR % 2, message="poison"), node="other")
        wait_until(self.store.letters, "the dead letter")
        exporter.stop()
        spans = receiver.spans()
        flaky = [span for span in spans if span["trace"] == TRACE % 1]
        posts = sorted((span for span in flaky if span["name"] == "HTTP POST"), key=lambda span: span["start"])
        self.assertEqual([(post["attributes"]["http.response.status_code"], post["status"],
                           post["attributes"].get("error.type"), post["attributes"].get("http.request.resend_count"))
                          for post in posts], [(503, 2, "503", None), (503, 2, "503", 1), (202, 0, None, 2)])
        self.assertEqual(len({post["span"] for post in posts}), 3)
        self.assertEqual([header for _, header, _ in sink.seen[:3]],
                         [f"00-{TRACE % 1}-{post['span']}-01" for post in posts])
        self.assertEqual({post["parent"] for post in posts}, {s["span"] for s in flaky if s["name"] == PUBLISH})
        self.assertEqual({span["resource"]["service.name"] for span in spans}, {"mine"})
        poison = {span["name"]: span for span in spans if span["trace"] == TRACE % 2}
        for name in (PROCESS, PUBLISH):
            self.assertEqual(poison[name]["status"], 2)
            self.assertEqual(poison[name]["attributes"]["event_exporter.error.type"], "publish_failed")
        write = poison["dead_letters.INSERT"]
        self.assertEqual(write["parent"], poison[PROCESS]["span"])
        self.assertEqual((write["attributes"]["db.system.name"], write["attributes"]["db.operation.name"],
                          write["attributes"]["db.collection.name"]), ("sqlite", "INSERT", "dead_letters"))
        self.assertGreater(write["attributes"]["db.duration_ms"], 0)
        # The lines about an event say where it is.
        line = exporter.lines("An event is set aside as a dead letter")[0]
        self.assertEqual((line["trace_id"], line["span_id"]), (TRACE % 2, poison[PROCESS]["span"]))

    def test_ids_that_are_none_give_traces_of_their_own(self):
        receiver, sink = Receiver(self), NotingSink(self)
        exporter = self.begin(sink, receiver.environment()).ready()
        for number, trace_id in enumerate([None, "", "0" * 32, "no hex at all"]):
            self.store.insert(document(number, trace_id, CONNECTOR % number))
        self.store.insert(document(9, TRACE % 9, "no hex"))
        self.wait_for_spans(receiver, PROCESS, 5)
        exporter.stop()
        roots = [span for span in receiver.spans() if span["name"] == PROCESS]
        self.assertEqual([root["links"] for root in roots], [[]] * 5)
        traces = [root["trace"] for root in roots]
        self.assertEqual(len(set(traces)), 5)
        self.assertTrue(all(re.fullmatch("[0-9a-f]{32}", trace) for trace in traces) and TRACE % 9 in traces)
        warned = exporter.lines("An event's metadata.trace_id is not 32 hex digits; it gets a trace of its own")
        self.assertEqual(len(warned), 1)
        self.assertNotIn("no hex", exporter.output())

    def test_a_backfill_is_a_trace_and_its_events_are_in_their_own(self):
        receiver, sink = Receiver(self), NotingSink(self)
        self.make_store()
        for number in range(3):
            self.store.insert(document(number, TRACE % number, CONNECTOR % number))
        exporter = self.begin(sink, receiver.environment(), backfill=True)
        self.wait_for_spans(receiver, "event_exporter.backfill", 1)
        self.wait_for_spans(receiver, PROCESS, 3)
        exporter.stop()
        spans = receiver.spans()
        backfill = {span["name"]: span for span in spans if span["trace"] not in {TRACE % n for n in range(3)}}
        self.assertEqual(sorted(backfill), ["event_exporter.backfill", "event_exporter.backfill.process",
                                            "event_exporter.backfill.query", "health_events.SELECT"])
        root = backfill["event_exporter.backfill"]
        self.assertEqual(root["parent"], "")
        self.assertEqual(root["attributes"]["event_exporter.backfill.events_processed"], 3)
        for name in ("process", "query"):
            self.assertEqual(backfill[f"event_exporter.backfill.{name}"]["parent"], root["span"])
        parents = {span["parent"] for span in spans if span["name"] == "health_events.SELECT"}
        self.assertEqual(parents, {backfill["event_exporter.backfill.process"]["span"],
                                   backfill["event_exporter.backfill.query"]["span"]})
        self.assertEqual({s["trace"] for s in spans if s["name"] == PROCESS}, {TRACE % n for n in range(3)})

    def test_a_ratio_of_zero_records_nothing_and_sends_no_header(self):
        receiver, sink = Receiver(self), NotingSink(self)
        exporter = self.begin(sink, receiver.environment(OTEL_TRACES_SAMPLER="traceidratio",
                                                         OTEL_TRACES_SAMPLER_ARG="0"), backfill=True).ready()
        self.store.insert(document(1, TRACE % 1, CONNECTOR % 1))
        wait_until(lambda: sink.accepted(), "the event")
        exporter.stop()
        self.assertEqual((receiver.spans(), sink.seen[0][1]), ([], None))

    def test_a_ratio_between_keeps_the_traces_that_the_other_services_keep(self):
        receiver, sink = Receiver(self), NotingSink(self)
        exporter = self.begin(sink, receiver.environment(OTEL_TRACES_SAMPLER="parentbased_traceidratio",
                                                         OTEL_TRACES_SAMPLER_ARG="0.5")).ready()
        kept, lost = "f" * 16 + "7" + "f" * 15, "0" * 16 + "8" + "0" * 15
        for number, trace_id in enumerate([lost, kept]):
            self.store.insert(document(number, trace_id, CONNECTOR % 1))
        wait_until(lambda: len(sink.accepted()) == 2, "both events")
        exporter.stop()
        self.assertEqual({span["trace"] for span in receiver.spans()}, {kept})
        self.assertEqual(sum(1 for _, header, _ in sink.seen if header is None), 1)

    def test_without_an_endpoint_or_when_switched_off_there_are_none(self):
        receiver, sink = Receiver(self), NotingSink(self)
        for more in ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, {"OTEL_SDK_DISABLED": "true"}):
            exporter = self.begin(sink, receiver.environment(**more)).ready()
            before = len(sink.seen)
            self.store.insert(document(before, TRACE % 1, CONNECTOR % 1))
            wait_until(lambda: len(sink.seen) > before, "the event")
            exporter.stop()
            self.assertEqual(exporter.lines("OpenTelemetry tracing initialized"), [])
            # Nothing of gRPC is even loaded.
            self.assertNotIn("spans_dropped", exporter.output())
        self.assertEqual((receiver.spans(), {header for _, header, _ in sink.seen}), ([], {None}))

    def test_values_that_cannot_be_used_are_told_and_stop_nothing(self):
        receiver, sink = Receiver(self), NotingSink(self)
        for endpoint, more, expected in (
                (None, {"OTEL_TRACES_SAMPLER": "x", "OTEL_BSP_MAX_QUEUE_SIZE": "-1",
                        "OTEL_EXPORTER_OTLP_HEADERS": "bad name=s3cret"},
                 {"OTEL_TRACES_SAMPLER", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_EXPORTER_OTLP_HEADERS"}),
                ("http://user:s3cret@:x", {}, {"OTEL_EXPORTER_OTLP_ENDPOINT"})):
            environment = receiver.environment(**more)
            if endpoint:
                environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint
            exporter = self.begin(sink, environment).ready()
            before = len(sink.seen)
            self.store.insert(document(before, TRACE % 1, CONNECTOR % 1))
            wait_until(lambda: len(sink.seen) > before, "the event")
            exporter.stop()
            warned = exporter.lines("A variable of OpenTelemetry cannot be used as it is")
            self.assertEqual({line["variable"] for line in warned}, expected)
            self.assertNotIn("s3cret", exporter.output())
        self.assertEqual(len(receiver.spans()), 4)  # of the first run

    def test_a_collector_that_is_not_there_holds_up_nothing(self):
        with socket.socket() as taken:  # bound and not listening: connections are refused, and nobody else gets it
            taken.bind(("127.0.0.1", 0))
            sink = LabSink(self)
            self.generate(2000)
            exporter = self.begin(sink, {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{taken.getsockname()[1]}"},
                                  backfill=True)
            sink.wait_for(2000)
            wait_until(lambda: exporter.lines("OpenTelemetry export error"), "the warning")
            wait_until(lambda: exporter.metric('health_events_exporter_spans_dropped_total{reason="queue_full"}') > 0,
                       "the count of what was dropped")
            exporter.stop()
            self.assertLess(len(exporter.lines("OpenTelemetry export error")), 5)
            self.assert_all_delivered(sink, 2000)

    def test_a_collector_that_says_nothing_holds_up_neither_delivery_nor_the_end(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            sink = LabSink(self)
            self.generate(500)
            exporter = self.begin(sink, {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}",
                                         "OTEL_EXPORTER_OTLP_TIMEOUT": "3600000", "OTEL_BSP_SCHEDULE_DELAY": "1"},
                                  backfill=True)
            sink.wait_for(500)
            exporter.stop()
            self.assert_all_delivered(sink, 500)

    def test_one_that_fails_at_first_gets_everything_in_the_end(self):
        receiver, sink = Receiver(self, "--fail", 1), NotingSink(self)
        exporter = self.begin(sink, receiver.environment()).ready()
        self.store.insert(document(1, TRACE % 1, CONNECTOR % 1))
        spans = self.wait_for_spans(receiver, PROCESS, 1)
        self.assertEqual(len(spans), 4)
        wait_until(lambda: exporter.metric("health_events_exporter_spans_exported_total") == 4, "the count")
        exporter.stop()
        self.assertIn("gRPC status 14", exporter.lines("OpenTelemetry export error")[0]["error"])

    def tls_receiver(self, *options, name="IP:127.0.0.1"):
        """A collector that speaks TLS, its certificate by the authority of ca.pem."""
        authority = Authority(self.folder, "ca")
        certificate = authority.issue("collector", "/CN=collector", [f"subjectAltName={name}"])
        return Receiver(self, "--tls-cert", certificate, "--tls-key", certificate.with_suffix(".key"), *options)

    def over_tls(self, receiver, scheme="https://", **more):
        """The environment for it, by default with the right authority."""
        return receiver.environment(**{"OTEL_EXPORTER_OTLP_ENDPOINT": f"{scheme}127.0.0.1:{receiver.port}",
                                       "OTEL_EXPORTER_OTLP_CERTIFICATE": str(self.folder / "ca.pem"), **more})

    def client_certificate(self, authority):
        certificate = authority.issue("client", "/CN=client", ["extendedKeyUsage=clientAuth"])
        return {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(certificate),
                "OTEL_EXPORTER_OTLP_CLIENT_KEY": str(certificate.with_suffix(".key"))}

    def traces_arrive(self, receiver, environment):
        sink, before = NotingSink(self), len(receiver.spans())
        exporter = self.begin(sink, environment).ready()
        self.store.insert(document(1, TRACE % 1, CONNECTOR % 1))
        wait_until(lambda: len(receiver.spans()) == before + 4, "the event's four spans")
        exporter.stop()

    def traces_are_dropped(self, receiver, environment, variable):
        """The spans are counted as dropped, the events arrive all the same, and the log names what to look at."""
        sink = NotingSink(self)
        exporter = self.begin(sink, {**environment, "OTEL_BSP_MAX_QUEUE_SIZE": "8", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "8"}).ready()
        for number in range(20):
            self.store.insert(document(number, TRACE % number, CONNECTOR % number))
        wait_until(lambda: len({event for event, *_ in sink.accepted()}) == 20, "all events at the sink")
        dropped = 'health_events_exporter_spans_dropped_total{reason="queue_full"}'
        wait_until(lambda: exporter.metric(dropped) > 0, "the count of dropped spans")
        error = exporter.wait_for_line("OpenTelemetry export error")["error"]
        exporter.stop()
        self.assertIn(f"; check {variable}", error)
        self.assertEqual(receiver.spans(), [])

    def test_over_tls_they_arrive_at_a_collector_of_the_authority_that_is_named(self):
        receiver = self.tls_receiver()
        self.traces_arrive(receiver, self.over_tls(receiver))

    def test_over_tls_with_a_client_certificate_for_a_collector_that_asks_for_one(self):
        clients = Authority(self.folder, "clients")
        receiver = self.tls_receiver("--client-ca", clients.pem)
        self.traces_arrive(receiver, self.over_tls(receiver, **self.client_certificate(clients)))

    def test_without_the_client_certificate_that_a_collector_asks_for_they_are_dropped(self):
        receiver = self.tls_receiver("--client-ca", Authority(self.folder, "clients").pem)
        self.traces_are_dropped(receiver, self.over_tls(receiver), "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE")

    def test_for_a_collector_of_another_authority_they_are_dropped(self):
        receiver, other = self.tls_receiver(), Authority(self.folder, "other")
        self.traces_are_dropped(receiver, self.over_tls(receiver, OTEL_EXPORTER_OTLP_CERTIFICATE=str(other.pem)),
                                "OTEL_EXPORTER_OTLP_CERTIFICATE")

    def test_for_a_collector_whose_certificate_is_for_another_host_they_are_dropped(self):
        receiver = self.tls_receiver(name="DNS:other.example")
        self.traces_are_dropped(receiver, self.over_tls(receiver), "OTEL_EXPORTER_OTLP_ENDPOINT")

    def test_insecure_counts_only_for_a_host_and_port_without_a_scheme(self):
        tls, plain = self.tls_receiver(), Receiver(self)
        self.traces_arrive(tls, self.over_tls(tls, scheme=""))
        self.traces_arrive(tls, self.over_tls(tls, OTEL_EXPORTER_OTLP_INSECURE="true"))
        self.traces_arrive(plain, self.over_tls(plain, scheme="", OTEL_EXPORTER_OTLP_INSECURE="true"))
        self.traces_arrive(plain, self.over_tls(plain, scheme="http://", OTEL_EXPORTER_OTLP_INSECURE="false"))

    def test_check_config_tells_what_cannot_be_used(self):
        done = self.run_binary("check-config", f"--config={self.config('http://127.0.0.1:1')}",
                               environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "unix:///x"})
        self.assertIn("OTEL_EXPORTER_OTLP_ENDPOINT: starts with neither http:// nor https://; no traces are sent",
                      done.stdout)
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    main()
