// An SQLite file as any other program would use it: plain SQL through the library, and the raw bytes.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "source/sqlite/store.h"

namespace exporter::sqlite {

class SqlFile {
 public:
  explicit SqlFile(const std::string& path) {
    sqlite3_open(path.c_str(), &handle_);
    // A connection that closes at this moment (the last one folds the log into the file) holds the lock for a while.
    sqlite3_busy_timeout(handle_, 10'000);
  }
  ~SqlFile() { sqlite3_close(handle_); }
  SqlFile(const SqlFile&) = delete;
  SqlFile& operator=(const SqlFile&) = delete;

  // Empty: it worked. Else the library's message.
  std::string run(const std::string& sql) {
    char* message = nullptr;
    sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, &message);
    const std::string text = message == nullptr ? "" : message;
    sqlite3_free(message);
    return text;
  }

  // All values of all rows, as text. A statement that fails fails the test: an empty answer means no rows.
  std::vector<std::string> query(const std::string& sql) {
    std::vector<std::string> values;
    EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), &SqlFile::collect, &values, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle_);
    return values;
  }

 private:
  static int collect(void* values, int count, char** texts, char**) {
    for (int index = 0; index < count; ++index) {
      static_cast<std::vector<std::string>*>(values)->emplace_back(texts[index] == nullptr ? "NULL" : texts[index]);
    }
    return 0;
  }

  sqlite3* handle_ = nullptr;
};

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_bytes(const std::string& path, std::streamoff offset, const std::string& bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(offset);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Some rows in one transaction; node_name tells them apart.
inline Result<void> insert_rows(Writer& writer, int first, int count) {
  std::vector<std::string> nodes;
  std::vector<NewDocument> rows;
  nodes.reserve(static_cast<std::size_t>(count));
  for (int number = first; number < first + count; ++number) {
    nodes.push_back(fmt::format("{{\"n\": {}}}", number));
    rows.push_back({.id = {},
                    .node_name = "gpu-node",
                    .event_type = "XID",
                    .severity = "GPU",
                    .recommended_action = "NONE",
                    .document = nodes.back(),
                    .created_at = {}});
  }
  return writer.insert(rows);
}

}  // namespace exporter::sqlite
