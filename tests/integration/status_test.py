"""What /status, /readyz and their like say of the running program, held against what is really the case."""
import json

from support import SECRET, Exporter, IntegrationTest, LabSink, main, request, wait_until


class StatusCase(IntegrationTest):
    def status(self, exporter):
        code, text = request(exporter.url("/status"))
        self.assertEqual(code, 200)
        self.assertNotIn(SECRET, text)
        return json.loads(text)

    def until(self, exporter, condition, what):
        """The first status of which this is true."""
        def good():
            exporter.must_run()
            seen = self.status(exporter)
            return condition(seen) and seen
        return wait_until(good, what, 30)

    def problem(self, status, name):
        found = [problem for problem in status["problems"] if problem["id"] == name]
        self.assertEqual(len(found), 1, status["problems"])
        self.assertTrue(found[0]["remedy"])
        return found[0]

    def readiness(self, exporter):
        code, text = request(exporter.url("/readyz?verbose"))
        answer = json.loads(text)
        self.assertEqual((code == 200, answer["ok"]), (answer["ok"], not answer["reasons"]))
        return answer


class Status(StatusCase):
    def test_idle_then_delivering_then_idle_with_everything_counted(self):
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url, metadata__cluster="it"), workers=4).ready()
        idle = self.until(exporter, lambda s: s["state"] == "idle" and s["lag"]["exportSeconds"] is not None, "idle")
        self.assertEqual((idle["problems"], idle["ready"], idle["healthy"]), ([], True, True))
        self.assertEqual(self.readiness(exporter), {"ok": True, "reasons": []})
        self.assertIsNone(idle["sink"]["lastAcceptedSecondsAgo"])
        self.generate(300)
        sink.wait_for(300)
        done = self.until(exporter, lambda s: s["totals"]["delivered"] == 300 and s["latency"]["p50Seconds"], "300")
        self.assertEqual(done["totals"], {"received": 300, "delivered": 300, "heldBack": 0, "failedAttempts": 0,
                                          "setAside": 0})
        self.assertGreater(max(rate or 0 for rate in done["recent"]["delivered"]), 0)
        self.assertEqual(len({len(done["recent"][name]) for name in ("delivered", "failed", "p50", "p99", "lag")}), 1)
        self.assertEqual(done["queue"]["workers"], 4)
        self.assertTrue(done["token"]["usable"])
        self.assertEqual(done["lease"]["role"], "holder")
        self.assertEqual(done["lease"]["holder"], done["lease"]["self"])
        self.assertEqual(done["position"]["place"], str(self.store.path))
        self.assertEqual(done["deadLetters"], {"stored": 0})
        settings = {setting["key"]: setting for setting in done["settings"]}
        self.assertEqual(settings["exporter.metadata.cluster"]["value"], '"it"')
        self.assertEqual(settings["--workers"]["origin"], "flag --workers")
        # The position is that of the store, once the last save and the next look are done.
        self.until(exporter, lambda s: s["position"]["token"].split(".")[0] ==
                   str(self.store.rows("SELECT max(id) FROM datastore_changelog")[0][0]), "the last position")
        exporter.stop()

    def test_a_sink_that_is_down_blocks_with_reasons_and_lag_until_it_is_well(self):
        sink = LabSink(self, "--status-rate", "503:1.0")
        exporter = Exporter(self, self.config(sink.url, readiness__max_export_lag="2s")).ready()
        self.generate(50, "--backlog-age", "1s")
        down = self.until(exporter, lambda s: len(s["problems"]) > 1 and s["state"] == "blocked", "the sink and the lag")
        self.assertIn("(status 503)", self.problem(down, "sink")["what"])
        self.assertIn("2 s is too much", self.problem(down, "lag")["what"])
        self.assertEqual((down["sink"]["state"], down["sink"]["lastFailure"]["status"]), ("paused", 503))
        self.assertEqual((down["queue"]["concurrencyLimit"], down["totals"]["delivered"]), (1, 0))
        # The lanes are looked at every two seconds.
        waiting = self.until(exporter, lambda s: s["lanes"]["active"] > 0, "the lanes")
        self.assertGreater(sum(lane["waiting"] + lane["out"] for lane in waiting["lanes"]["busiest"]), 0)
        self.assertGreater(down["lag"]["exportSeconds"], 2)
        answer = self.readiness(exporter)
        self.assertEqual(len(answer["reasons"]), 2)
        self.assertRegex(request(exporter.url("/readyz"))[1], r"^the sink takes no events: the sink is failing "
                         r"\(status 503\); what is delivered lags \d+ s behind, and more than 2 s is too much$")
        self.assertEqual(request(exporter.url("/healthz?verbose")), (200, '{"ok":true,"reasons":[]}'))

        sink.post("/faults", statusRates={})
        sink.wait_for(50)
        well = self.until(exporter, lambda s: s["state"] == "idle" and not s["problems"], "well again")
        self.assertEqual((well["ready"], well["sink"]["state"], well["totals"]["delivered"]), (True, "open", 50))
        self.assertEqual(self.readiness(exporter)["ok"], True)
        exporter.stop()

    def test_a_poisoned_event_is_a_warning_and_a_dead_letter(self):
        sink = LabSink(self, "--poison", "pois0n")
        exporter = Exporter(self, self.config(sink.url)).ready()
        self.store.insert(json.dumps({"healthevent": {"nodename": "gpu-1", "message": "pois0n"}}), "gpu-1")
        self.generate(20)
        seen = self.until(exporter, lambda s: s["deadLetters"]["stored"] == 1 and s["totals"]["delivered"] == 20, "one")
        self.assertEqual(seen["totals"]["setAside"], 1)
        self.assertEqual(self.problem(seen, "dead-letters")["severity"], "warning")
        self.assertTrue(seen["ready"], "one event is no reason to be unready")
        exporter.stop()

    def test_the_history_and_its_progress(self):
        self.generate(400)  # of the last hour
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url, backfill__rate_limit=100, readiness__max_export_lag="1s"))
        running = self.until(exporter, lambda s: s["state"] == "backfilling" and s["backfill"]["settled"] > 0, "history")
        self.assertEqual((running["backfill"]["state"], running["backfill"]["total"]), ("running", 400))
        self.assertRegex(running["summary"], r"^Sending the history: \d+ of 400 events$")
        self.assertGreater(running["lag"]["exportSeconds"], 1)
        self.assertTrue(running["ready"], "a history lags behind, and that is no fault")
        done = self.until(exporter, lambda s: s["backfill"]["state"] == "done", "its end")
        self.assertEqual(done["backfill"], {"state": "done", "settled": 400, "total": 400})
        exporter.stop()

    def test_a_wrong_secret_is_a_token_problem(self):
        sink = LabSink(self)
        wrong = self.folder / "wrong"
        wrong.write_text("not the secret")
        exporter = Exporter(self, self.config(sink.url), secret_file=wrong)
        seen = self.until(exporter, lambda s: s["token"]["failures"] > 0 and s["state"] == "blocked" and
                          any(problem["id"] == "token" for problem in s["problems"]), "no token")
        self.assertFalse(seen["token"]["usable"])
        self.assertIsNone(seen["token"]["ageSeconds"])
        self.problem(seen, "token")
        self.assertNotIn("not the secret", json.dumps(seen))
        exporter.stop()

    def test_a_standby_names_the_holder_and_is_ready(self):
        sink = LabSink(self)
        config = self.config(sink.url, lease__term="1h")
        holder = Exporter(self, config).ready()
        standby = Exporter(self, config)
        standby.wait_for_line("Standby: another exporter holds the lease")
        seen = self.until(standby, lambda s: s["state"] == "standby", "standby")
        self.assertEqual((seen["ready"], seen["problems"]), (True, []))
        self.assertEqual((seen["lease"]["role"], seen["lease"]["holder"]),
                         ("standby", self.status(holder)["lease"]["self"]))
        self.assertIsNone(seen["lag"]["exportSeconds"], "a standby does not know")
        holder.stop()
        self.until(standby, lambda s: s["lease"]["role"] == "holder" and s["state"] == "idle", "the take-over")
        standby.stop()


if __name__ == "__main__":
    main()
