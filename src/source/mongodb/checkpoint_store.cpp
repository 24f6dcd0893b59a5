// Progress, in the document that the incumbent keeps it in: one for each client's name, in the collection of tokens.
//
//   clientName     "event-exporter"
//   resumeToken    the stream's token, an embedded document as the server gave it. All that the incumbent reads, and all
//                  that it rewrites.
//   eventExporter  what we know beyond it: watermark, backfill, ahead, and a digest of the token that they were saved with.
//                  With another token in the document they describe an older place: only the watermark then still says
//                  something true (everything before it was settled once).
//   eventExporterLease   who may write the rest (lease_store.cpp). A field of its own, so that neither rewrites the
//                  other.
//
// Saving is an update of the document by its key, never an upsert: clientName is not unique, and two programs that raced
// would make two documents. A fenced save is conditional on the lease, and makes no document: the lease's own renewal
// does, when somebody removed it.
#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>

#include "base/fnv.h"
#include "observability/log.h"
#include "source/mongodb/connection.h"
#include "source/mongodb/lease_record.h"
#include "source/mongodb/resume_token.h"
#include "source/mongodb/store.h"

namespace exporter::mongodb {

namespace {

using State = ports::Backfill::State;

constexpr std::array<std::string_view, 3> kStateNames{"none", "running", "done"};  // by ports::Backfill::State

std::int64_t digest_of(std::string_view token) { return static_cast<std::int64_t>(fnv1a(token)); }

// `ahead_token`: of checkpoint.ahead, when there is one.
Bson state_of(const ports::Checkpoint& checkpoint, std::string_view token, std::string_view ahead_token) {
  Bson backfill;
  backfill.add("state", kStateNames[static_cast<std::size_t>(checkpoint.backfill.state)])
      .add("cursor", checkpoint.backfill.cursor)
      .add("sent", static_cast<std::int64_t>(checkpoint.backfill.sent))
      .add("total", static_cast<std::int64_t>(checkpoint.backfill.total));
  Bson state;
  state.add("tokenDigest", digest_of(token));
  if (checkpoint.watermark) {
    state.add("watermarkNanos", std::int64_t{checkpoint.watermark->time_since_epoch().count()});
  }
  state.add("backfill", backfill);
  if (checkpoint.ahead) {
    Bson ahead;
    ahead.add_document("token", ahead_token)
        .add_texts("pending", checkpoint.ahead->pending)
        .add("settled", static_cast<std::int64_t>(checkpoint.ahead->settled));
    state.add("ahead", ahead);
  }
  return state;
}

// False: not of our form.
bool read_backfill(std::string_view document, ports::Backfill& out) {
  const auto name = find(document, "state");
  const auto cursor = find(document, "cursor");
  const auto sent = find(document, "sent");
  const auto total = find(document, "total");
  if (!name || !cursor || !cursor->text() || !sent || !sent->integer() || !total || !total->integer()) {
    return false;
  }
  out.cursor = *cursor->text();
  out.sent = static_cast<std::uint64_t>(*sent->integer());
  out.total = static_cast<std::uint64_t>(*total->integer());
  for (std::size_t index = 0; index < kStateNames.size(); ++index) {
    if (name->text() == kStateNames[index]) {
      out.state = static_cast<State>(index);
      return true;
    }
  }
  return false;
}

// False: not of our form.
bool read_ahead(std::string_view document, std::uint32_t fingerprint, std::optional<ports::Ahead>& out) {
  const auto token = find(document, "token");
  const auto pending = find(document, "pending");
  if (!token || token->type() != BSON_TYPE_DOCUMENT || !pending || pending->type() != BSON_TYPE_ARRAY) {
    return false;
  }
  ports::Ahead ahead{.position = make_position(fingerprint, *token->document()), .pending = {}};
  if (const auto settled = find(document, "settled"); settled && settled->integer()) {
    ahead.settled = static_cast<std::uint64_t>(*settled->integer());
  }
  Fields ids(*pending->document());
  while (const auto id = ids.next()) {
    if (!id->text()) {
      return false;
    }
    ahead.pending.emplace_back(*id->text());
  }
  if (ahead.pending.empty()) {
    return false;
  }
  out = std::move(ahead);
  return true;
}

class MongoCheckpoints final : public ports::CheckpointStore {
 public:
  MongoCheckpoints(Options options, Connection connection)
      : options_(std::move(options)), fingerprint_(fingerprint(options_)), connection_(std::move(connection)) {}

  Result<std::optional<ports::Checkpoint>> load() override;
  Result<void> save(const ports::Checkpoint& checkpoint, const std::optional<ports::Fence>& fence) override;

 private:
  // The client's document into `document`; false when there is none. `reply` is the server's whole answer.
  Result<bool> find_document(Bson& document, Bson& reply);
  [[nodiscard]] tl::unexpected<Error> unreadable(std::string_view key, std::string_view why) const;
  // `reply`: of the server, whose time says whether the token's can be true.
  Result<ports::Checkpoint> read(std::string_view token, std::string_view state, std::string_view reply) const;
  // Replaces token and state of the known document. False: it is not there with the token that we left in it, or not
  // with the fence's lease.
  Result<bool> update(const Bson& values, bool whatever_token, const std::optional<ports::Fence>& fence);
  // After update() found nothing: the first save, or the document is not as we left it.
  Result<bool> save_anyway(const Bson& values, const std::string& tried, const std::optional<ports::Fence>& fence);
  // Makes the document. False: somebody else just did.
  Result<bool> create(const Bson& values);

  const Options options_;
  const std::uint32_t fingerprint_;
  Connection connection_;
  Bson key_;           // {_id: ...} of the document, empty while none is known
  std::string token_;  // what we last saw or left in it
  std::string tried_;  // what the last save was to leave in it: when its answer is lost, it may or may not be there
};

tl::unexpected<Error> MongoCheckpoints::unreadable(std::string_view key, std::string_view why) const {
  return fail(
      ErrorKind::corrupt,
      fmt::format("{} of the document {{clientName: \"{}\"}} in {}.{} cannot be understood ({}); put back a copy "
                  "of the document, or delete it to start anew",
                  key, options_.client_name, token_database(options_), options_.token_collection, why));
}

Result<bool> MongoCheckpoints::find_document(Bson& document, Bson& reply) {
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
  if (auto done = connection_.run(token_database(options_), command, reply); !done) {
    return fail(std::move(done.error()));
  }
  const auto batch = find(reply.bytes(), {"cursor", "firstBatch"});
  const auto first = batch ? Fields(batch->document().value_or("")).next() : std::nullopt;
  const auto bytes = first ? first->document() : std::nullopt;
  key_ = Bson();
  token_.clear();
  if (!bytes) {
    return false;
  }
  document = Bson(*bytes);
  if (const auto id = find(*bytes, "_id")) {
    key_.add("_id", *id);
  }
  return true;
}

Result<ports::Checkpoint> MongoCheckpoints::read(std::string_view token, std::string_view state,
                                                 std::string_view reply) const {
  ports::Checkpoint checkpoint;
  checkpoint.position = make_position(fingerprint_, token);
  const auto digest = find(state, "tokenDigest");
  const auto watermark = find(state, "watermarkNanos");
  const auto nanos = watermark ? watermark->integer() : std::nullopt;
  if (watermark && !nanos) {
    return unreadable("eventExporter.watermarkNanos", "it is no whole number");
  }
  if (nanos) {
    checkpoint.watermark = WallTime(Duration(*nanos));
  }
  if (digest && digest->integer() == digest_of(token)) {
    const auto backfill = find(state, "backfill");
    if (!backfill || !read_backfill(backfill->document().value_or(""), checkpoint.backfill)) {
      return unreadable("eventExporter.backfill", "it is not of our form");
    }
    const auto ahead = find(state, "ahead");
    if (ahead && !read_ahead(ahead->document().value_or(""), fingerprint_, checkpoint.ahead)) {
      return unreadable("eventExporter.ahead", "it is not of our form");
    }
  } else if (const ClusterTime time = time_of(token); time.known() && !is_ahead(time, reply)) {
    // Another hand put this token there, when everything before it was done: it is its own watermark. But not one of
    // the future, which is damaged: nothing could be found after it.
    checkpoint.watermark = time.wall();
  }
  return checkpoint;
}

Result<std::optional<ports::Checkpoint>> MongoCheckpoints::load() {
  Bson document;
  Bson reply;
  auto found = find_document(document, reply);
  if (!found) {
    return fail(found.error().with_context("loading the checkpoint"));
  }
  if (!*found) {
    return std::nullopt;
  }
  const auto field = find(document.bytes(), "resumeToken");
  const auto ours = find(document.bytes(), "eventExporter");
  if (ours && ours->type() != BSON_TYPE_DOCUMENT) {
    return unreadable("eventExporter", "it is no embedded document");
  }
  const std::string_view state = ours ? ours->document().value_or("") : "";
  const Bson none;
  std::string_view token = none.bytes();
  if (field && field->type() != BSON_TYPE_NULL) {
    // The incumbent's oldest form may be the same document as binary.
    const auto binary = field->binary();
    const auto given = binary && is_document(*binary) ? binary : field->document();
    if (!given || field->type() == BSON_TYPE_ARRAY) {
      return unreadable("resumeToken", "it is no embedded document");
    }
    token = *given;
    // A filter with the document does not find the binary.
    token_ = binary ? "" : token;
  }
  if (!Fields(token).next() && !find(state, "watermarkNanos")) {
    return std::nullopt;  // an empty document is none
  }
  // An empty one beside our watermark was emptied by hand. The server will refuse it, and the events since the watermark
  // are read again; a start from now would lose them.
  auto checkpoint = read(token, state, reply.bytes());
  if (!checkpoint) {
    return fail(checkpoint.error().with_context("loading the checkpoint"));
  }
  return std::optional(std::move(*checkpoint));
}

Result<bool> MongoCheckpoints::update(const Bson& values, bool whatever_token,
                                      const std::optional<ports::Fence>& fence) {
  Bson filter;
  filter.add_all(key_);
  if (fence) {
    add_condition(filter, *fence);
  }
  if (!whatever_token && !token_.empty()) {
    filter.add_document("resumeToken", token_);
  }
  Bson set;
  set.add("$set", values);
  Bson statement;
  statement.add("q", filter).add("u", set);
  Bson command;
  command.add("update", options_.token_collection).add_array("updates", {&statement}).add("writeConcern", majority());
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

Result<bool> MongoCheckpoints::create(const Bson& values) {
  Bson document;
  // A key that two of ours would both choose: the second one to insert is told so.
  document.add("_id", options_.client_name).add("clientName", options_.client_name).add_all(values);
  Bson command;
  command.add("insert", options_.token_collection).add_array("documents", {&document}).add("writeConcern", majority());
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

Result<bool> MongoCheckpoints::save_anyway(const Bson& values, const std::string& tried,
                                           const std::optional<ports::Fence>& fence) {
  const bool first = token_.empty();
  const auto is_ours = [&tried](const Bson& found) {
    const auto stored = find(found.bytes(), "resumeToken");
    return stored && !tried.empty() && stored->document() == tried;
  };
  Bson document;
  Bson reply;
  auto found = find_document(document, reply);
  if (!found) {
    return fail(std::move(found.error()));
  }
  if (!*found && fence) {
    return fail(ErrorKind::transient, "the document was removed, and the lease in it is not renewed yet");
  }
  if (!*found) {
    if (!first) {
      log::warn("The resume token was removed while this program was running; it is written again",
                {{"clientName", options_.client_name},
                 {"action", "none; to start anew, stop all exporters first and remove it then"}});
    }
    return create(values);
  }
  if (fence && !is_of(document.bytes(), *fence)) {
    return fail(ErrorKind::not_leader, "another exporter holds the lease");
  }
  if (!first && !is_ours(document)) {
    log::warn(
        "The resume token was changed by another program while this one was running; it is written again. "
        "Only one exporter may run.",
        {{"clientName", options_.client_name}, {"action", "find the other program and stop it"}});
  }
  return update(values, true, fence);
}

Result<void> MongoCheckpoints::save(const ports::Checkpoint& checkpoint, const std::optional<ports::Fence>& fence) {
  const auto token = token_of(checkpoint.position, fingerprint_);
  if (!token) {
    return fail(ErrorKind::invalid, "saving the checkpoint: the position is no resume token of this stream");
  }
  const auto ahead =
      checkpoint.ahead ? token_of(checkpoint.ahead->position, fingerprint_) : std::optional<std::string_view>("");
  if (!ahead) {
    return fail(ErrorKind::invalid, "saving the checkpoint: the place ahead is no resume token of this stream");
  }
  const std::string tried = std::exchange(tried_, *token);
  Bson values;
  values.add_document("resumeToken", *token).add("eventExporter", state_of(checkpoint, *token, *ahead));
  Result<bool> done = false;
  if (find(key_.bytes(), "_id")) {
    done = update(values, false, fence);
  }
  if (done && !*done) {
    done = save_anyway(values, tried, fence);
  }
  if (!done) {
    return fail(done.error().with_context("saving the checkpoint"));
  }
  if (!*done) {
    return fail(ErrorKind::transient, "saving the checkpoint: another program is writing it too");
  }
  token_ = *token;
  return {};
}

}  // namespace

Result<std::unique_ptr<ports::CheckpointStore>> open_checkpoints(const Options& options) {
  auto connection = Connection::make(options, kWritePatience);
  if (!connection) {
    return fail(std::move(connection.error()));
  }
  return std::make_unique<MongoCheckpoints>(options, std::move(*connection));
}

}  // namespace exporter::mongodb
