"""The sink fails in every way that it can, and comes back: nothing is missing. One bad event harms only itself."""
import json

from support import SECRET, Exporter, IntegrationTest, LabSink, main, request, wait_until

UNDECODABLE = (
    ('{"healthevent": 5}', "undecodable"),
    ('[]', "undecodable"),
    ('{"healthevent": {"nodeName": 7}}', "undecodable"),
    ('{}', "undecodable"),
)


class Outage(IntegrationTest):
    def attempts(self, exporter, status):
        return exporter.metric(f'health_events_exporter_attempts_total{{status="{status}"}}')

    def test_a_sink_that_stops_and_comes_back_gets_everything(self):
        self.generate(600)
        sink = LabSink(self, "--delay", "5ms")
        exporter = Exporter(self, self.config(sink.url))
        sink.wait_for(200)
        sink.post("/faults", statusRates={"503": 1})  # it accepts nothing between the look at its ids and its end
        before = sink.ids()
        sink.kill()
        self.generate(100, "--seed", 2)
        exporter.wait_for_line("Publish failed, retrying")
        exporter.wait_for_line("The sink takes no events; only one at a time goes out until it takes one again")
        exporter.must_run()
        # Another sink at the same port: it knows neither the tokens nor what arrived before.
        second = LabSink(self, port=sink.port)
        second.wait_for(700 - len(before))
        wait_until(lambda: exporter.metric("health_events_exporter_queue_events") == 0, "an empty queue")
        exporter.stop()
        rest = second.audit()
        self.assertEqual(len(before | second.ids()), 700)
        self.assertEqual((rest["duplicates"], rest["orderViolations"]), (0, 0))
        # Whoever starts over from the saved position finds nothing left.
        third = Exporter(self, self.config(sink.url)).ready()
        third.stop()
        self.assertEqual(second.audit()["received"], rest["received"])

    def test_503_for_all_and_then_for_some_delays_and_loses_nothing(self):
        self.generate(400)
        sink = LabSink(self, "--status-rate", "503:1", "--retry-after", "0")
        exporter = Exporter(self, self.config(sink.url))
        exporter.wait_for_line("The sink takes no events; only one at a time goes out until it takes one again")
        status, reason = request(exporter.url("/readyz"))
        self.assertEqual((status, reason), (503, "the sink takes no events: the sink is failing (status 503)"))
        self.assertEqual(request(exporter.url("/healthz"))[0], 200)
        wait_until(lambda: exporter.metric("health_events_exporter_sink_paused") == 1, "the metric of the pause")
        wait_until(lambda: self.attempts(exporter, 503) >= 10, "10 answers 503")
        self.assertEqual(sink.audit()["received"], 0)
        sink.post("/faults", statusRates={"503": 0.2, "429": 0.1, "500": 0.1})
        sink.wait_for(400)
        self.assertEqual(request(exporter.url("/readyz")), (200, "ok"))
        self.assertEqual(exporter.metric("health_events_exporter_sink_paused"), 0)
        exporter.stop()
        self.assert_all_delivered(sink, 400, duplicates=0)
        self.assertEqual(self.store.letters(), [])

    def test_a_wrong_path_is_asked_now_and_then_and_costs_no_event(self):
        self.generate(500)
        sink = LabSink(self, "--status-rate", "404:1")
        exporter = Exporter(self, self.config(sink.url))
        paused = "The sink takes no events; only one at a time goes out until it takes one again"
        self.assertIn("check sink.endpoint", exporter.wait_for_line(paused)["reason"])
        # Two probes more: at most one request each, whatever waits.
        first = self.attempts(exporter, 404)
        wait_until(lambda: self.attempts(exporter, 404) >= first + 2, "two probes")
        self.assertLessEqual(self.attempts(exporter, 404), 8 + 4)
        status, reason = request(exporter.url("/readyz"))
        self.assertEqual(status, 503)
        self.assertRegex(reason, "^the sink takes no events: .*404")
        sink.post("/faults", statusRates={})
        exporter.wait_for_line("The sink takes events again", seconds=6)
        sink.wait_for(500)
        exporter.stop()
        self.assert_all_delivered(sink, 500, duplicates=0)
        self.assertEqual(self.store.letters(), [])

    def test_connections_cut_before_and_after_acceptance_lose_nothing_and_keep_the_order(self):
        self.generate(400)
        sink = LabSink(self, "--cut-rate", "0.2")
        exporter = Exporter(self, self.config(sink.url))
        sink.wait_for(400)
        wait_until(lambda: exporter.metric("health_events_exporter_queue_events") == 0, "an empty queue")
        exporter.stop()
        audit = self.assert_all_delivered(sink, 400)
        # Half of the cuts lost the answer to an event that was taken.
        self.assertGreater(audit["duplicates"], 0)

    def test_after_revoked_tokens_one_refresh_is_enough(self):
        self.generate(100)
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url))
        self.assertEqual(sink.wait_for(100)["tokensGiven"], 1)
        sink.post("/tokens/revoke")
        self.generate(300, "--rate", "2000", "--seed", 2)
        sink.wait_for(400)
        exporter.stop()
        audit = self.assert_all_delivered(sink, 400, duplicates=0)
        self.assertEqual(audit["tokensGiven"], 2)
        # At most the requests that were in flight under the old token.
        self.assertLessEqual(audit["statuses"]["401"], 8)

    def test_poison_becomes_dead_letters_and_all_others_arrive(self):
        self.generate(300)
        poison = self.store.rows("SELECT document FROM health_events WHERE seq % 30 = 0")
        for index, (document,) in enumerate(poison):
            changed = json.loads(document)
            changed["healthevent"]["message"] += " pois0n"
            self.store.rows("UPDATE health_events SET document = ? WHERE seq = ?", json.dumps(changed), 30 * (index + 1))
        sink = LabSink(self, "--poison", "pois0n")
        config = self.config(sink.url)
        exporter = Exporter(self, config)
        sink.wait_for(290)
        wait_until(lambda: len(self.store.letters()) == 10, "ten dead letters")
        exporter.stop()
        for reason, detail, status in self.store.letters():
            self.assertEqual((reason, status), ("refused", 400))
            self.assertIn("as the fault plan wants it", detail)
            self.assertNotIn(SECRET, detail)
        # A restart brings neither them nor the others again.
        second = Exporter(self, config).ready()
        self.generate(1, "--rate", "100", "--seed", 3)
        sink.wait_for(291)
        second.stop()
        self.assert_all_delivered(sink, 301, duplicates=0, dead=10)
        self.assertEqual(len(self.store.letters()), 10)

    def test_documents_that_nobody_can_decode_become_dead_letters_and_the_position_moves_on(self):
        self.generate(20)
        sink = LabSink(self)
        config = self.config(sink.url)
        exporter = Exporter(self, config)
        sink.wait_for(20)
        before = self.store.saved()
        for document, _ in UNDECODABLE:
            self.store.insert(document)
        wait_until(lambda: len(self.store.letters()) == len(UNDECODABLE), "the dead letters")
        # With nothing behind them, the position must pass them all the same.
        wait_until(lambda: self.store.saved() != before, "a position behind the dead letters")
        exporter.stop()
        self.assertEqual([reason for reason, _, _ in self.store.letters()], [reason for _, reason in UNDECODABLE])
        self.assertTrue(all(detail and status == 0 for _, detail, status in self.store.letters()))
        self.store.rows("DELETE FROM dead_letters")
        second = Exporter(self, config).ready()
        self.generate(5, "--rate", "100", "--seed", 2)
        sink.wait_for(25)
        second.stop()
        self.assertEqual((sink.audit()["received"], self.store.letters()), (25, []))

    def test_a_sink_that_refuses_everything_fills_no_dead_letters(self):
        self.generate(100)
        sink = LabSink(self, "--status-rate", "400:1")
        exporter = Exporter(self, self.config(sink.url))
        wait_until(lambda: self.attempts(exporter, 400) >= 15, "15 answers 400")
        self.assertEqual(self.store.letters(), [])
        sink.post("/faults", statusRates={})
        sink.wait_for(100)
        exporter.stop()
        # The few events that stepped aside to probe the sink with others may be overtaken by those.
        self.assert_all_delivered(sink, 100, duplicates=0, ordered=False)
        self.assertEqual(self.store.letters(), [])

    def test_exit_ends_the_program_when_the_retries_are_used_up_and_the_next_start_sends_it_all(self):
        self.generate(20)
        sink = LabSink(self, "--status-rate", "500:1")
        config = self.config(sink.url, failure_handling__on_exhausted="exit", failure_handling__max_retries=2)
        exporter = Exporter(self, config)
        self.assertEqual(exporter.wait(), 1, exporter.output())
        self.assertIn('on_exhausted is', exporter.lines("Fatal error")[0]["error"])
        self.assertEqual(self.store.letters(), [])
        sink.post("/faults", statusRates={})
        second = Exporter(self, config)
        sink.wait_for(20)
        second.stop()
        self.assert_all_delivered(sink, 20, duplicates=0)

    def test_a_wrong_secret_is_mended_by_writing_its_file_anew(self):
        self.generate(50)
        sink = LabSink(self)
        wrong = self.folder / "mounted-secret"
        wrong.write_text("not it")
        exporter = Exporter(self, self.config(sink.url), secret_file=wrong)
        exporter.wait_for_line("Token fetch failed, will retry")
        self.assertEqual(sink.audit()["requests"], 0)
        wrong.write_text(SECRET)
        sink.wait_for(50)
        exporter.stop()
        self.assert_all_delivered(sink, 50, duplicates=0)


if __name__ == "__main__":
    main()
