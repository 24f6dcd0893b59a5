// The stream: a change stream over the collection, inserts only, by raw aggregate and getMore commands.
//
// Raw, because the driver's own change stream hides the ends of batches, the token after a batch, a cursor that the
// server closed, and its endless resuming. A reply of the server is kept whole and handed out in slices.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/check.h"
#include "source/mongodb/connection.h"
#include "source/mongodb/resume_token.h"
#include "source/mongodb/store.h"

namespace exporter::mongodb {

namespace {

using event::Mark;
using std::chrono::milliseconds;
using std::chrono::seconds;

// How long the server holds an idle getMore. A stop is noticed that late at most.
constexpr Duration kAwait = milliseconds(500);
// A server that scans a long log for our next insert answers late; a dead one is noticed after this.
constexpr Duration kPatience = seconds(60);
// Bytes of a reply that we aim at: large enough to make the round trip cheap, small beside the memory we may use.
constexpr double kReplyBytes = 512 << 10;
// Seconds by which another server's own clock may be behind. What comes twice for them is recognised by its id.
constexpr std::int64_t kClockMargin = 60;
// Seconds by which the stream may be behind the server's own log and still count as caught up: both are told in seconds.
constexpr std::int64_t kCaughtUp = 1;
// How often a server is asked that answers at once when it has nothing.
constexpr Duration kPoll = milliseconds(100);
constexpr std::int64_t kSmallestBatch = 8;
constexpr std::int64_t kLargestBatch = 1000;

// One inserted document, still inside the reply.
struct Change {
  std::string id;
  std::string_view document;
  std::string_view token;
  ClusterTime time;
  WallTime wall{};  // the server's, in milliseconds; since MongoDB 6.0
};

Change read_change(std::string_view bytes) {
  Change change;
  Fields fields(bytes);
  while (auto field = fields.next()) {
    if (field->key() == "_id") {
      change.token = field->document().value_or("");
    } else if (field->key() == "clusterTime") {
      change.time = field->cluster_time().value_or(ClusterTime{});
    } else if (field->key() == "wallTime") {
      change.wall = WallTime(milliseconds(field->date().value_or(0)));
    } else if (field->key() == "fullDocument") {
      // Without one it is set aside by the decoder, with its reason, like every other that cannot be read.
      change.document = field->document().value_or("");
    } else if (field->key() == "documentKey") {
      const auto key = find(field->document().value_or(""), "_id");
      change.id = key ? document_id(*key) : std::string();
    }
  }
  if (change.id.empty()) {
    const auto key = find(change.document, "_id");
    change.id = key ? document_id(*key) : std::string();
  }
  return change;
}

class MongoSource final : public ports::Source {
 public:
  MongoSource(Options options, Connection connection, Clock& clock)
      : options_(std::move(options)),
        fingerprint_(fingerprint(options_)),
        connection_(std::move(connection)),
        clock_(clock) {}
  Result<event::Position> head() override;
  Result<void> open(const event::Position& position) override;
  Result<void> next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline, std::stop_token stop) override;

 private:
  // `start`: the stream's option that says where; empty for now.
  Result<void> aggregate(const Bson& start, Failure& failure);
  // The position for a server that gives no token with an empty batch; reply_ is its answer.
  Result<event::Position> head_by_clock();
  Result<void> get_more(MonoTime deadline);
  Result<void> take_reply(std::string_view batch_key);
  // Whether the reply, which holds no change, shows that there was none.
  [[nodiscard]] bool shows_the_end() const;
  // Moves changes from the reply into `batch`.
  void hand_out(event::RawBatch& batch, std::size_t max_bytes);
  // The next change of the reply into ahead_, or nothing at its end.
  void look_ahead();
  [[nodiscard]] Mark mark(std::string_view token, WallTime changed_at) const;
  void close();

  const Options options_;
  const std::uint32_t fingerprint_;
  Connection connection_;
  Clock& clock_;
  Session session_;
  std::int64_t cursor_ = 0;  // the server's; 0: closed
  Bson reply_;
  std::optional<Fields> unread_;  // of the reply's batch
  std::optional<Change> ahead_;   // the next of them
  std::string after_reply_;       // the token after the reply's batch, empty when the server gave none
  double mean_bytes_ = 2000;      // of a change, lately
};

Mark MongoSource::mark(std::string_view token, WallTime changed_at) const {
  return {.phase = Mark::Phase::stream,
          .position = make_position(fingerprint_, token),
          .changed_at = changed_at,
          .resume = nullptr};
}

void MongoSource::close() {
  if (cursor_ != 0 && session_.open()) {
    Bson array;
    bson_append_int64(array.get(), "0", 1, cursor_);
    Bson command;
    command.add("killCursors", options_.collection);
    bson_append_array(command.get(), "cursors", -1, array.get());
    Bson reply;
    // The server ends idle cursors by itself after ten minutes; this only saves it the wait.
    (void)connection_.run(options_.database, command, reply, &session_);
  }
  cursor_ = 0;
  unread_.reset();
  ahead_.reset();
  after_reply_.clear();
  session_ = {};
}

Result<void> MongoSource::take_reply(std::string_view batch_key) {
  const auto id = find(reply_.bytes(), {"cursor", "id"});
  const auto changes = find(reply_.bytes(), {"cursor", batch_key});
  if (!id || !id->integer() || !changes || !changes->document()) {
    cursor_ = 0;
    return fail(ErrorKind::transient, "MongoDB's answer has no cursor");
  }
  cursor_ = *id->integer();
  unread_.emplace(*changes->document());
  look_ahead();
  const auto token = find(reply_.bytes(), {"cursor", "postBatchResumeToken"});
  after_reply_ = token ? std::string(token->document().value_or("")) : std::string();
  return {};
}

Result<void> MongoSource::aggregate(const Bson& start, Failure& failure) {
  Bson types;
  types.add_texts("$in", {"insert"});
  Bson operation;
  operation.add("operationType", types);
  Bson stream;
  stream.add("$changeStream", start);
  Bson match;
  match.add("$match", operation);
  Bson command;
  command.add("aggregate", options_.collection)
      .add_array("pipeline", {&stream, &match})
      .add("cursor", Bson().add("batchSize", std::int32_t{0}));
  if (auto done = connection_.run(options_.database, command, reply_, &session_, &failure); !done) {
    return done;
  }
  return take_reply("firstBatch");
}

Result<event::Position> MongoSource::head() {
  close();
  auto session = connection_.session();
  if (!session) {
    return fail(session.error().with_context("looking for the stream's head"));
  }
  session_ = std::move(*session);
  Failure failure;
  if (auto opened = aggregate(Bson(), failure); !opened) {
    close();
    return fail(opened.error().with_context("opening the stream at its head"));
  }
  if (after_reply_.empty()) {
    auto moment = head_by_clock();
    close();
    return moment;
  }
  event::Position position = make_position(fingerprint_, after_reply_);
  close();
  return position;
}

Result<event::Position> MongoSource::head_by_clock() {
  // What the reply is as of, as the drivers use it; the stream brings what comes at that moment or later.
  const auto operation = find(reply_.bytes(), "operationTime");
  ClusterTime moment = operation ? operation->cluster_time().value_or(ClusterTime{}) : ClusterTime{};
  if (!moment.known()) {
    Bson hello;
    hello.add("isMaster", std::int32_t{1});  // the name that every server knows
    if (auto done = connection_.run(options_.database, hello, reply_, &session_); !done) {
      return fail(done.error().with_context("asking for the server's clock"));
    }
    const auto clock = find(reply_.bytes(), "localTime");
    const std::int64_t millis = clock ? clock->date().value_or(0) : 0;
    const std::int64_t begin = millis / 1000 - kClockMargin;
    if (begin <= 0) {
      return fail(ErrorKind::invalid, "this server gives neither a resume token for an empty batch nor its time");
    }
    moment = {.seconds = static_cast<std::uint32_t>(begin), .increment = 1};
  }
  return make_position(fingerprint_, moment_as_token(moment).bytes());
}

Result<void> MongoSource::open(const event::Position& position) {
  const auto token = token_of(position, fingerprint_);
  if (!token) {
    return fail(ErrorKind::invalid,
                fmt::format("the saved position is no resume token of the stream {}.{}; put back a copy of the "
                            "token's document, or delete it to start anew",
                            options_.database, options_.collection));
  }
  close();
  auto session = connection_.session();
  if (!session) {
    return fail(session.error().with_context("opening the stream"));
  }
  session_ = std::move(*session);
  Failure failure;
  const auto moment = find(*token, kStartAt);
  Bson start;
  if (moment) {
    start.add(kStartAt, *moment);
  } else {
    start.add_document("resumeAfter", *token);
  }
  auto opened = aggregate(start, failure);
  // A stream that is over and gives no token to go on from: how other servers refuse such a token.
  const bool over = opened && !moment && cursor_ == 0 && !ahead_ && after_reply_.empty();
  if (over || (!opened && failure.code == kInvalidResumeToken)) {
    // After the collection was dropped or renamed the server takes the last token in this way only.
    opened = aggregate(Bson().add_document("startAfter", *token), failure);
  }
  if (opened && is_ahead(time_of(*token), reply_.bytes())) {
    // The server takes such a token without a word, and would send nothing until then.
    opened = fail(ErrorKind::position_lost,
                  "the position lies in the server's future: was an older copy of the database put back?");
  }
  if (!opened) {
    close();
    return fail(opened.error().with_context("opening the stream"));
  }
  return {};
}

Result<void> MongoSource::get_more(MonoTime deadline) {
  const Duration left = std::clamp<Duration>(deadline - clock_.now(), milliseconds(1), kAwait);
  const auto size = static_cast<std::int64_t>(kReplyBytes / mean_bytes_);
  Bson command;
  command.add("getMore", cursor_)
      .add("collection", options_.collection)
      .add("batchSize", std::clamp(size, kSmallestBatch, kLargestBatch))
      .add("maxTimeMS", static_cast<std::int64_t>(std::chrono::ceil<milliseconds>(left).count()));
  if (auto done = connection_.run(options_.database, command, reply_, &session_); !done) {
    cursor_ = 0;  // whatever it was: it is gone, or not to be trusted
    return fail(done.error().with_context("reading the stream"));
  }
  return take_reply("nextBatch");
}

void MongoSource::look_ahead() {
  ahead_.reset();
  while (!ahead_) {
    const auto element = unread_->next();
    if (!element) {
      return;
    }
    const std::string_view bytes = element->document().value_or("");
    // Some servers tell the end of a stream by a change of its own that passes every filter.
    if (const auto type = find(bytes, "operationType"); !type || type->text() == "insert") {
      ahead_ = read_change(bytes);
    }
    mean_bytes_ += (static_cast<double>(bytes.size()) - mean_bytes_) / 64;
  }
}

void MongoSource::hand_out(event::RawBatch& batch, std::size_t max_bytes) {
  while (ahead_) {
    if (!batch.empty() && batch.bytes() + ahead_->id.size() + ahead_->document.size() > max_bytes) {
      return;
    }
    batch.add(ahead_->id, ahead_->document, mark(ahead_->token, ahead_->time.wall()), ahead_->wall);
    look_ahead();
  }
  if (!after_reply_.empty()) {
    batch.end = mark(after_reply_, time_of(after_reply_).wall());
  }
}

// A server may also answer because its time was over, or wait for a part of a cluster that writes nothing: then the token
// is behind the server's own time, and says how far the stream is.
bool MongoSource::shows_the_end() const {
  const auto operation = find(reply_.bytes(), "operationTime");
  const ClusterTime written = operation ? operation->cluster_time().value_or(ClusterTime{}) : ClusterTime{};
  const ClusterTime read = time_of(after_reply_);
  return cursor_ != 0 && (!written.known() || !read.known() || read.seconds + kCaughtUp >= written.seconds);
}

Result<void> MongoSource::next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline, std::stop_token stop) {
  batch.clear();
  for (;;) {
    hand_out(batch, max_bytes);
    if (!batch.empty() || stop.stop_requested()) {
      return {};
    }
    if (cursor_ == 0 && !after_reply_.empty()) {
      // The place behind the end of a closed stream: whoever goes on from before it meets the same end again.
      after_reply_.clear();
      return {};
    }
    if (cursor_ == 0) {
      return fail(ErrorKind::transient,
                  "the server closed the stream (the collection was dropped, renamed, or is not there yet)");
    }
    const MonoTime asked = clock_.now();
    const bool last_look = asked >= deadline;
    if (auto read = get_more(deadline); !read) {
      return read;
    }
    batch.caught_up_at = !ahead_ && shows_the_end() ? std::optional(asked) : std::nullopt;
    if (cursor_ != 0 && !ahead_ && after_reply_.empty() && !last_look) {
      // MongoDB itself waits, and always gives a token. Servers that only speak its protocol may do neither.
      clock_.sleep_until(std::min(deadline, asked + kPoll), stop);
    }
    if (last_look && !ahead_) {
      hand_out(batch, max_bytes);
      return {};
    }
  }
}

}  // namespace

Result<std::unique_ptr<ports::Source>> open_source(const Options& options, Clock& clock) {
  auto connection = Connection::make(options, kPatience);
  if (!connection) {
    return fail(std::move(connection.error()));
  }
  return std::make_unique<MongoSource>(options, std::move(*connection), clock);
}

}  // namespace exporter::mongodb
