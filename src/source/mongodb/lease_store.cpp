// The lease, in the client's document beside the resume token: one majority decides over both.
//
//   eventExporterLease   { holder: "gpu-7:1:...", epoch: 4, beat: 911 }
//
// A document without it, the incumbent's for instance, is a lease that nobody ever had. The incumbent leaves the field
// as it is; when it deletes the document, on lost history, the epochs begin anew. Every write is an update of the
// document that was read, conditional on what was read, with write concern majority: a primary that the set has left
// cannot renew.
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "source/mongodb/connection.h"
#include "source/mongodb/lease_record.h"
#include "source/mongodb/store.h"

namespace exporter::mongodb {

namespace {

Bson record_of(std::string_view holder, std::uint64_t epoch) {
  Bson record;
  record.add("holder", holder).add("epoch", static_cast<std::int64_t>(epoch)).add("beat", std::int64_t{0});
  return record;
}

class MongoLease final : public ports::LeaseStore {
 public:
  MongoLease(Options options, Connection connection, Duration patience)
      : options_(std::move(options)), connection_(std::move(connection)), patience_(patience) {}

  Result<std::optional<ports::LeaseRecord>> read() override;
  Result<bool> take(const std::optional<ports::LeaseRecord>& seen, const std::string& holder) override;
  Result<bool> renew(const ports::Fence& tenure) override;
  Result<bool> release(const ports::Fence& tenure) override;

 private:
  Result<std::optional<ports::LeaseRecord>> read_document();
  // Whether the known document met the conditions and was changed.
  Result<bool> update(const Bson& conditions, const Bson& change);
  // Makes the document. False: somebody else just did.
  Result<bool> create(const Bson& record);
  // Writes the record where there is none, making the document if need be. False: there is one.
  Result<bool> write_first(std::string_view holder, std::uint64_t epoch);

  const Options options_;
  Connection connection_;
  const Duration patience_;
  Bson key_;  // {_id: ...} of the document, empty while there is none
};

Result<std::optional<ports::LeaseRecord>> MongoLease::read_document() {
  Bson filter;
  filter.add("clientName", options_.client_name);
  Bson concern;
  concern.add("level", "majority");
  Bson command;
  command.add("find", options_.token_collection)
      .add("filter", filter)
      .add("limit", std::int32_t{1})
      .add("singleBatch", true)
      .add("readConcern", concern);
  Bson reply;
  if (auto done = connection_.run(token_database(options_), command, reply); !done) {
    return fail(std::move(done.error()));
  }
  key_ = Bson();
  const auto batch = find(reply.bytes(), {"cursor", "firstBatch"});
  const auto first = batch ? Fields(batch->document().value_or("")).next() : std::nullopt;
  const auto document = first ? first->document() : std::nullopt;
  if (!document) {
    return std::nullopt;
  }
  if (const auto id = find(*document, "_id")) {
    key_.add("_id", *id);
  }
  const auto record = find(*document, kLeaseKey);
  if (!record) {
    return std::nullopt;
  }
  const std::string_view fields = record->document().value_or("");
  const auto holder = find(fields, "holder");
  const auto epoch = find(fields, "epoch");
  const auto beat = find(fields, "beat");
  if (!holder || !holder->text() || !epoch || !epoch->integer() || !beat || !beat->integer()) {
    return fail(ErrorKind::corrupt,
                fmt::format("{} of the document {{clientName: \"{}\"}} in {}.{} is not of our form; remove this field "
                            "while no exporter runs",
                            kLeaseKey, options_.client_name, token_database(options_), options_.token_collection));
  }
  return ports::LeaseRecord{.holder = std::string(*holder->text()),
                            .epoch = static_cast<std::uint64_t>(*epoch->integer()),
                            .beat = static_cast<std::uint64_t>(*beat->integer())};
}

Result<std::optional<ports::LeaseRecord>> MongoLease::read() {
  auto record = read_document();
  return record ? record : fail(record.error().with_context("reading the lease"));
}

Result<bool> MongoLease::update(const Bson& conditions, const Bson& change) {
  Bson filter;
  filter.add_all(key_).add_all(conditions);
  Bson statement;
  statement.add("q", filter).add("u", change);
  Bson command;
  command.add("update", options_.token_collection)
      .add_array("updates", {&statement})
      .add("writeConcern", majority(patience_));
  Bson reply;
  if (auto done = connection_.run(token_database(options_), command, reply); !done) {
    return fail(std::move(done.error()));
  }
  if (auto refused = write_error(reply)) {
    return fail(ErrorKind::transient, std::move(refused->message));
  }
  const auto matched = find(reply.bytes(), "n");
  return matched && matched->integer().value_or(0) > 0;
}

Result<bool> MongoLease::create(const Bson& record) {
  Bson document;
  // A key that two of ours would both choose: the second one to insert is told so.
  document.add("_id", options_.client_name).add("clientName", options_.client_name).add(kLeaseKey, record);
  Bson command;
  command.add("insert", options_.token_collection)
      .add_array("documents", {&document})
      .add("writeConcern", majority(patience_));
  Bson reply;
  if (auto done = connection_.run(token_database(options_), command, reply); !done) {
    return fail(std::move(done.error()));
  }
  if (auto refused = write_error(reply)) {
    if (refused->code == kDuplicateKey) {
      return false;
    }
    return fail(ErrorKind::transient, std::move(refused->message));
  }
  key_ = Bson();
  key_.add("_id", options_.client_name);
  return true;
}

Result<bool> MongoLease::write_first(std::string_view holder, std::uint64_t epoch) {
  if (!find(key_.bytes(), "_id")) {
    return create(record_of(holder, epoch));
  }
  Bson none;
  none.add("$exists", false);
  Bson conditions;
  conditions.add(kLeaseKey, none);
  Bson fields;
  fields.add(kLeaseKey, record_of(holder, epoch));
  Bson change;
  change.add("$set", fields);
  return update(conditions, change);
}

Result<bool> MongoLease::take(const std::optional<ports::LeaseRecord>& seen, const std::string& holder) {
  Result<bool> done = false;
  if (!seen) {
    done = write_first(holder, 1);
  } else if (find(key_.bytes(), "_id")) {
    Bson conditions;
    add_condition(conditions, {.holder = seen->holder, .epoch = seen->epoch});
    conditions.add("eventExporterLease.beat", static_cast<std::int64_t>(seen->beat));
    Bson fields;
    fields.add(kLeaseKey, record_of(holder, seen->epoch + 1));
    Bson change;
    change.add("$set", fields);
    done = update(conditions, change);
  }
  return done ? done : fail(done.error().with_context("taking the lease"));
}

Result<bool> MongoLease::renew(const ports::Fence& tenure) {
  Bson conditions;
  add_condition(conditions, tenure);
  Bson fields;
  fields.add("eventExporterLease.beat", std::int64_t{1});
  Bson change;
  change.add("$inc", fields);
  auto done = update(conditions, change);
  if (done && !*done) {
    // Somebody else's, or removed.
    const auto record = read_document();
    if (!record) {
      done = fail(record.error());
    } else if (!*record) {
      done = write_first(tenure.holder, tenure.epoch);
    }
  }
  return done ? done : fail(done.error().with_context("renewing the lease"));
}

Result<bool> MongoLease::release(const ports::Fence& tenure) {
  Bson fields;
  fields.add("eventExporterLease.holder", "");
  Bson change;
  change.add("$set", fields);
  Bson conditions;
  add_condition(conditions, tenure);
  auto done = update(conditions, change);
  return done ? done : fail(done.error().with_context("giving the lease back"));
}

}  // namespace

Result<std::unique_ptr<ports::LeaseStore>> open_lease(const Options& options, Duration patience) {
  auto connection = Connection::make(options, patience);
  if (!connection) {
    return fail(std::move(connection.error()));
  }
  return std::make_unique<MongoLease>(options, std::move(*connection), patience);
}

}  // namespace exporter::mongodb
