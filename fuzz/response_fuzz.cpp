// The sink's response reader: never crashes, stays within its bounds, and reads the same whatever the chunking.
// The first byte of an input chooses how the rest is cut; the second whether the connection then ends.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>

#include "sink/http/response_reader.h"

namespace {

using exporter::http::ResponseReader;
using State = ResponseReader::State;

constexpr ResponseReader::Limits kLimits{.header_bytes = 512, .body_bytes = 256, .excerpt_bytes = 32};

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

using Result = std::tuple<State, int, std::string, std::string, bool>;

Result read(std::string_view bytes, std::size_t piece, bool ends) {
  ResponseReader reader(kLimits);
  auto state = State::reading;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    state = reader.feed(bytes.substr(at, piece));
  }
  if (ends) {
    state = reader.end_of_stream();
  }
  require(reader.started() == !bytes.empty());
  require(!ends || state != State::reading);
  require(state != State::malformed || !reader.problem().empty());
  if (state != State::complete) {
    return {state, 0, "", "", false};
  }
  require(reader.status() >= 200 && reader.status() <= 599);
  require(reader.excerpt().size() <= kLimits.excerpt_bytes);
  require(!ends || !reader.reusable());
  return {state, reader.status(), reader.retry_after().value_or(""), std::string(reader.excerpt()), reader.reusable()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) {
    return 0;
  }
  const std::size_t piece = 1U + data[0] % 64U;
  const bool ends = (data[1] & 1U) != 0;
  const std::string bytes(data + 2, data + size);
  const auto whole = read(bytes, bytes.size(), ends);
  require(read(bytes, piece, ends) == whole);
  require(read(bytes, 1, ends) == whole);
  return 0;
}
