#!/usr/bin/env python3
"""A sink for event-exporter in one file: what a receiver has to check, and nothing else.

Requirements on a sink: accept POST with one CloudEvent 1.0 in structured JSON mode, content type exactly
"application/cloudevents+json"; verify the bearer token; answer 2xx when the event is taken, 4xx or 5xx when it is
not. Delivery is at least once, so the same event may come again, under the same source and id: remember them.

  python3 app.py --port 0 --token secret-token                     a fixed token
  python3 app.py --port 0 --client-id exporter --client-secret s   a token endpoint of its own at /token
"""

import argparse
import base64
import collections
import datetime
import hmac
import json
import secrets
import threading
import time
import urllib.parse

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.serving import make_server

CONTENT_TYPE = "application/cloudevents+json"
REQUIRED = ("specversion", "id", "source", "type")  # CloudEvents 1.0.2, "Required attributes"
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_REMEMBERED = 1_000_000  # ids; the oldest are forgotten first
LISTED = 100


class Tokens:
    """Which bearer tokens are good: one fixed, or those handed out by /token until they expire."""

    def __init__(self, fixed, lifetime):
        self.fixed = fixed
        self.lifetime = lifetime
        self.issued = {}
        self.lock = threading.Lock()

    def issue(self):
        token = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self.lock:
            self.issued = {t: end for t, end in self.issued.items() if end > now}
            self.issued[token] = now + self.lifetime
        return token

    def good(self, token):
        # As bytes, because compare_digest() refuses text that is not ASCII.
        if self.fixed is not None and hmac.compare_digest(token.encode(), self.fixed.encode()):
            return True
        with self.lock:
            return self.issued.get(token, 0) > time.monotonic()


class Inbox:
    """The events taken, each once. The pair of source and id says which event it is (CloudEvents 1.0.2, "id")."""

    def __init__(self):
        self.seen = collections.OrderedDict()
        self.last = collections.deque(maxlen=LISTED)
        self.received = 0
        self.duplicates = 0
        self.rejected = 0
        self.lock = threading.Lock()

    def take(self, event):
        key = (event["source"], event["id"])
        with self.lock:
            self.received += 1
            if key in self.seen:
                self.duplicates += 1
                return False
            self.seen[key] = None
            if len(self.seen) > MAX_REMEMBERED:
                self.seen.popitem(last=False)
            self.last.append(event)
            return True

    def reject(self):
        with self.lock:
            self.rejected += 1

    def summary(self):
        with self.lock:
            return {
                "count": len(self.seen),
                "received": self.received,
                "duplicates": self.duplicates,
                "rejected": self.rejected,
                "events": list(self.last),
            }


def problem_of(event):
    """Why this is no CloudEvent that we can take, or None."""
    if not isinstance(event, dict):
        return "the body is not a JSON object"
    if event.get("specversion") != "1.0":
        return "specversion is not \"1.0\""
    for name in REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            return f"attribute {name} is missing or not a non-empty string"
    if "time" in event and not is_timestamp(event["time"]):
        return "attribute time is not an RFC 3339 timestamp"
    if not isinstance(event.get("data"), dict) or not isinstance(event["data"].get("healthEvent"), dict):
        return "data has no healthEvent"
    return None


def is_timestamp(text):
    if not isinstance(text, str) or "T" not in text:
        return False
    # Python reads at most six digits of a fraction; nine are allowed.
    head, dot, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    if dot and digits == 0:
        return False
    try:
        parsed = datetime.datetime.fromisoformat((head + tail[digits:]).replace("Z", "+00:00"))
    except ValueError:
        return False
    return parsed.tzinfo is not None


def refuse(status, reason, headers=None):
    response = jsonify(error=reason)
    response.status_code = status
    response.headers.update(headers or {})
    return response


def client_of(req):
    """Client id and secret from the Authorization header or from the form (RFC 6749 section 2.3.1)."""
    scheme, _, value = req.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return None
        return name, secret
    if "client_id" in req.form:
        return req.form["client_id"], req.form.get("client_secret", "")
    return None


def body_of(req):
    """None when it is too long. Werkzeug before 2.3 obeys MAX_CONTENT_LENGTH for forms alone."""
    try:
        body = req.stream.read(MAX_BODY_BYTES + 1)
    except RequestEntityTooLarge:
        return None
    return body if len(body) <= MAX_BODY_BYTES else None


def add_token_endpoint(app, tokens, client_id, client_secret):
    @app.post("/token")
    def token():
        if request.form.get("grant_type") != "client_credentials":
            return refuse(400, "unsupported_grant_type")
        client = client_of(request)
        if client is None or not hmac.compare_digest(":".join(client).encode(),
                                                     f"{client_id}:{client_secret}".encode()):
            return refuse(401, "invalid_client", {"WWW-Authenticate": "Basic"})
        answer = jsonify(access_token=tokens.issue(), token_type="Bearer", expires_in=tokens.lifetime)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def make_app(tokens):
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    inbox = Inbox()

    @app.post("/events")
    def events():
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not tokens.good(token):
            return refuse(401, "the bearer token is missing or not good", {"WWW-Authenticate": "Bearer"})
        if request.headers.get("Content-Type") != CONTENT_TYPE:
            inbox.reject()
            return refuse(415, f"the content type is not {CONTENT_TYPE}")
        body = body_of(request)
        if body is None:
            inbox.reject()
            return refuse(413, "the body is too long")
        try:
            event = json.loads(body)
        except ValueError:
            inbox.reject()
            return refuse(400, "the body is not JSON")
        problem = problem_of(event)
        if problem is not None:
            inbox.reject()
            return refuse(400, problem)
        inbox.take(event)  # one that we have already is taken just as well
        return Response(status=202)

    @app.get("/events/list")
    def listing():
        return jsonify(inbox.summary())

    return app


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8080, help="0 takes any free one (default: 8080)")
    parser.add_argument("--token", help="the one bearer token that is good")
    parser.add_argument("--client-id", help="serve a token endpoint at /token for this client")
    parser.add_argument("--client-secret", help="the secret of --client-id")
    parser.add_argument("--token-lifetime", type=int, default=3600, metavar="SECONDS")
    options = parser.parse_args()
    if (options.client_id is None) != (options.client_secret is None):
        parser.error("--client-id and --client-secret belong together")
    if options.token is None and options.client_id is None:
        parser.error("give --token, or --client-id and --client-secret")

    tokens = Tokens(options.token, options.token_lifetime)
    app = make_app(tokens)
    if options.client_id is not None:
        add_token_endpoint(app, tokens, options.client_id, options.client_secret)
    server = make_server("127.0.0.1", options.port, app, threaded=True)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
