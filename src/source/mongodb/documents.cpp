// Stored documents by their keys, with one query for many.
//
// A reply is cut by the server at 16 MiB, so what is missing in a long one may only not have fitted: then fewer are
// asked for at once. What the primary has counts, as for the history.
#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "source/mongodb/connection.h"
#include "source/mongodb/resume_token.h"
#include "source/mongodb/store.h"

namespace exporter::mongodb {

namespace {

constexpr Duration kPatience = std::chrono::seconds(30);
// A reply nearly this large may have been cut by the server's own limit of 16 MiB.
constexpr std::size_t kMaybeCut = 12 << 20;
constexpr std::size_t kMostAtOnce = 200;

class MongoDocuments final : public ports::Documents {
 public:
  MongoDocuments(Options options, Connection connection)
      : options_(std::move(options)), connection_(std::move(connection)) {}

  Result<std::size_t> read(std::span<const std::string> ids, std::size_t max_bytes, event::RawBatch& batch,
                           std::vector<std::size_t>& gone) override;

 private:
  // The documents found, by their names; they live in `reply`. Nothing when not all may be there.
  using Found = std::unordered_map<std::string, std::string_view>;
  Result<std::optional<Found>> find_all(std::span<const std::string> ids, Bson& reply);

  const Options options_;
  Connection connection_;
};

Result<std::optional<MongoDocuments::Found>> MongoDocuments::find_all(std::span<const std::string> ids, Bson& reply) {
  Bson keys;
  bson_t array;
  bson_append_array_begin(keys.get(), "$in", 3, &array);
  std::uint32_t count = 0;
  for (const std::string& id : ids) {
    const auto key = key_of(id);
    if (const auto value = key ? mongodb::find(key->bytes(), "_id") : std::nullopt) {
      const char* index = nullptr;
      char digits[16];
      const std::size_t size = bson_uint32_to_string(count++, &index, digits, sizeof digits);
      bson_append_iter(&array, index, static_cast<int>(size), &value->place());
    }
  }
  bson_append_array_end(keys.get(), &array);
  Found found;
  if (count == 0) {
    return found;
  }
  Bson command;
  command.add("find", options_.collection)
      .add("filter", Bson().add("_id", keys))
      .add("limit", static_cast<std::int64_t>(count))
      .add("batchSize", static_cast<std::int64_t>(count))
      .add("singleBatch", true)
      .add("readConcern", Bson().add("level", "majority"));
  if (auto done = connection_.run(options_.database, command, reply); !done) {
    return fail(done.error().with_context("reading stored events"));
  }
  if (ids.size() > 1 && reply.bytes().size() > kMaybeCut) {
    return std::nullopt;
  }
  const auto batch = mongodb::find(reply.bytes(), {"cursor", "firstBatch"});
  Fields documents(batch ? batch->document().value_or("") : "");
  while (const auto element = documents.next()) {
    const std::string_view bytes = element->document().value_or("");
    if (const auto id = mongodb::find(bytes, "_id")) {
      found.emplace(document_id(*id), bytes);
    }
  }
  return found;
}

Result<std::size_t> MongoDocuments::read(std::span<const std::string> ids, std::size_t max_bytes,
                                         event::RawBatch& batch, std::vector<std::size_t>& gone) {
  batch.clear();
  gone.clear();
  std::size_t done = 0;
  std::size_t at_once = kMostAtOnce;
  Bson reply;
  while (done < ids.size() && (done == 0 || batch.bytes() < max_bytes)) {
    const auto asked = ids.subspan(done, std::min(at_once, ids.size() - done));
    auto found = find_all(asked, reply);
    if (!found) {
      return fail(std::move(found.error()));
    }
    if (!*found) {
      at_once = asked.size() / 2;
      continue;
    }
    for (std::size_t index = 0; index < asked.size() && (done == 0 || batch.bytes() < max_bytes); ++index, ++done) {
      if (const auto document = (*found)->find(asked[index]); document != (*found)->end()) {
        batch.add(asked[index], document->second, {});
      } else {
        gone.push_back(done);
      }
    }
  }
  return done;
}

}  // namespace

Result<std::unique_ptr<ports::Documents>> open_documents(const Options& options) {
  auto connection = Connection::make(options, kPatience);
  if (!connection) {
    return fail(std::move(connection.error()));
  }
  return std::make_unique<MongoDocuments>(options, std::move(*connection));
}

}  // namespace exporter::mongodb
