#include "app/event_lines.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <limits>
#include <string_view>

#include "base/ascii.h"
#include "event/raw_batch.h"

namespace exporter::app {

namespace {

constexpr std::string_view kBefore = "{\"healthevent\":";
constexpr std::size_t kWrapping = kBefore.size() + 1;

bool is_document(const simdjson::dom::object& object) {
  for (const auto& member : object) {
    if (equals_ignoring_case(member.key, "healthevent")) {
      return true;
    }
  }
  return false;
}

}  // namespace

struct EventLines::Impl {
  std::istream& in;
  decode::Decoder& decoder;
  const Accepts accepts;
  simdjson::dom::parser parser;
  std::string line;    // getline needs room for a zero at the end
  std::string buffer;  // with the decoder's padding
  event::HealthEvent event;
  std::uint64_t number = 0;
  Result<void> problem;

  Impl(std::istream& input, decode::Decoder& decode, Accepts accept)
      : in(input), decoder(decode), accepts(accept), line(kLongestLine + 1, '\0') {
    buffer.reserve(kLongestLine + kWrapping + event::RawBatch::kPadding);
  }

  // The decoder reads whole documents, so an event becomes the inside of one; that it is one JSON object and not the
  // middle of two is seen to first.
  Result<void> read(std::string_view text) {
    buffer.assign(text);
    simdjson::dom::element value;
    if (const auto error = parser.parse(buffer.data(), buffer.size()).get(value); error != simdjson::SUCCESS) {
      return fail(ErrorKind::rejected, fmt::format("not valid JSON: {}", simdjson::error_message(error)));
    }
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) {
      return fail(ErrorKind::rejected, "must be a JSON object");
    }
    if (accepts != Accepts::events_and_documents || !is_document(object)) {
      buffer.assign(kBefore).append(text).append(1, '}');
    }
    buffer.reserve(buffer.size() + event::RawBatch::kPadding);
    return decoder.decode(buffer, event);
  }
};

EventLines::EventLines(std::istream& in, decode::Decoder& decoder, Accepts accepts)
    : impl_(std::make_unique<Impl>(in, decoder, accepts)) {}
EventLines::~EventLines() = default;

bool EventLines::next() {
  std::istream& in = impl_->in;
  while (in.good()) {
    ++impl_->number;
    in.getline(impl_->line.data(), static_cast<std::streamsize>(impl_->line.size()));
    auto length = static_cast<std::size_t>(in.gcount());
    if (in.fail() && length == impl_->line.size() - 1) {
      in.clear();
      in.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
      impl_->problem = fail(ErrorKind::rejected, "longer than 1 MiB");
      return true;
    }
    length -= in.good() && length > 0 ? 1U : 0U;  // the line end counts unless the input ended without one
    const std::string_view text(impl_->line.data(), length);
    if (text.find_first_not_of(" \t\r") != std::string_view::npos) {
      impl_->problem = impl_->read(text);
      return true;
    }
  }
  return false;
}

std::uint64_t EventLines::number() const { return impl_->number; }
const Result<void>& EventLines::problem() const { return impl_->problem; }
event::HealthEvent& EventLines::event() { return impl_->event; }
bool EventLines::broken() const { return impl_->in.bad(); }

}  // namespace exporter::app
