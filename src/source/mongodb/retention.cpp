// What the oplog still holds: its first entry.
//
// A read of local.oplog.rs in its natural order is what the shell's rs.printReplicationInfo() does (server manual,
// "rs.printReplicationInfo"). It takes a right that readWrite on the data does not have: find on that collection. A
// sharded cluster's routers have no oplog, so there nothing is told. The oplog of a replica set begins with a note that it
// was initiated, on members that did not copy it from another one later: while that note is there, nothing was dropped.
#include "source/mongodb/retention.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "source/mongodb/connection.h"
#include "source/mongodb/resume_token.h"
#include "source/mongodb/store.h"

namespace exporter::mongodb {

namespace {

using std::chrono::seconds;

// Short, because progress is saved by the same thread.
constexpr Duration kPatience = seconds(2);
constexpr std::int32_t kServerMillis = 1000;
constexpr std::string_view kFirstNote = "initiating set";

class MongoRetention final : public ports::Retention {
 public:
  MongoRetention(std::uint32_t fingerprint, Connection connection)
      : fingerprint_(fingerprint), connection_(std::move(connection)) {}
  Result<std::optional<Duration>> headroom(const event::Position& position) override;

 private:
  const std::uint32_t fingerprint_;
  Connection connection_;
};

Result<std::optional<Duration>> MongoRetention::headroom(const event::Position& position) {
  const auto token = token_of(position, fingerprint_);
  const ClusterTime reached = token ? time_of(*token) : ClusterTime{};
  if (!reached.known()) {
    return std::nullopt;
  }
  // Where the stream is read: members keep different amounts.
  auto session = connection_.session();
  if (!session) {
    return fail(session.error().with_context("reading the oplog's first entry"));
  }
  Bson command;
  command.add("find", "oplog.rs")
      .add("projection", Bson().add("ts", std::int32_t{1}).add("o.msg", std::int32_t{1}))
      .add("sort", Bson().add("$natural", std::int32_t{1}))
      .add("limit", std::int64_t{1})
      .add("singleBatch", true)
      .add("maxTimeMS", kServerMillis);
  Bson reply;
  Failure failure;
  if (auto done = connection_.run("local", command, reply, &*session, &failure); !done) {
    return failure.code == kUnauthorized
               ? fail(ErrorKind::unauthorized, "the user may not read the oplog: grant it read on local.oplog.rs")
               : fail(done.error().with_context("reading the oplog's first entry"));
  }
  const auto batch = find(reply.bytes(), {"cursor", "firstBatch"});
  const auto first = batch ? Fields(batch->document().value_or("")).next() : std::nullopt;
  return first ? headroom_after(first->document().value_or(""), reached) : std::nullopt;
}

}  // namespace

std::optional<Duration> headroom_after(std::string_view first_entry, ClusterTime reached) {
  const auto note = find(first_entry, {"o", "msg"});
  if (note && note->text() == kFirstNote) {
    return Duration::max();
  }
  const auto time = find(first_entry, "ts");
  const ClusterTime oldest = time ? time->cluster_time().value_or(ClusterTime{}) : ClusterTime{};
  return oldest.known() ? std::optional(std::max<Duration>(reached.wall() - oldest.wall(), Duration::zero()))
                        : std::nullopt;
}

Result<std::unique_ptr<ports::Retention>> open_retention(const Options& options) {
  auto connection = Connection::make(options, kPatience);
  if (!connection) {
    return fail(std::move(connection.error()));
  }
  return std::make_unique<MongoRetention>(fingerprint(options), std::move(*connection));
}

}  // namespace exporter::mongodb
