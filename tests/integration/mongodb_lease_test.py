"""Two exporters on one MongoDB: the lease lies in the document of the resume token."""
from lease_case import HOLDING, Pair
from mongod import TOKENS
from mongodb_case import MongodbCase
from support import LabSink, main


class MongodbLease(Pair, MongodbCase):
    def start(self, sink, **settings):
        return self.exporter(sink, **settings)

    def insert_some(self, count):
        self.insert(self.make(count))

    def lease(self):
        return self.mongod.token_document()["eventExporterLease"]

    def position(self):
        return self.token()["_data"]

    def check(self, sink, events, duplicates=None):
        self.assertEqual(len(set(self.inserted)), events)
        self.audit(sink, duplicates=events if duplicates is None else duplicates)
        self.assertEqual(self.mongod.database[TOKENS].count_documents({"clientName": "event-exporter"}), 1)

    def test_an_outage_costs_the_holder_neither_lease_nor_place(self):
        sink = LabSink(self)
        holder = self.start(sink, lease__term="1s").ready()
        self.insert_some(50)
        sink.wait_for(50)
        self.wait_for_settled(holder)
        self.mongod.pause()
        holder.wait_for_line("The lease could not be renewed in time; nothing is sent until it is")
        self.mongod.resume()
        holder.wait_for_line("The lease is renewed; sending goes on")
        self.insert_some(50)
        sink.wait_for(100)
        self.assertEqual(len(holder.lines(HOLDING)), 1)
        holder.stop()
        self.check(sink, 100, duplicates=0)

    def test_a_document_that_was_removed_costs_no_event(self):
        self.sink = LabSink(self)
        holder, standby = self.two(backfill__enabled=False, lease__term="8s")
        self.arrive(20, 20)
        self.wait_for_settled(holder)
        self.mongod.database[TOKENS].delete_many({})
        self.arrive(20, 40)
        # The holder's next renewal makes it again, and the standby does not take its absence for a first start.
        self.wait_for_save(behind=None)
        holder.stop()
        self.insert_some(20)
        standby.wait_for_line(HOLDING)
        self.sink.wait_for(60)
        standby.stop()
        self.check(self.sink, 60)


if __name__ == "__main__":
    main()
