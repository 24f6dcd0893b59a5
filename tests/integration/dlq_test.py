"""Dead letters: looked at, sent again, taken away. Nothing that is done to them loses an event."""
import json
import signal

from support import BINARY, Exporter, IntegrationTest, LabSink, Process, main, wait_until

POISON = "pois0n"


class Dlq(IntegrationTest):
    def set_aside(self, events, every, nodes=4, **changed):
        """A sink that has taken all of `events` but each `every`th, which are dead letters now, and no exporter."""
        self.generate(events, "--nodes", nodes)
        self.poison(f"seq % {every} = 0")
        sink = LabSink(self, "--poison", POISON)
        self.config_path = self.config(sink.url, **changed)
        exporter = Exporter(self, self.config_path)
        sink.wait_for(events - events // every)
        wait_until(lambda: len(self.store.letters()) == events // every, "the dead letters")
        exporter.stop()
        return sink

    def poison(self, condition, text=POISON):
        self.store.rows("UPDATE health_events SET document = json_set(document, '$.healthevent.message', ?) "
                        f"WHERE {condition}", text)

    def dlq(self, *arguments, code=0, **more):
        done = self.run_binary("dlq", *arguments, f"--config={self.config_path}", **more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def replay(self, *arguments, code=0):
        return self.dlq("replay", *arguments, *self.delivery(), code=code)

    def delivery(self):
        return f"--oidc-secret-path={self.secret_file}", "--workers=4"

    def letters(self, *filters):
        return json.loads(self.dlq("list", "--json", *filters).stdout)["letters"]

    def test_list_show_plan_and_drop_need_no_secret(self):
        self.set_aside(20, 5)
        self.secret_file.unlink()
        letters = self.letters()
        self.assertEqual([(letter["reason"], letter["status"]) for letter in letters], [("refused", 400)] * 4)
        self.assertEqual(sorted(letter["time"] for letter in letters), [letter["time"] for letter in letters])
        table = self.dlq("list", "--limit=3").stdout.splitlines()
        self.assertEqual((len(table), table[-1]), (5, "and 1 more (--limit)"))
        for key in ("documentId", "eventId"):
            shown = json.loads(self.dlq("show", letters[1][key], "--json").stdout)
            self.assertEqual((shown["letter"], shown["event"]["id"]), (letters[1], letters[1]["eventId"]))
            self.assertIn(POISON, shown["event"]["data"]["healthEvent"]["message"])
        self.assertIn("as the fault plan wants it", self.dlq("show", letters[0]["eventId"]).stdout)
        self.store.rows("DELETE FROM health_events WHERE id = ?", letters[0]["documentId"])
        plan = json.loads(self.dlq("plan", "--all", "--json").stdout)
        self.assertEqual((plan["letters"], plan["sendable"], plan["gone"], plan["byStatus"]), (4, 3, 1, {"400": 4}))
        self.assertIn("4 letters: 3 would be sent · 1 gone", self.dlq("plan", "--reason=refused").stdout)
        self.dlq("drop", letters[0]["documentId"], code=2)
        self.assertEqual(self.letters(), letters)
        self.dlq("drop", letters[0]["documentId"], "--yes")
        self.assertEqual(self.letters(), letters[1:])

    def test_a_replay_delivers_under_the_ids_of_the_first_attempts_and_in_their_order(self):
        sink = self.set_aside(60, 6)
        letters = self.letters()
        sink.post("/faults", poison="")
        self.assertEqual(self.replay("--all").stdout, "replayed 10 · refused again 0 · gone 0\n")
        self.assertEqual(self.letters(), [])
        self.assert_all_delivered(sink, 60, duplicates=0, ordered=False)
        self.assertLessEqual({letter["eventId"] for letter in letters}, set(sink.ids()))
        # The list of the sink has the last first, or the first first: per node it must be one of the two throughout.
        arrived = [event["id"] for event in sink.events()]
        for node in {letter["node"] for letter in letters}:
            mine = [letter["eventId"] for letter in letters if letter["node"] == node]
            self.assertIn([each for each in arrived if each in mine], (mine, mine[::-1]))
        self.assertEqual(self.replay("--all").stdout, "replayed 0 · refused again 0 · gone 0\n")

    def test_what_is_refused_again_or_gone_stays_and_the_rest_is_delivered(self):
        sink = self.set_aside(50, 5)
        before = {letter["documentId"]: letter for letter in self.letters()}
        self.poison("seq % 5 = 0 AND seq <= 35", "mended")
        self.store.rows("DELETE FROM health_events WHERE seq = 50")
        gone = set(before) - {row[0] for row in self.store.rows("SELECT id FROM health_events")}
        done = self.replay("--all", code=1)
        self.assertEqual(done.stdout.splitlines()[-1], "replayed 7 · refused again 2 · gone 1")
        self.assertIn(gone.copy().pop(), done.stdout)
        self.assertEqual(len(sink.ids()), 47)
        after = self.letters()
        self.assertEqual(len(after), 3)
        for letter in after:
            old = before[letter["documentId"]]
            self.assertEqual(letter["eventId"], old["eventId"])
            if letter["documentId"] in gone:
                self.assertEqual(letter, old)
            else:
                self.assertEqual((letter["reason"], letter["attempts"]), ("refused", old["attempts"] + 3))
                self.assertGreater(letter["time"], old["time"])
        sink.post("/faults", poison="")
        rest = [letter["eventId"] for letter in after if letter["documentId"] not in gone]
        end = json.loads(self.replay("--json", *rest).stdout)
        self.assertEqual((end["selected"], end["replayed"], end["failure"]), (2, 2, None))
        self.assertEqual({letter["documentId"] for letter in self.letters()}, gone)

    def test_only_what_is_selected_is_replayed(self):
        sink = self.set_aside(30, 3)
        sink.post("/faults", poison="")
        node = self.letters()[0]["node"]
        others = [letter for letter in self.letters() if letter["node"] != node]
        self.replay(f"--node={node}")
        self.assertEqual(self.letters(), others)
        self.replay("--reason=undecodable")
        done = self.replay(others[0]["documentId"], "nobody", code=1)
        self.assertIn("no dead letter has the id nobody", done.stderr)
        self.assertEqual(self.letters(), others[1:])

    def test_a_sink_that_takes_nothing_is_given_up_and_no_letter_is_lost(self):
        sink = self.set_aside(60, 6)
        ids = {letter["documentId"] for letter in self.letters()}
        for status in ("503", "404"):
            sink.post("/faults", poison="", statusRates={status: 1})
            done = self.replay("--all", "--patience=1s", code=1)
            self.assertIn("gave up, nothing went forward for 1s (--patience): ", done.stderr)
            self.assertEqual({letter["documentId"] for letter in self.letters()}, ids)
        sink.kill()
        done = self.replay("--all", "--patience=1s", code=1)
        self.assertIn("there is no token for the sink", done.stderr)
        self.assertIn("left 10", done.stdout)
        second = LabSink(self, port=sink.port)
        self.replay("--all")
        self.assertEqual((len(second.ids()), self.letters()), (10, []))

    def test_kill_9_and_sigterm_in_the_middle_lose_no_letter(self):
        sink = self.set_aside(400, 2, nodes=8)
        ids = {letter["eventId"] for letter in self.letters("--limit=1000")}
        self.assertEqual(len(ids), 200)
        sink.post("/faults", poison="", delayMs=50)
        for number in (signal.SIGKILL, signal.SIGTERM):
            before = len(sink.ids())
            replay = Process(self, [BINARY, "dlq", "replay", "--all", f"--config={self.config_path}", *self.delivery()],
                             "replay")
            wait_until(lambda: len(sink.ids()) >= before + 30 or replay.child.poll() is not None, "a part of them")
            replay.send(number)
            # 0: it was done before the signal came.
            self.assertIn(replay.wait(), (0, -number if number == signal.SIGKILL else 1))
            left = {letter["eventId"] for letter in self.letters("--limit=1000")}
            self.assertEqual(ids - set(sink.ids()) - left, set(), "neither delivered nor a letter")
        sink.post("/faults", delayMs=0)
        self.replay("--all")
        self.assertEqual(self.letters(), [])
        audit = self.assert_all_delivered(sink, 400, ordered=False)
        print(f"{audit['duplicates']} duplicates after a kill and a stop")

    def test_beside_a_running_exporter(self):
        sink = self.set_aside(40, 4)
        sink.post("/faults", poison="")
        exporter = Exporter(self, self.config_path).ready()
        self.generate(200, "--seed", 2)
        self.replay("--all")
        sink.wait_for(240)
        exporter.stop()
        self.assertEqual(self.letters(), [])
        self.assert_all_delivered(sink, 240, duplicates=0, ordered=False)

    def test_mistakes_are_refused_before_anything_is_sent(self):
        sink = self.set_aside(10, 5)
        requests = sink.audit()["requests"]
        for arguments in ((), ("--all", "--node=n"), ("x", "--all"), ("--all", "--patience=soon"),
                          ("--all", "--patience=0s"), ("--no-such-flag",)):
            self.assertTrue(self.replay(*arguments, code=2).stderr)
        self.secret_file.unlink()
        self.assertIn(str(self.secret_file), self.replay("--all", code=2).stderr)
        self.assertEqual((sink.audit()["requests"], len(self.letters())), (requests, 2))
        self.config_path = self.config(sink.url, datastore__path=str(self.folder / "none.db"))
        for command in (["list"], ["show", "x"], ["plan", "--all"], ["drop", "--all"]):
            self.assertIn("there is no such file", self.dlq(*command, code=2).stderr)
        self.assertFalse((self.folder / "none.db").exists())


if __name__ == "__main__":
    main()
