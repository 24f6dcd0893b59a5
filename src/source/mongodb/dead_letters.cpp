// Dead letters, beside the resume token: documents of their own, which the readers of tokens never look at because they
// have no clientName. They point at the event and hold no payload.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "base/check.h"
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

std::string text_of(std::string_view document, std::string_view key) {
  const auto field = find(document, key);
  return std::string(field ? field->text().value_or("") : "");
}

std::int64_t number_of(std::string_view document, std::string_view key) {
  const auto field = find(document, key);
  return field ? field->integer().value_or(0) : 0;
}

ports::DeadLetter letter_of(std::string_view document) {
  const auto at = find(document, "at");
  return {.document_id = text_of(document, "documentId"),
          .event_id = text_of(document, "eventId"),
          .node = text_of(document, "node"),
          .reason = text_of(document, "reason"),
          .detail = text_of(document, "detail"),
          .status = static_cast<int>(number_of(document, "status")),
          .attempts = static_cast<std::uint32_t>(number_of(document, "attempts")),
          .at = WallTime(std::chrono::milliseconds(at ? at->date().value_or(0) : 0))};
}

constexpr std::size_t kMostAtOnce = 5000;
// A reply nearly this large may have been cut by the server's own limit of 16 MiB.
constexpr std::size_t kMaybeCut = 12 << 20;

class MongoDeadLetters final : public ports::DeadLetters {
 public:
  MongoDeadLetters(Options options, Connection connection)
      : options_(std::move(options)),
        prefix_(options_.client_name + "/dead-letter/"),
        connection_(std::move(connection)) {}

  Result<void> put(const ports::DeadLetter& letter) override;
  Result<std::uint64_t> count() override;
  Result<std::vector<ports::DeadLetter>> page(const std::optional<ports::DeadLetterKey>& after,
                                              std::size_t limit) override;
  Result<std::optional<ports::DeadLetter>> find(const std::string& id) override;
  Result<std::uint64_t> remove(std::span<const std::string> document_ids) override;

 private:
  // Keys that begin with the prefix.
  [[nodiscard]] Bson ours() const;
  // The letters that match, in order. A reply beyond kMaybeCut may hold fewer than there are.
  Result<std::vector<ports::DeadLetter>> find_letters(const Bson& filter, std::size_t limit, Bson& reply);

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
  Bson command;
  command.add("count", options_.token_collection).add("query", ours());
  Bson reply;
  if (auto done = connection_.run(token_database(options_), command, reply); !done) {
    return fail(done.error().with_context("counting the dead letters"));
  }
  const auto number = mongodb::find(reply.bytes(), "n");
  return static_cast<std::uint64_t>(number ? number->integer().value_or(0) : 0);
}

Bson MongoDeadLetters::ours() const {
  Bson range;
  // '0' is what follows '/'.
  range.add("$gte", prefix_).add("$lt", prefix_.substr(0, prefix_.size() - 1) + "0");
  Bson query;
  query.add("_id", range);
  return query;
}

Result<std::vector<ports::DeadLetter>> MongoDeadLetters::find_letters(const Bson& filter, std::size_t limit,
                                                                      Bson& reply) {
  Bson command;
  command.add("find", options_.token_collection)
      .add("filter", filter)
      .add("sort", Bson().add("at", std::int32_t{1}).add("_id", std::int32_t{1}))
      .add("limit", static_cast<std::int64_t>(limit))
      .add("batchSize", static_cast<std::int64_t>(limit))
      .add("singleBatch", true);
  if (auto done = connection_.run(token_database(options_), command, reply); !done) {
    return fail(done.error().with_context("reading dead letters"));
  }
  std::vector<ports::DeadLetter> letters;
  const auto batch = mongodb::find(reply.bytes(), {"cursor", "firstBatch"});
  Fields found(batch ? batch->document().value_or("") : "");
  while (const auto element = found.next()) {
    letters.push_back(letter_of(element->document().value_or("")));
  }
  return letters;
}

Result<std::vector<ports::DeadLetter>> MongoDeadLetters::page(const std::optional<ports::DeadLetterKey>& after,
                                                              std::size_t limit) {
  EXPORTER_CHECK(limit > 0, "a page has room for a letter");
  std::vector<ports::DeadLetter> letters;
  std::optional<ports::DeadLetterKey> place = after;
  Bson reply;
  while (letters.size() < limit) {
    Bson filter = ours();
    if (place) {
      const std::int64_t at = std::chrono::floor<std::chrono::milliseconds>(place->at).time_since_epoch().count();
      Bson later;
      later.add("at", Bson().add_date("$gt", at));
      Bson same;
      same.add_date("at", at).add("_id", Bson().add("$gt", prefix_ + clean(place->document_id)));
      filter.add_array("$or", {&later, &same});
    }
    const std::size_t wanted = std::min(limit - letters.size(), kMostAtOnce);
    auto more = find_letters(filter, wanted, reply);
    if (!more) {
      return more;
    }
    std::move(more->begin(), more->end(), std::back_inserter(letters));
    if (more->empty() || (more->size() < wanted && reply.bytes().size() < kMaybeCut)) {
      return letters;
    }
    place = {.at = letters.back().at, .document_id = letters.back().document_id};
  }
  return letters;
}

Result<std::optional<ports::DeadLetter>> MongoDeadLetters::find(const std::string& id) {
  Bson by_document;
  by_document.add("_id", prefix_ + clean(id));
  Bson reply;
  auto found = find_letters(by_document, 1, reply);
  if (found && found->empty()) {
    found = find_letters(ours().add("eventId", clean(id)), 1, reply);
  }
  if (!found) {
    return fail(std::move(found.error()));
  }
  return found->empty() ? std::nullopt : std::optional(std::move(found->front()));
}

Result<std::uint64_t> MongoDeadLetters::remove(std::span<const std::string> document_ids) {
  std::uint64_t removed = 0;
  for (std::size_t first = 0; first < document_ids.size(); first += kMostAtOnce) {
    Bson keys;
    bson_t array;
    bson_append_array_begin(keys.get(), "$in", 3, &array);
    std::uint32_t count = 0;
    for (const std::string& id : document_ids.subspan(first, std::min(kMostAtOnce, document_ids.size() - first))) {
      const char* index = nullptr;
      char digits[16];
      const std::size_t size = bson_uint32_to_string(count++, &index, digits, sizeof digits);
      const std::string key = prefix_ + clean(id);
      bson_append_utf8(&array, index, static_cast<int>(size), key.data(), static_cast<int>(key.size()));
    }
    bson_append_array_end(keys.get(), &array);
    Bson statement;
    statement.add("q", Bson().add("_id", keys)).add("limit", std::int32_t{0});
    Bson command;
    command.add("delete", options_.token_collection).add_array("deletes", {&statement}).add("writeConcern", majority());
    Bson reply;
    if (auto done = connection_.run(token_database(options_), command, reply); !done) {
      return fail(done.error().with_context("removing dead letters"));
    }
    if (const auto refused = write_error(reply)) {
      return fail(ErrorKind::transient, fmt::format("removing dead letters: {}", refused->message));
    }
    const auto number = mongodb::find(reply.bytes(), "n");
    removed += static_cast<std::uint64_t>(number ? number->integer().value_or(0) : 0);
  }
  return removed;
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
