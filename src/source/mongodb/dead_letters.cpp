// Dead letters, beside the resume token: documents of their own, which the readers of tokens never look at because they
// have no clientName. They point at the event and hold no payload.
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "source/mongodb/connection.h"
#include "source/mongodb/store.h"

namespace exporter::mongodb {

namespace {

// Text that drivers can read: strings in BSON are UTF-8, and nobody checked these.
std::string clean(std::string_view text) {
  std::string result(text);
  if (!bson_utf8_validate(result.data(), result.size(), true)) {
    for (char& c : result) {
      c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
    }
  }
  return result;
}

class MongoDeadLetters final : public ports::DeadLetters {
 public:
  MongoDeadLetters(Options options, Connection connection)
      : options_(std::move(options)),
        prefix_(options_.client_name + "/dead-letter/"),
        connection_(std::move(connection)) {}

  Result<void> put(const ports::DeadLetter& letter) override;
  Result<std::uint64_t> count() override;

 private:
  const Options options_;
  const std::string prefix_;  // of their keys
  Connection connection_;
};

Result<void> MongoDeadLetters::put(const ports::DeadLetter& letter) {
  Bson filter;
  filter.add("_id", prefix_ + clean(letter.document_id));
  Bson document;
  document.add_all(filter)
      .add("deadLetterOf", options_.client_name)
      .add("documentId", clean(letter.document_id))
      .add("eventId", letter.event_id)
      .add("node", clean(letter.node))
      .add("reason", letter.reason)
      .add("detail", clean(letter.detail))
      .add("status", std::int32_t{letter.status})
      .add("attempts", std::int64_t{letter.attempts})
      .add_date("at", std::chrono::floor<std::chrono::milliseconds>(letter.at).time_since_epoch().count());
  Bson statement;
  statement.add("q", filter).add("u", document).add("upsert", true);
  Bson command;
  command.add("update", options_.token_collection).add_array("updates", {&statement}).add("writeConcern", majority());
  Bson reply;
  if (auto done = connection_.run(token_database(options_), command, reply); !done) {
    return fail(done.error().with_context("writing a dead letter"));
  }
  if (const auto refused = write_error(reply)) {
    return fail(ErrorKind::transient, fmt::format("writing a dead letter: {}", refused->message));
  }
  return {};
}

Result<std::uint64_t> MongoDeadLetters::count() {
  Bson range;
  // Keys that begin with the prefix: '0' is what follows '/'.
  range.add("$gte", prefix_).add("$lt", prefix_.substr(0, prefix_.size() - 1) + "0");
  Bson query;
  query.add("_id", range);
  Bson command;
  command.add("count", options_.token_collection).add("query", query);
  Bson reply;
  if (auto done = connection_.run(token_database(options_), command, reply); !done) {
    return fail(done.error().with_context("counting the dead letters"));
  }
  const auto number = find(reply.bytes(), "n");
  return static_cast<std::uint64_t>(number ? number->integer().value_or(0) : 0);
}

}  // namespace

Result<std::unique_ptr<ports::DeadLetters>> open_dead_letters(const Options& options) {
  auto connection = Connection::make(options, kWritePatience);
  if (!connection) {
    return fail(std::move(connection.error()));
  }
  return std::make_unique<MongoDeadLetters>(options, std::move(*connection));
}

}  // namespace exporter::mongodb
