// The stored documents by (createdAt, _id), in pages.
//
// Only createdAt is sure to have an index (the one that makes documents expire), so a page is read along it, in groups
// of documents created in the same millisecond: groups that fit are taken whole, one that does not is read by itself,
// sorted by _id. So a page costs what it returns, however much is stored.
//
// What the stream will bring is left out by reading as of the stream position's own moment. The server keeps such a view
// for about five minutes; after that the newest view is read, and what was inserted since with an old createdAt comes
// twice, under the same event id.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "observability/log.h"
#include "source/mongodb/connection.h"
#include "source/mongodb/cursor_text.h"
#include "source/mongodb/resume_token.h"
#include "source/mongodb/store.h"

namespace exporter::mongodb {

namespace {

using event::Mark;
using std::chrono::milliseconds;

constexpr Duration kPatience = std::chrono::minutes(5);  // counting a long history takes a while
// A reply nearly this large may have been cut by the server's own limit of 16 MiB.
constexpr std::size_t kMaybeCut = 12 << 20;

// Milliseconds since 1970, down; the ends of the range of time stay what they are.
std::int64_t to_millis(WallTime time) { return std::chrono::floor<milliseconds>(time).time_since_epoch().count(); }

struct Document {
  std::int64_t created_at = 0;
  std::string_view bytes;
  Field id;
};

class MongoHistory final : public ports::History {
 public:
  MongoHistory(Options options, Connection connection)
      : options_(std::move(options)), fingerprint_(fingerprint(options_)), connection_(std::move(connection)) {}

  Result<ports::HistoryPlan> plan(const ports::HistoryWindow& window) override;
  Result<void> page(const std::string& cursor, std::size_t limit, event::RawBatch& batch) override;

 private:
  enum class Use { index, sort_alone };
  struct Query {
    Bson filter;
    std::int32_t by_time = 0;  // sort: 1, -1 or none
    std::int32_t by_id = 0;
    std::int64_t skip = 0;
    std::int64_t limit = 1;
    bool whole = false;  // whole documents, or createdAt and _id alone
  };

  // Runs `command` as of `until`, and as of now when the server cannot. Adds the hint where it is told to.
  Result<void> read(Bson& command, ClusterTime until, Bson& reply);
  // The documents found; they live in `reply`.
  Result<std::vector<Document>> find_documents(const Query& query, ClusterTime until, Bson& reply);
  // The first document by the query, or nothing.
  Result<std::optional<HistoryCursor>> first(const Query& query, ClusterTime until);
  Result<std::uint64_t> count(std::int64_t from, std::int64_t to, ClusterTime until);
  // The cursor behind which the newest `keep` of the range are.
  Result<HistoryCursor> cut(const HistoryCursor& range, std::uint64_t keep);
  // The rest of the group at `cursor.from`.
  Result<std::vector<Document>> rest_of_group(const HistoryCursor& cursor, std::size_t limit, Bson& reply);
  // Whole groups after `cursor.from`. When the first group alone is too large: nothing, and `group` says which.
  Result<std::vector<Document>> groups(const HistoryCursor& cursor, std::size_t limit, Bson& reply,
                                       std::optional<std::int64_t>& group);
  void fill(event::RawBatch& batch, const std::vector<Document>& documents, HistoryCursor cursor,
            bool groups_end) const;

  const Options options_;
  const std::uint32_t fingerprint_;
  Connection connection_;
  bool has_index_ = true;
  bool has_snapshots_ = true;
};

Bson between(std::int64_t from, std::string_view low, std::int64_t to) {
  Bson range;
  range.add_date(low, from).add_date("$lte", to);
  Bson filter;
  filter.add("createdAt", range);
  return filter;
}

Bson at(std::int64_t millis) {
  Bson filter;
  filter.add_date("createdAt", millis);
  return filter;
}

std::string id_document(const Field& id) {
  Bson document;
  document.add("_id", id);
  return std::string(document.bytes());
}

// ObjectIds last, in the server's own order; the others before them, by type and bytes. Behind an ObjectId the place is
// the key, and a restart there reads what the server has after it: nothing that is still unsent may be before it.
bool id_before(const Document& a, const Document& b) {
  const auto rank = [](const Document& document) {
    return document.id.type() == BSON_TYPE_OID ? std::numeric_limits<int>::max() : static_cast<int>(document.id.type());
  };
  const std::string left = id_document(a.id);
  const std::string right = id_document(b.id);
  return rank(a) != rank(b) ? rank(a) < rank(b) : left < right;
}

Result<void> MongoHistory::read(Bson& command, ClusterTime until, Bson& reply) {
  for (;;) {
    Bson whole;
    whole.add_all(command);
    if (has_index_) {
      whole.add("hint", Bson().add("createdAt", std::int32_t{1}));
    }
    const bool snapshot = has_snapshots_ && until.known();
    Bson concern;
    concern.add("level", snapshot ? "snapshot" : "majority");
    if (snapshot) {
      concern.add("atClusterTime", until);
    }
    whole.add("readConcern", concern);
    Failure failure;
    const auto done = connection_.run(options_.database, whole, reply, nullptr, &failure);
    if (done || failure.code == 0) {
      return done;
    }
    if (has_index_ && failure.code == kBadValue && done.error().message.find("hint") != std::string::npos) {
      log::warn("The collection has no index on createdAt: each page of the history reads all of it",
                {{"collection", options_.collection}, {"action", "make one: {createdAt: 1}"}});
      has_index_ = false;
    } else if (snapshot && done.error().kind != ErrorKind::unauthorized) {
      log::info("The server has no view of the past any more; reading the history as it is now",
                {{"reason", done.error()}});
      has_snapshots_ = false;
    } else {
      return done;
    }
  }
}

Result<std::vector<Document>> MongoHistory::find_documents(const Query& query, ClusterTime until, Bson& reply) {
  Bson sort;
  if (query.by_time != 0) {
    sort.add("createdAt", query.by_time);
  }
  if (query.by_id != 0) {
    sort.add("_id", query.by_id);
  }
  Bson command;
  command.add("find", options_.collection)
      .add("filter", query.filter)
      .add("sort", sort)
      .add("skip", query.skip)
      .add("limit", query.limit)
      .add("batchSize", query.limit)
      .add("singleBatch", true);
  if (!query.whole) {
    command.add("projection", Bson().add("createdAt", std::int32_t{1}));
  }
  if (auto done = read(command, until, reply); !done) {
    return fail(done.error().with_context("reading the history"));
  }
  std::vector<Document> documents;
  const auto batch = find(reply.bytes(), {"cursor", "firstBatch"});
  Fields found(batch ? batch->document().value_or("") : "");
  while (const auto element = found.next()) {
    const std::string_view bytes = element->document().value_or("");
    const auto created_at = find(bytes, "createdAt");
    const auto id = find(bytes, "_id");
    if (created_at && created_at->date() && id) {
      documents.push_back({.created_at = *created_at->date(), .bytes = bytes, .id = *id});
    }
  }
  return documents;
}

Result<std::optional<HistoryCursor>> MongoHistory::first(const Query& query, ClusterTime until) {
  Bson reply;
  auto documents = find_documents(query, until, reply);
  if (!documents) {
    return fail(std::move(documents.error()));
  }
  if (documents->empty()) {
    return std::nullopt;
  }
  return HistoryCursor{
      .from = documents->front().created_at, .id = id_document(documents->front().id), .to = 0, .until = until};
}

Result<std::uint64_t> MongoHistory::count(std::int64_t from, std::int64_t to, ClusterTime until) {
  Bson match;
  match.add("$match", between(from, "$gte", to));
  Bson number;
  number.add("$count", "n");
  Bson command;
  command.add("aggregate", options_.collection).add_array("pipeline", {&match, &number}).add("cursor", Bson());
  Bson reply;
  if (auto done = read(command, until, reply); !done) {
    return fail(done.error().with_context("counting the history"));
  }
  const auto n = find(reply.bytes(), {"cursor", "firstBatch", "0", "n"});
  return static_cast<std::uint64_t>(n ? n->integer().value_or(0) : 0);
}

Result<HistoryCursor> MongoHistory::cut(const HistoryCursor& range, std::uint64_t keep) {
  // The newest one that is not kept. Within its millisecond the greatest keys are kept.
  auto time = first({.filter = between(range.from, "$gt", range.to),
                     .by_time = -1,
                     .skip = static_cast<std::int64_t>(keep),
                     .limit = 1},
                    range.until);
  if (!time || !*time) {
    return time ? Result<HistoryCursor>(range) : fail(std::move(time.error()));
  }
  const std::int64_t moment = (*time)->from;
  auto newer = count(moment + 1, range.to, range.until);
  if (!newer) {
    return fail(std::move(newer.error()));
  }
  const std::uint64_t kept_here = keep - std::min(keep, *newer);
  auto last =
      first({.filter = at(moment), .by_id = -1, .skip = static_cast<std::int64_t>(kept_here), .limit = 1}, range.until);
  if (!last) {
    return fail(std::move(last.error()));
  }
  return HistoryCursor{.from = moment, .id = *last ? (*last)->id : std::string(), .to = range.to, .until = range.until};
}

Result<ports::HistoryPlan> MongoHistory::plan(const ports::HistoryWindow& window) {
  const auto token = token_of(window.until, fingerprint_);
  if (!token) {
    return fail(ErrorKind::invalid, "planning the history: the end is no position of this stream");
  }
  has_snapshots_ = true;
  HistoryCursor range{.from = to_millis(window.not_before) - 1,
                      .id = {},
                      .to = std::numeric_limits<std::int64_t>::max(),
                      .until = last_before(*token)};
  auto newest = first({.filter = between(range.from, "$gt", range.to), .by_time = -1, .limit = 1}, range.until);
  if (!newest) {
    return fail(std::move(newest.error()));
  }
  range.to = *newest ? (*newest)->from : range.from;
  auto all = count(range.from + 1, range.to, range.until);
  if (!all) {
    return fail(std::move(all.error()));
  }
  ports::HistoryPlan plan{.cursor = {}, .events = std::min(*all, window.max_events), .cut = 0};
  plan.cut = *all - plan.events;
  if (plan.cut > 0) {
    auto begin = cut(range, plan.events);
    if (!begin) {
      return fail(std::move(begin.error()));
    }
    range = std::move(*begin);
  }
  plan.cursor = to_text(range, fingerprint_);
  return plan;
}

Result<std::vector<Document>> MongoHistory::rest_of_group(const HistoryCursor& cursor, std::size_t limit, Bson& reply) {
  Query query{.filter = at(cursor.from), .by_id = 1, .limit = static_cast<std::int64_t>(limit), .whole = true};
  if (!cursor.id.empty()) {
    // In an expression values of all types compare; in a query only those of the same type would.
    Bson literal;
    literal.add("$literal", *find(cursor.id, "_id"));
    Bson pair;
    bson_t array;
    bson_append_array_begin(pair.get(), "$gt", -1, &array);
    bson_append_utf8(&array, "0", 1, "$_id", 4);
    bson_append_document(&array, "1", 1, literal.get());
    bson_append_array_end(pair.get(), &array);
    query.filter.add("$expr", pair);
  }
  return find_documents(query, cursor.until, reply);
}

Result<std::vector<Document>> MongoHistory::groups(const HistoryCursor& cursor, std::size_t limit, Bson& reply,
                                                   std::optional<std::int64_t>& group) {
  const std::size_t wanted = limit + 1;  // one more tells whether the last group ends
  auto documents = find_documents({.filter = between(cursor.from, "$gt", cursor.to),
                                   .by_time = 1,
                                   .limit = static_cast<std::int64_t>(wanted),
                                   .whole = true},
                                  cursor.until, reply);
  if (!documents || documents->empty()) {
    return documents;
  }
  const std::int64_t last = documents->back().created_at;
  if (documents->size() == wanted || reply.bytes().size() > kMaybeCut) {
    if (documents->front().created_at == last) {
      group = last;
      documents->clear();
      return documents;
    }
    std::erase_if(*documents, [last](const Document& document) { return document.created_at == last; });
  }
  std::sort(documents->begin(), documents->end(), [](const Document& a, const Document& b) {
    return a.created_at != b.created_at ? a.created_at < b.created_at : id_before(a, b);
  });
  return documents;
}

void MongoHistory::fill(event::RawBatch& batch, const std::vector<Document>& documents, HistoryCursor cursor,
                        bool groups_end) const {
  for (std::size_t index = 0; index < documents.size(); ++index) {
    const Document& document = documents[index];
    const bool last_of_group =
        index + 1 == documents.size() ? groups_end : documents[index + 1].created_at != document.created_at;
    // Within a group the place is known by the key, if the keys are in the server's order as ObjectIds are; else it stays
    // before the group, and a restart there sends some of it again.
    if (last_of_group) {
      cursor.from = document.created_at;
      cursor.id.clear();
    } else if (document.id.type() == BSON_TYPE_OID || !groups_end) {
      cursor.from = document.created_at;
      cursor.id = id_document(document.id);
    }
    batch.add(document_id(document.id), document.bytes,
              {.phase = Mark::Phase::history,
               .position = {to_text(cursor, fingerprint_)},
               .changed_at = WallTime(milliseconds(document.created_at)),
               .resume = nullptr});
  }
}

Result<void> MongoHistory::page(const std::string& text, std::size_t limit, event::RawBatch& batch) {
  EXPORTER_CHECK(limit > 0, "a page has room for a document");
  batch.clear();
  auto cursor = parse_cursor(text, fingerprint_);
  if (!cursor) {
    return fail(ErrorKind::invalid,
                "the saved place in the history is none of this collection's; put back a copy of the token's document, "
                "or delete "
                "it to start anew");
  }
  Bson reply;
  std::optional<std::int64_t> group;
  if (!cursor->id.empty()) {
    auto rest = rest_of_group(*cursor, limit, reply);
    if (!rest) {
      return fail(std::move(rest.error()));
    }
    if (!rest->empty()) {
      fill(batch, *rest, *cursor, false);
      return {};
    }
    cursor->id.clear();
  }
  auto documents = groups(*cursor, limit, reply, group);
  if (documents && group) {
    cursor->from = *group;
    documents = rest_of_group(*cursor, limit, reply);
  }
  if (!documents) {
    return fail(std::move(documents.error()));
  }
  fill(batch, *documents, *cursor, !group);
  return {};
}

}  // namespace

Result<std::unique_ptr<ports::History>> open_history(const Options& options) {
  auto connection = Connection::make(options, kPatience);
  if (!connection) {
    return fail(std::move(connection.error()));
  }
  return std::make_unique<MongoHistory>(options, std::move(*connection));
}

}  // namespace exporter::mongodb
