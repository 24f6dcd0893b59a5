#include "config/notes.h"

#include <array>
#include <string>
#include <string_view>

#include "config/apply.h"

namespace exporter::config {

namespace {

struct Difference {
  std::string_view name;
  std::string_view text;
};

constexpr std::string_view kTokenText =
    "did nothing in the incumbent and does nothing here: progress is kept in the datastore itself";

constexpr std::array<Difference, 7> kKeyDifferences = {{
    {"exporter.backfill.batch_size", "did nothing in the incumbent; here it is the number of events read at a time"},
    {"exporter.backfill.max_events",
     "the incumbent kept whatever its datastore gave first, with MongoDB the oldest events; here the newest are kept"},
    {"exporter.resume_token.database", kTokenText},
    {"exporter.resume_token.collection", kTokenText},
    {"exporter.failure_handling.max_retries",
     "the incumbent exited when they were used up, and sent everything since the last checkpoint again; here the event "
     "goes on waiting for the sink and the program goes on running"},
    {"exporter.failure_handling.max_backoff",
     "the incumbent stopped retrying when the delay reached it; here the delay stays at it and retrying goes on"},
    {"exporter.filter.expression", "blank, so every event is exported; a filter would be refused"},
}};

constexpr std::string_view kNowhere = "read by no part of the incumbent's exporter, nor by this one";
constexpr std::string_view kTokenCheck =
    "only steered the incumbent's check for a stored position; this one reads the position from the datastore it "
    "streams from";
constexpr std::string_view kOtherStore = "belongs to a datastore that is not in use";

constexpr std::array<Difference, 27> kVariableDifferences = {{
    {"MONGODB_TLS_ENABLED", kNowhere},
    {"MONGODB_COLLECTION_EXPIRY_SECONDS", kNowhere},
    {"MONGODB_MAINTENANCE_EVENT_COLLECTION_NAME", kNowhere},
    {"UNPROCESSED_EVENTS_METRIC_UPDATE_INTERVAL_SECONDS", kNowhere},
    {"DATASTORE_MAX_CONNECTIONS", kNowhere},
    {"DATASTORE_MAX_IDLE_CONNECTIONS", kNowhere},
    {"MONGODB_COLLECTION_NAME", kTokenCheck},
    {"MONGODB_PING_TIMEOUT_TOTAL_SECONDS", kTokenCheck},
    {"MONGODB_PING_INTERVAL_SECONDS", kTokenCheck},
    {"CA_CERT_MOUNT_TIMEOUT_TOTAL_SECONDS", kTokenCheck},
    {"CA_CERT_READ_INTERVAL_SECONDS", kTokenCheck},
    {"MONGODB_CHANGE_STREAM_RETRY_DEADLINE_SECONDS", kTokenCheck},
    {"MONGODB_CHANGE_STREAM_RETRY_INTERVAL_SECONDS", kTokenCheck},
    {"CHANGE_STREAM_RETRY_DEADLINE_SECONDS", kTokenCheck},
    {"CHANGE_STREAM_RETRY_INTERVAL_SECONDS", kTokenCheck},
    {"MONGODB_URI", kOtherStore},
    {"MONGODB_DATABASE_NAME", kOtherStore},
    {"MONGODB_TOKEN_COLLECTION_NAME", kOtherStore},
    {"MONGODB_CLIENT_CERT_PATH", kOtherStore},
    {"MONGODB_CLIENT_CERT_MOUNT_PATH", kOtherStore},
    {"POSTGRESQL_CLIENT_CERT_MOUNT_PATH", kOtherStore},
    {"DATASTORE_HOST", kOtherStore},
    {"DATASTORE_PORT", kOtherStore},
    {"DATASTORE_DATABASE", kOtherStore},
    {"DATASTORE_USERNAME", kOtherStore},
    {"DATASTORE_PASSWORD", kOtherStore},
    {"OTEL_EXPORTER_OTLP_INSECURE", "this version sends no traces yet"},
}};

}  // namespace

std::vector<Note> make_notes(const Draft& draft, const Environment& environment) {
  std::vector<Note> notes;
  for (const Difference& difference : kKeyDifferences) {
    if (const Origin* origin = draft.origin(difference.name)) {
      notes.push_back(Note{std::string(difference.name), to_string(*origin), std::string(difference.text)});
    }
  }
  for (const Difference& difference : kVariableDifferences) {
    // What belongs to another datastore is only worth a word while the embedded one is in use.
    if (difference.text == kOtherStore && draft.config.datastore.provider != Provider::sqlite) {
      continue;
    }
    std::string name(difference.name);
    if (set_variable(environment, name)) {
      notes.push_back(Note{name, "environment", std::string(difference.text)});
    }
  }
  return notes;
}

}  // namespace exporter::config
