// A database of its own on the test program's real mongod, with hands to write to it as others do.
#pragma once

#include <gtest/gtest.h>
#include <mongoc/mongoc.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "observability/log.h"
#include "source/mongodb/bson.h"
#include "source/mongodb/connection.h"
#include "source/mongodb/resume_token.h"
#include "source/mongodb/store.h"
#include "support/bson_text.h"
#include "support/mongod.h"

namespace exporter::mongodb {

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() : client_(mongoc_client_new(options_.uri.c_str())) {
    mongoc_client_set_error_api(client_.get(), MONGOC_ERROR_API_VERSION_2);
  }
  ~ServerTest() override { run(R"({"dropDatabase": 1})"); }

  // The server's code, 0 for success. The answer is in reply_.
  std::int32_t try_run(const Bson& command, const std::string& database) {
    bson_error_t error{};
    const bool done = mongoc_client_command_with_opts(client_.get(), database.c_str(), command.get(), nullptr, nullptr,
                                                      reply_.receive(), &error);
    return done ? 0 : static_cast<std::int32_t>(error.code);
  }
  // A command in Extended JSON, which must work; its answer.
  std::string_view run(const std::string& json, const std::string& database) {
    EXPORTER_CHECK(try_run(Bson(testing::bson_of(json)), database) == 0, json.c_str());
    return reply_.bytes();
  }
  std::string_view run(const std::string& json) { return run(json, options_.database); }

  void insert(const std::string& collection, const std::string& document) {
    run(R"({"insert": ")" + collection + R"(", "documents": [)" + document +
        R"(], "writeConcern": {"w": "majority"}})");
  }
  // The documents of a collection, in Extended JSON as short as it gets.
  std::vector<std::string> documents(const std::string& collection) {
    run(R"({"find": ")" + collection + R"(", "sort": {"_id": 1}})");
    std::vector<std::string> texts;
    const std::string batch(find(reply_.bytes(), {"cursor", "firstBatch"})->document().value());
    Fields fields(batch);
    while (const auto field = fields.next()) {
      char* const text = bson_as_relaxed_extended_json(Bson(field->document().value()).get(), nullptr);
      texts.emplace_back(text);
      bson_free(text);
    }
    return texts;
  }

  // As the set-up job of NVSentinel leaves the collection of events.
  void create_index() {
    run(R"({"createIndexes": "HealthEvents", "indexes": [
            {"key": {"createdAt": 1}, "name": "ttl", "expireAfterSeconds": 2592000}]})");
  }

  event::Position head() { return open_source(options_, clock_).value()->head().value(); }

  Options options_{.uri = testing::Mongod::uri(), .database = testing::Mongod::fresh_database()};
  SystemClock clock_;

 private:
  struct Destroy {
    void operator()(mongoc_client_t* client) const { mongoc_client_destroy(client); }
  };
  std::unique_ptr<mongoc_client_t, Destroy> client_;
  Bson reply_;
};

// What was logged since it was made; what a test before logged folds none of it.
class LogCapture {
 public:
  LogCapture() {
    log::init(log::Level::info, "dev");
    ::testing::internal::CaptureStderr();
  }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
  ~LogCapture() { end(); }
  const std::string& end() {
    if (!ended_) {
      text_ = ::testing::internal::GetCapturedStderr();
      ended_ = true;
    }
    return text_;
  }
  // How many lines say `words`.
  int count(std::string_view words) {
    int found = 0;
    for (std::size_t place = 0; (place = end().find(words, place)) != std::string::npos; place += words.size()) {
      ++found;
    }
    return found;
  }

 private:
  std::string text_;
  bool ended_ = false;
};

}  // namespace exporter::mongodb
