"""A sink of examples/ and the exporter. Both sinks do the same, so both are tried with the same."""
import json
import re
import urllib.parse

from support import SECRET, Exporter, Process, request, wait_until

EVENTS = 300
EVENT = {"specversion": "1.0", "id": "1", "source": "nvsentinel://it/healthevents", "type": "it",
         "time": "2026-01-02T03:04:05.000000006Z", "data": {"healthEvent": {}}}
TYPE = "application/cloudevents+json"
CLIENT = ("--client-id", "it", "--client-secret", SECRET)


class ExampleSink:
    """Mixed into a test case that knows the sink's command()."""

    def start_sink(self, *options):
        sink = Process(self, [*self.command(), "--port", "0", *options], "example")
        pattern = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")
        return wait_until(lambda: pattern.search(sink.output()) or sink.must_run(), "the sink's port").group(1)

    def summary(self, url):
        return json.loads(request(url + "/events/list")[1])

    def counts(self, url):
        summary = self.summary(url)
        return [summary[name] for name in ("count", "received", "duplicates", "rejected")]

    def deliver(self, *options):
        url = self.start_sink(*options)
        self.generate(EVENTS)
        exporter = Exporter(self, self.config(url))
        wait_until(lambda: self.summary(url)["count"] >= EVENTS, "all events at the sink", 40, every=0.1)
        exporter.stop()
        self.assertEqual(self.counts(url), [EVENTS, EVENTS, 0, 0])
        self.assertEqual(len(self.summary(url)["events"]), 100)

    def post(self, url, event, token="good", **headers):
        body = event if isinstance(event, (str, bytes)) else json.dumps(event)
        return request(url + "/events", "POST", body, {
            "Authorization": f"Bearer {token}", "Content-Type": TYPE,
            **{name.replace("_", "-"): value for name, value in headers.items()}})[0]

    def answers(self):
        """What each wrong request is answered, and that a repeat is taken and kept once."""
        url = self.start_sink("--token", "good")
        self.assertEqual([self.post(url, EVENT, token) for token in ("", "bad", "goodgood")], [401] * 3)
        self.assertEqual(self.post(url, EVENT, Authorization="Basic good"), 401)
        wrong = [{**EVENT, "specversion": "0.3"}, {**EVENT, "id": ""}, {**EVENT, "source": 5}, {**EVENT, "type": None},
                 {**EVENT, "time": "yesterday"}, {**EVENT, "time": "2026-01-02T03:04:05"}, {**EVENT, "time": None},
                 {**EVENT, "data": {}}, {**EVENT, "data": {"healthEvent": 1}}, {**EVENT, "data": "text"}, [EVENT], "{",
                 "null", {("ID" if name == "id" else name): value for name, value in EVENT.items()}]
        for event in wrong:
            self.assertEqual(self.post(url, event), 400, event)
        self.assertEqual(self.post(url, EVENT, Content_Type=TYPE + "; charset=utf-8"), 415)
        self.assertEqual(self.counts(url), [0, 0, 0, len(wrong) + 1])
        self.assertEqual(self.post(url, EVENT), 202)
        self.assertEqual(self.post(url, {**EVENT, "time": "2026-01-02T03:04:05.1+01:00"}), 202)
        self.assertEqual(self.post(url, {**EVENT, "source": "another"}, Authorization="bearer good"), 202)
        self.assertEqual(self.counts(url), [2, 3, 1, len(wrong) + 1])
        self.assertEqual(self.summary(url)["events"], [EVENT, {**EVENT, "source": "another"}])
        self.assertEqual([request(url + path, method)[0] for method, path in
                          (("GET", "/events"), ("POST", "/events/list"), ("GET", "/none"), ("POST", "/token"))],
                         [405, 405, 404, 404])

    def too_long(self):
        url = self.start_sink("--token", "good")
        # By one byte, so that the sink has read all of it; an answer with data behind it can get lost.
        self.assertEqual(self.post(url, "x" * (4 * 1024 * 1024 + 1)), 413)
        self.assertEqual(self.counts(url), [0, 0, 0, 1])

    def ask(self, url, authorization=None, **form):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if authorization:
            headers["Authorization"] = authorization
        return request(url + "/token", "POST", urllib.parse.urlencode(form), headers)

    def tokens(self):
        url = self.start_sink(*CLIENT, "--token-lifetime", "60")
        kind = {"grant_type": "client_credentials"}
        for form in ({}, {"client_id": "it"}, {"client_id": "it", "client_secret": "bad"},
                     {"client_id": "other", "client_secret": SECRET}):
            self.assertEqual(self.ask(url, **kind, **form)[0], 401, form)
        self.assertEqual(self.ask(url, "Basic aXQ6YmFk", **kind)[0], 401)
        self.assertEqual(self.ask(url, client_id="it", client_secret=SECRET)[0], 400)
        status, text = self.ask(url, **kind, client_id="it", client_secret=SECRET)
        answer = json.loads(text)
        self.assertEqual((status, answer["token_type"], answer["expires_in"]), (200, "Bearer", 60))
        self.assertEqual([self.post(url, EVENT, token) for token in (answer["access_token"], "x")], [202, 401])
