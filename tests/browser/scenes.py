"""Answers of GET /status for each state that the page can show, as the exporter would give them.

Each function gives a fresh one, to be changed by the test at will. Its numbers fit together, so that pictures look right.
"""
import copy
import math

STEPS = 300


def wave(base, swing, period, length=STEPS, phase=0.0):
    return [round(base + swing * math.sin(phase + 2 * math.pi * i / period) + swing * 0.3 * math.sin(i * 1.7), 4)
            for i in range(length)]


def flat(value, length=STEPS):
    return [value] * length


IDLE = {
    "version": "0.1.0", "commit": "abc1234", "now": "2026-11-22T10:20:30.123Z", "uptimeSeconds": 93784.2,
    "state": "idle", "summary": "Everything that was read is delivered",
    "healthy": True, "healthyReason": "", "ready": True, "readyReason": "", "problems": [],
    "lag": {"exportSeconds": 0.0, "readSeconds": 0.0, "oldestUnsettledSeconds": 0.0, "limitSeconds": 3600.0},
    "rates": {"deliveredPerSecond": 0.0, "failedAttemptsPerSecond": 0.0, "receivedPerSecond": 0.0},
    "latency": {"p50Seconds": None, "p99Seconds": None},
    "totals": {"received": 1234567, "delivered": 1234567, "heldBack": 0, "failedAttempts": 12, "setAside": 0},
    "queue": {"events": 0, "bytes": 0, "bytesLimit": 12582912, "inFlight": 0, "concurrencyLimit": 10, "workers": 10,
              "waitingForRetry": 0, "readQueueBytes": 0},
    "lanes": {"active": 0, "busiest": []},
    "sink": {"endpoint": "https://events.example.com/ingest/v1/gpu-health", "state": "open",
             "lastAcceptedSecondsAgo": 84.0, "lastFailure": None},
    "token": {"usable": True, "ageSeconds": 1100.0, "expiresInSeconds": 2500.0, "refreshes": 26, "failures": 0},
    "lease": {"role": "holder", "self": "exporter-7c9f:1", "holder": "exporter-7c9f:1", "termSeconds": 4.0},
    "position": {"provider": "mongodb", "place": "HealthEventsDatabase.HealthEvents",
                 "token": "82673F1C2A000000012B022C0100296E5A1004A1B2C3D4E5F60718293A4B5C6D7E8F90463C6F706572617469",
                 "watermark": "2026-11-22T10:19:06.000Z", "savedSecondsAgo": 2.4, "unsavedSeconds": 0.0,
                 "settledAhead": 0, "headroom": {"state": "known", "seconds": 190000.0}},
    "deadLetters": {"stored": 0},
    "backfill": {"state": "done", "settled": 48211, "total": 48211},
    "recent": {"stepSeconds": 2.0,
               "delivered": [max(0.0, v) for v in wave(14, 6, 90, 240)] + flat(0.0, 60),
               "failed": flat(0.0), "p50": wave(0.012, 0.002, 70, 240) + flat(None, 60),
               "p99": wave(0.055, 0.02, 50, 240) + flat(None, 60), "lag": wave(0.4, 0.15, 60, 240) + flat(0.0, 60)},
    "settings": [
        {"key": "exporter.metadata.cluster", "value": "prod-eu-west-1", "origin": "config.toml:1"},
        {"key": "exporter.sink.endpoint", "value": "https://events.example.com/ingest/v1/gpu-health",
         "origin": "config.toml:4"},
        {"key": "exporter.sink.timeout", "value": "30s", "origin": "default"},
        {"key": "exporter.workers", "value": "10", "origin": "--workers"},
        {"key": "exporter.failure_handling.max_retries", "value": "17", "origin": "default"},
        {"key": "exporter.datastore.provider", "value": "mongodb", "origin": "MONGODB_URI"},
    ],
}


def idle():
    return copy.deepcopy(IDLE)


def changed(**parts):
    """The idle answer with other parts; a part that is an object is merged."""
    answer = idle()
    for name, value in parts.items():
        if isinstance(value, dict) and isinstance(answer[name], dict):
            answer[name].update(value)
        else:
            answer[name] = value
    return answer


def busiest(*rows):
    return [{"node": node, "waiting": waiting, "out": out, "parallel": parallel, "stuck": stuck}
            for node, waiting, out, parallel, stuck in rows]


def delivering():
    return changed(
        state="delivering", summary="Delivering 118 events/s; 1.2 s behind",
        lag={"exportSeconds": 1.2, "readSeconds": 0.3, "oldestUnsettledSeconds": 1.0},
        rates={"deliveredPerSecond": 118.2, "receivedPerSecond": 117.6},
        latency={"p50Seconds": 0.0123, "p99Seconds": 0.09},
        queue={"events": 42, "bytes": 81123, "inFlight": 7, "readQueueBytes": 12288},
        lanes={"active": 7, "busiest": busiest(("gpu-node-0017", 12, 1, False, False),
                                               ("gpu-node-0003", 9, 1, False, False),
                                               ("gpu-node-0121", 6, 1, False, False),
                                               ("gpu-node-0044", 3, 1, False, False),
                                               ("gpu-node-0210", 2, 1, False, False),
                                               ("gpu-node-0098", 2, 1, False, False),
                                               ("gpu-node-0005", 1, 1, False, False))},
        sink={"lastAcceptedSecondsAgo": 0.02},
        recent={"delivered": wave(112, 14, 80), "failed": [0.5 if i % 97 == 40 else 0.0 for i in range(STEPS)],
                "p50": wave(0.012, 0.002, 70), "p99": wave(0.085, 0.02, 50), "lag": wave(1.1, 0.3, 60)})


def draining():
    """A backlog of the stream is being worked off at full speed."""
    answer = delivering()
    answer.update(summary="Delivering 1,840 events/s; 6 min 12 s behind")
    answer["lag"].update(exportSeconds=372.0, readSeconds=201.5, oldestUnsettledSeconds=170.2)
    answer["rates"].update(deliveredPerSecond=1840.4, receivedPerSecond=1841.0)
    answer["latency"].update(p50Seconds=0.0046, p99Seconds=0.0312)
    answer["queue"].update(events=6203, bytes=12212212, inFlight=10, readQueueBytes=2211840)
    answer["lanes"] = {"active": 412, "busiest": busiest(
        ("gpu-node-0017", 1212, 6, True, False), ("gpu-node-0003", 219, 1, False, False),
        ("gpu-node-0121", 196, 1, False, False), ("gpu-node-0044", 183, 1, False, False),
        ("gpu-node-0210", 142, 1, False, False), ("gpu-node-0098", 130, 0, False, False),
        ("gpu-node-0005", 121, 0, False, False), ("gpu-node-0019", 118, 0, False, False),
        ("gpu-node-0300", 117, 0, False, False), ("gpu-node-0077", 101, 0, False, False))}
    answer["problems"] = [{
        "id": "lag", "severity": "warning", "what": "Delivery is 6 min 12 s behind and catches up",
        "remedy": "Nothing need be done while the lag falls. If it does not, the sink is the limit: give it more "
                  "workers, or raise exporter.workers."}]
    answer["recent"].update(delivered=flat(0.0, 90) + wave(1800, 60, 40, 210), failed=flat(0.0),
                            p50=flat(None, 90) + wave(0.0046, 0.0005, 50, 210),
                            p99=flat(None, 90) + wave(0.031, 0.006, 40, 210),
                            lag=[round(2.0 * i + 400, 1) for i in range(90)] +
                                [round(580 - i * 0.99, 1) for i in range(210)])
    answer["totals"].update(received=1622109, delivered=1615906)
    return answer


def sink_down():
    answer = changed(
        state="blocked", summary="Blocked: the sink takes no events; 214 events wait",
        ready=False, readyReason="the sink takes no events: service unavailable (status 503)",
        problems=[{"id": "sink", "severity": "error",
                   "what": "The sink takes no events: service unavailable (status 503)",
                   "remedy": "Look at the sink\u2019s own log; events wait here and nothing is lost. One request at a "
                             "time probes it."}],
        lag={"exportSeconds": 200.0, "readSeconds": 0.2, "oldestUnsettledSeconds": 199.1},
        rates={"failedAttemptsPerSecond": 0.2, "receivedPerSecond": 1.1},
        queue={"events": 214, "bytes": 421888, "inFlight": 1, "concurrencyLimit": 1, "waitingForRetry": 9},
        lanes={"active": 61, "busiest": busiest(("gpu-node-0017", 31, 1, False, False),
                                                ("gpu-node-0003", 22, 1, False, False),
                                                ("gpu-node-0121", 14, 1, False, False),
                                                ("gpu-node-0044", 9, 0, False, False))},
        sink={"state": "paused", "lastAcceptedSecondsAgo": 201.0,
              "lastFailure": {"what": "service unavailable", "status": 503, "secondsAgo": 3.0}},
        position={"unsavedSeconds": 0.0, "savedSecondsAgo": 199.0},
        recent={"delivered": wave(40, 6, 80, 200) + flat(0.0, 100),
                "failed": flat(0.0, 200) + [18.0, 22.0, 9.0] + [0.5 if i % 3 == 0 else 0.0 for i in range(97)],
                "p50": wave(0.012, 0.002, 70, 200) + flat(None, 100),
                "p99": wave(0.085, 0.02, 50, 200) + flat(None, 100),
                "lag": wave(0.8, 0.2, 60, 200) + [2.0 * i for i in range(100)]})
    answer["totals"].update(received=1234781, failedAttempts=141)
    return answer


def backfilling():
    answer = changed(
        state="backfilling", summary="Sending the history: 412,006 of 1,000,000 events; 1,000 events/s", uptimeSeconds=416.0,
        lag={"exportSeconds": None, "readSeconds": None, "oldestUnsettledSeconds": 0.4},
        rates={"deliveredPerSecond": 998.7, "receivedPerSecond": 1000.0},
        latency={"p50Seconds": 0.0051, "p99Seconds": 0.0402},
        totals={"received": 412310, "delivered": 412006, "heldBack": 0, "failedAttempts": 3, "setAside": 0},
        queue={"events": 304, "bytes": 612004, "inFlight": 8},
        lanes={"active": 96, "busiest": busiest(("gpu-node-0017", 21, 1, False, False),
                                                ("gpu-node-0003", 12, 1, False, False),
                                                ("gpu-node-0121", 9, 1, False, False))},
        sink={"lastAcceptedSecondsAgo": 0.001,
              "lastFailure": {"what": "too many requests", "status": 429, "secondsAgo": 211.0}},
        token={"ageSeconds": 415.0, "expiresInSeconds": 3185.0, "refreshes": 1},
        position={"token": None, "watermark": "2026-10-29T02:11:54Z", "savedSecondsAgo": 0.6, "unsavedSeconds": 0.4,
                  "headroom": {"state": "unlimited", "seconds": None}},
        backfill={"state": "running", "settled": 412006, "total": 1000000},
        recent={"delivered": wave(995, 8, 30, 205), "failed": [1.5 if i == 102 else 0.0 for i in range(205)],
                "p50": wave(0.005, 0.0006, 50, 205), "p99": wave(0.038, 0.008, 35, 205), "lag": flat(None, 205)})
    return answer


def poison():
    answer = delivering()
    answer.update(
        summary="Delivering 116 events/s; 1.3 s behind; 3 dead letters",
        problems=[{"id": "refused", "severity": "warning",
                   "what": "An event of gpu-node-0007 is refused by the sink (status 400) while it takes others",
                   "remedy": "It is tried again and then set aside as a dead letter. Events of this node wait behind "
                             "it until then."},
                  {"id": "dead-letters", "severity": "warning", "what": "3 events are set aside as dead letters",
                   "remedy": "Look at them with `event-exporter dlq list`. When the sink is mended, send them again "
                             "with `event-exporter dlq replay`."}])
    answer["lanes"]["busiest"].insert(0, busiest(("gpu-node-0007", 38, 1, False, True))[0])
    answer["lanes"]["active"] = 8
    answer["queue"].update(waitingForRetry=1)
    answer["deadLetters"]["stored"] = 3
    answer["totals"].update(setAside=3, failedAttempts=64)
    answer["rates"].update(failedAttemptsPerSecond=0.4)
    answer["recent"]["failed"] = [3.5 if i > 180 and i % 29 < 2 else 0.0 for i in range(STEPS)]
    answer["sink"]["lastFailure"] = {"what": "bad request", "status": 400, "secondsAgo": 8.0}
    return answer


def starting():
    answer = unknown()
    answer.update(state="starting", summary="Starting: waiting for the datastore", uptimeSeconds=4.2, ready=False,
                  readyReason="the first position is not known yet")
    return answer


def standby():
    return changed(state="standby", summary="Standby: exporter-5d2a:1 holds the lease", ready=True,
                   lease={"role": "standby", "holder": "exporter-5d2a:1"},
                   lag={"exportSeconds": None, "readSeconds": None, "oldestUnsettledSeconds": None},
                   token={"usable": False, "ageSeconds": None, "expiresInSeconds": None, "refreshes": 0},
                   sink={"lastAcceptedSecondsAgo": None}, deadLetters={"stored": None})


def no_token():
    return changed(
        state="blocked", summary="Blocked: there is no usable token; 12 events wait", ready=False,
        readyReason="no token: the token endpoint answers 401",
        problems=[{"id": "token", "severity": "error", "what": "There is no usable token: the token endpoint answers 401",
                   "remedy": "Check client id and secret; a renewed secret file is read without a restart."}],
        token={"usable": False, "ageSeconds": None, "expiresInSeconds": None, "refreshes": 0, "failures": 7},
        queue={"events": 12, "bytes": 20480, "concurrencyLimit": 0})


def unknown():
    """Nothing is known that need not be."""
    answer = changed(
        state="idle", summary="",
        lag=dict.fromkeys(("exportSeconds", "readSeconds", "oldestUnsettledSeconds", "limitSeconds")),
        rates=dict.fromkeys(("deliveredPerSecond", "failedAttemptsPerSecond", "receivedPerSecond")),
        latency={"p50Seconds": None, "p99Seconds": None},
        totals=dict.fromkeys(("received", "delivered", "heldBack", "failedAttempts", "setAside")),
        queue=dict.fromkeys(("events", "bytes", "bytesLimit", "inFlight", "concurrencyLimit", "workers",
                             "waitingForRetry", "readQueueBytes")),
        lanes={"active": None, "busiest": []},
        sink={"lastAcceptedSecondsAgo": None, "lastFailure": None},
        token=dict.fromkeys(("usable", "ageSeconds", "expiresInSeconds", "refreshes", "failures")),
        position={"token": None, "watermark": None, "savedSecondsAgo": None, "unsavedSeconds": None,
                  "settledAhead": None},
        deadLetters={"stored": None}, backfill={"state": "none", "settled": None, "total": None},
        recent={name: [] for name in ("delivered", "failed", "p50", "p99", "lag")})
    answer["lease"] = None
    return answer
