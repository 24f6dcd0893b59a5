// Inserts, for the lab and for tests.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "source/mongodb/connection.h"
#include "source/mongodb/store.h"

namespace exporter::mongodb {

namespace {

constexpr Duration kPatience = std::chrono::seconds(30);
// The server takes 16 MiB a command and 100,000 documents.
constexpr std::size_t kCommandBytes = 8 << 20;
constexpr std::size_t kCommandDocuments = 10'000;

}  // namespace

struct Writer::Impl {
  Options options;
  Connection connection;
};

Writer::Writer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::open(const Options& options) {
  auto connection = Connection::make(options, kPatience);
  if (!connection) {
    return fail(std::move(connection.error()));
  }
  return std::unique_ptr<Writer>(new Writer(std::make_unique<Impl>(Impl{options, std::move(*connection)})));
}

Result<void> Writer::insert(std::span<const std::string_view> documents) {
  Bson reply;
  Bson concern;
  concern.add("w", "majority");
  while (!documents.empty()) {
    Bson command;
    command.add("insert", impl_->options.collection).add("writeConcern", concern);
    bson_t array;
    bson_append_array_begin(command.get(), "documents", -1, &array);
    std::size_t taken = 0;
    std::size_t bytes = 0;
    const char* index = nullptr;
    char digits[16];
    for (; taken < std::min(documents.size(), kCommandDocuments); ++taken) {
      const std::string_view document = documents[taken];
      if (taken > 0 && bytes + document.size() > kCommandBytes) {
        break;
      }
      bytes += document.size();
      bson_t view;
      if (!bson_init_static(&view, reinterpret_cast<const std::uint8_t*>(document.data()), document.size())) {
        bson_append_array_end(command.get(), &array);
        return fail(ErrorKind::rejected, "a document is no BSON");
      }
      const std::size_t size = bson_uint32_to_string(static_cast<std::uint32_t>(taken), &index, digits, sizeof digits);
      bson_append_document(&array, index, static_cast<int>(size), &view);
    }
    bson_append_array_end(command.get(), &array);
    if (auto done = impl_->connection.run(impl_->options.database, command, reply); !done) {
      return fail(done.error().with_context("inserting events"));
    }
    if (const auto refused = write_error(reply)) {
      return fail(ErrorKind::rejected, fmt::format("MongoDB refused a document: {}", refused->message));
    }
    documents = documents.subspan(taken);
  }
  return {};
}

}  // namespace exporter::mongodb
