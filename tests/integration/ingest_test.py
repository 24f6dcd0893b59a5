"""Two processes on one store: events are ingested while the exporter delivers them."""
import json
import subprocess

from support import BINARY, ENVIRONMENT, PATIENCE, Exporter, IntegrationTest, LabSink, main


def line(number, **more):
    return json.dumps({"nodeName": f"node-{number % 7}", "checkName": "GpuXidError", "componentClass": "GPU",
                       "message": f"number {number}", "isFatal": number % 2 == 0, **more})


class Ingest(IntegrationTest):
    def ingest(self, lines, *arguments):
        return self.run_binary("ingest", "--datastore", self.store.path, *arguments, text="\n".join(lines) + "\n")

    def test_good_lines_are_delivered_while_bad_ones_are_reported(self):
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url)).ready()
        lines = [line(n) for n in range(50)] + ["not json", '{"checkName":"c"}', "[1]"] + [line(n) for n in range(50, 90)]
        done = self.ingest(lines)
        self.assertEqual((done.returncode, done.stdout), (1, "stored 90 · rejected 3\n"), done.stderr)
        self.assertEqual([text.partition(":")[0] for text in done.stderr.splitlines()], ["line 51", "line 52", "line 53"])
        self.assertIn("nodeName is missing or empty", done.stderr)
        sink.wait_for(90)
        exporter.stop()
        self.assert_all_delivered(sink, 90, duplicates=0)
        sent = {event["data"]["healthEvent"]["message"] for event in sink.events()}
        self.assertEqual(sent, {f"number {n}" for n in range(90)})

    def test_a_file_of_good_lines_exits_0_and_names_in_any_case_arrive(self):
        sink = LabSink(self)
        exporter = Exporter(self, self.config(sink.url)).ready()
        path = self.folder / "events.jsonl"
        path.write_text('{"NODENAME":"n1","checkname":"Upper","isfatal":true}\n')
        done = self.run_binary("ingest", path, environment={"DATASTORE_PATH": str(self.store.path)})
        self.assertEqual((done.returncode, done.stdout), (0, "stored 1 · rejected 0\n"), done.stderr)
        sink.wait_for(1)
        exporter.stop()
        event = sink.events()[0]["data"]["healthEvent"]
        self.assertEqual((event["nodeName"], event["checkName"], event["isFatal"]), ("n1", "Upper", True))

    def test_several_writers_at_once_lose_nothing_and_a_restart_delivers_nothing_again(self):
        sink = LabSink(self)
        config = self.config(sink.url)
        exporter = Exporter(self, config).ready()
        writers = [subprocess.Popen([BINARY, "ingest", "--datastore", str(self.store.path)], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, env=ENVIRONMENT) for _ in range(4)]
        for index, writer in enumerate(writers):
            self.addCleanup(writer.kill)
            writer.stdin.write("".join(line(n + 500 * index) + "\n" for n in range(500)).encode())
            writer.stdin.close()
        for writer in writers:
            self.assertEqual((writer.stdout.read().decode(), writer.wait(30 * PATIENCE)),
                             ("stored 500 · rejected 0\n", 0))
            writer.stdout.close()
        sink.wait_for(2000)
        exporter.stop()
        second = Exporter(self, config).ready()
        self.assertEqual(self.ingest([line(2000)]).returncode, 0)
        sink.wait_for(2001)
        second.stop()
        self.assert_all_delivered(sink, 2001, duplicates=0)


if __name__ == "__main__":
    main()
