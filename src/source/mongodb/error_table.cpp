#include "source/mongodb/error_table.h"

#include <fmt/format.h>

#include <array>

namespace exporter::mongodb {

namespace {

struct Row {
  std::int32_t code;
  std::string_view name;
  ErrorKind kind;
  std::string_view reason;
};

constexpr std::string_view kGone = "the stream's position is no longer in the server's log";
constexpr std::string_view kDamaged = "the stored token is not one that this server can read";
constexpr std::string_view kMoving = "the server is starting, stopping or no longer the one to ask";
constexpr std::string_view kWho = "the server does not take our credentials";
constexpr std::string_view kCannot = "this server cannot do what we need: docs/mongodb.md says what it must be";

// Sorted by what it means, then by code. What is not here is transient: trying again loses nothing.
constexpr std::array kRows{
    // The position is lost: the stored events are read again from the last safe time.
    // 9, 14, 15, 40647, 40649 and 50811 are how the server refuses a damaged token; no other command of ours meets them.
    Row{9, "FailedToParse", ErrorKind::position_lost, kDamaged},
    Row{14, "TypeMismatch", ErrorKind::position_lost, kDamaged},
    Row{15, "Overflow", ErrorKind::position_lost, kDamaged},
    Row{40647, "Bad resume token", ErrorKind::position_lost, kDamaged},
    Row{40649, "Invalid empty resume token", ErrorKind::position_lost, kDamaged},
    Row{50811, "KeyString format error", ErrorKind::position_lost, kDamaged},
    Row{136, "CappedPositionLost", ErrorKind::position_lost, "the server's log overtook us while we read"},
    Row{260, "InvalidResumeToken", ErrorKind::position_lost, "the stored token is not one of this stream's"},
    Row{286, "ChangeStreamHistoryLost", ErrorKind::position_lost, kGone},
    // A change event that does not fit into one message. The stream cannot get past it; reading the stored documents can.
    Row{10334, "BSONObjectTooLarge", ErrorKind::position_lost, "a stored event is too large for the stream"},
    // Who we are. Tried again, with the certificate files read anew: credentials are rotated under running programs.
    Row{11, "UserNotFound", ErrorKind::unauthorized, kWho},
    Row{13, "Unauthorized", ErrorKind::unauthorized, "the user lacks rights: it needs readWrite on the database"},
    Row{18, "AuthenticationFailed", ErrorKind::unauthorized, kWho},
    Row{31, "RoleNotFound", ErrorKind::unauthorized, kWho},
    Row{334, "MechanismUnavailable", ErrorKind::unauthorized, kWho},
    Row{8000, "AtlasError", ErrorKind::unauthorized, kWho},
    // Never going to work.
    Row{59, "CommandNotFound", ErrorKind::invalid, kCannot},
    Row{40324, "Unrecognized pipeline stage", ErrorKind::invalid,
        "this server has no change streams: docs/mongodb.md says what it must be"},
    Row{40573, "ChangeStreamsNeedAReplicaSet", ErrorKind::invalid,
        "change streams need a replica set: make the server one, of one member if need be"},
    Row{40415, "Unknown field", ErrorKind::invalid, kCannot},
    // Named for the reader of the log; they would be transient without a row.
    Row{6, "HostUnreachable", ErrorKind::transient, kMoving},
    Row{7, "HostNotFound", ErrorKind::transient, kMoving},
    Row{43, "CursorNotFound", ErrorKind::transient, "the server forgot our cursor"},
    Row{50, "MaxTimeMSExpired", ErrorKind::transient, "the server took too long"},
    Row{64, "WriteConcernFailed", ErrorKind::transient, "too few members of the set confirmed a write in time"},
    Row{89, "NetworkTimeout", ErrorKind::transient, kMoving},
    Row{91, "ShutdownInProgress", ErrorKind::transient, kMoving},
    Row{94, "NotYetInitialized", ErrorKind::transient, "the replica set is not initiated yet"},
    Row{133, "FailedToSatisfyReadPreference", ErrorKind::transient, kMoving},
    Row{189, "PrimarySteppedDown", ErrorKind::transient, kMoving},
    Row{234, "RetryChangeStream", ErrorKind::transient, kMoving},
    Row{11601, "Interrupted", ErrorKind::transient, "the server ended our command"},
    Row{237, "CursorKilled", ErrorKind::transient, "the server ended our cursor"},
    Row{262, "ExceededTimeLimit", ErrorKind::transient, "the server took too long"},
    Row{9001, "SocketException", ErrorKind::transient, kMoving},
    Row{10107, "NotWritablePrimary", ErrorKind::transient, kMoving},
    Row{11600, "InterruptedAtShutdown", ErrorKind::transient, kMoving},
    Row{11602, "InterruptedDueToReplStateChange", ErrorKind::transient, kMoving},
    Row{13388, "StaleConfig", ErrorKind::transient, kMoving},
    Row{13435, "NotPrimaryNoSecondaryOk", ErrorKind::transient, kMoving},
    Row{13436, "NotPrimaryOrSecondary", ErrorKind::transient, kMoving},
};

// 280 is used for more than lost positions; only these words of the server mean one. The first letters are left out:
// versions differ in whether they are capitals.
constexpr std::int32_t kChangeStreamFatalError = 280;
constexpr std::array<std::string_view, 3> kFatalMeansLost{"esume token was not found", "esume of change stream",
                                                          "annot resume stream"};

// The server repeats whole commands in some messages, with what they carry.
constexpr std::size_t kLongestMessage = 300;

std::string shortened(std::string_view message) {
  const std::size_t command = message.find(" command {");
  if (command != std::string_view::npos) {
    message = message.substr(0, command + 8);
  }
  return std::string(message.substr(0, kLongestMessage));
}

Error make(const ServerError& error, ErrorKind kind, std::string_view name, std::string_view reason) {
  return {kind, fmt::format("{} ({}, code {}): {}", reason, name, error.code, shortened(error.message))};
}

Error classify_fatal(const ServerError& error) {
  for (const std::string_view words : kFatalMeansLost) {
    if (error.message.find(words) != std::string::npos) {
      return make(error, ErrorKind::position_lost, "ChangeStreamFatalError", kGone);
    }
  }
  return make(error, ErrorKind::transient, "ChangeStreamFatalError", "the stream broke");
}

}  // namespace

Error classify(const ServerError& error) {
  if (error.authentication) {
    return {ErrorKind::unauthorized, fmt::format("{}: {}", kWho, error.message)};
  }
  if (error.from_library) {
    return {ErrorKind::transient, fmt::format("no answer from MongoDB: {}", error.message)};
  }
  if (error.code == kChangeStreamFatalError) {
    return classify_fatal(error);
  }
  for (const Row& row : kRows) {
    if (row.code == error.code) {
      return make(error, row.kind, row.name, row.reason);
    }
  }
  return {ErrorKind::transient, fmt::format("MongoDB refused (code {}): {}", error.code, shortened(error.message))};
}

}  // namespace exporter::mongodb
