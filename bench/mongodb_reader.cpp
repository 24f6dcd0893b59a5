// The limit that the MongoDB source is measured against: libmongoc's own change stream in the plainest loop, from a saved
// resume token until COUNT events were read. Prints one JSON object.
//
//   build/release/mongodb_reader URI COUNT [CLIENT_NAME]      the URI names the database
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <bson/bson.h>
#include <mongoc/mongoc.h>

namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "mongodb_reader: %s\n", why);
  std::exit(1);
}

// The options of a stream that goes on from the client's saved token.
bson_t* saved_place(mongoc_client_t* client, const char* database, const char* client_name) {
  mongoc_collection_t* const tokens = mongoc_client_get_collection(client, database, "ResumeTokens");
  bson_t filter = BSON_INITIALIZER;
  bson_append_utf8(&filter, "clientName", -1, client_name, -1);
  mongoc_cursor_t* const cursor = mongoc_collection_find_with_opts(tokens, &filter, nullptr, nullptr);
  const bson_t* found = nullptr;
  bson_iter_t token;
  bson_t* const options = bson_new();
  if (!mongoc_cursor_next(cursor, &found) || !bson_iter_init_find(&token, found, "resumeToken") ||
      !bson_append_iter(options, "resumeAfter", -1, &token)) {
    give_up("there is no saved resume token");
  }
  mongoc_cursor_destroy(cursor);
  bson_destroy(&filter);
  mongoc_collection_destroy(tokens);
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    give_up("usage: mongodb_reader URI COUNT [CLIENT_NAME]");
  }
  mongoc_init();
  bson_error_t error;
  mongoc_uri_t* const uri = mongoc_uri_new_with_error(argv[1], &error);
  mongoc_client_t* const client = uri == nullptr ? nullptr : mongoc_client_new_from_uri_with_error(uri, &error);
  if (client == nullptr || mongoc_uri_get_database(uri) == nullptr) {
    give_up("the URI cannot be used or names no database");
  }
  const char* const database = mongoc_uri_get_database(uri);
  const std::uint64_t wanted = std::strtoull(argv[2], nullptr, 10);
  bson_t* const options = saved_place(client, database, argc > 3 ? argv[3] : "event-exporter");
  mongoc_collection_t* const events = mongoc_client_get_collection(client, database, "HealthEvents");
  bson_t pipeline = BSON_INITIALIZER;

  const double cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  mongoc_change_stream_t* const stream = mongoc_collection_watch(events, &pipeline, options);
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  const bson_t* change = nullptr;
  while (count < wanted && mongoc_change_stream_next(stream, &change)) {
    ++count;
    bytes += change->len;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double used = cpu_seconds() - cpu;
  const bson_t* refusal = nullptr;
  if (mongoc_change_stream_error_document(stream, &error, &refusal)) {
    give_up(error.message);
  }
  std::printf(
      "{\"by\":\"libmongoc change stream\",\"events\":%llu,\"bytes\":%llu,\"seconds\":%.6f,"
      "\"eventsPerSecond\":%.0f,\"cpuUsPerEvent\":%.2f}\n",
      static_cast<unsigned long long>(count), static_cast<unsigned long long>(bytes), seconds,
      static_cast<double>(count) / seconds, used / static_cast<double>(count == 0 ? 1 : count) * 1e6);

  mongoc_change_stream_destroy(stream);
  mongoc_collection_destroy(events);
  bson_destroy(options);
  mongoc_client_destroy(client);
  mongoc_uri_destroy(uri);
  mongoc_cleanup();
  return 0;
}
