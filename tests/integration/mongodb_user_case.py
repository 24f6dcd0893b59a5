"""What the tests of the real program on a real MongoDB share."""
from mongod import DATABASE, TOKENS
from support import Exporter, IntegrationTest, LabSink, wait_until

TRYING = "The datastore does not answer, trying again"


class MongodbCase(IntegrationTest):
    def settings(self, uri, **variables):
        """The variables that NVSentinel's chart sets, and more."""
        return {"MONGODB_URI": uri, "MONGODB_DATABASE_NAME": DATABASE, "MONGODB_TOKEN_COLLECTION_NAME": TOKENS,
                **{name: str(value) for name, value in variables.items()}}

    def config(self, sink_url, name="config.toml", drop=(), **changed):
        """What says nothing of the datastore: that is in the variables, as in a cluster."""
        return super().config(sink_url, name, (*drop, "datastore.provider", "datastore.path"), **changed)

    def start(self, sink, environment, **changed):
        return Exporter(self, self.config(sink.url, **changed), environment=environment)

    def sink(self, *options):
        return LabSink(self, *options)

    def numbers(self, sink):
        """The numbers of the events that the sink took, sorted; an event that came twice is there twice."""
        return sorted(int(event["data"]["healthEvent"]["message"].removeprefix("number ")) for event in sink.events())

    def assert_numbers(self, sink, expected, seconds=30):
        """Exactly these have come; the last of them was inserted when all others had been or never would."""
        wait_until(lambda: max(expected) in self.numbers(sink), f"event {max(expected)} at the sink", seconds)
        wait_until(lambda: len(self.numbers(sink)) >= len(expected), f"{expected} at the sink", seconds)
        self.assertEqual(self.numbers(sink), sorted(expected))
