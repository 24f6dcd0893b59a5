#include "source/sqlite/resume_token.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "base/fnv.h"
#include "base/json_text.h"
#include "source/sqlite/position.h"

namespace exporter::sqlite {

namespace {

using State = ports::Backfill::State;

constexpr std::array<std::string_view, 3> kStateNames{"none", "running", "done"};  // by ports::Backfill::State

tl::unexpected<Error> unreadable(std::string_view column, std::string_view why) {
  return fail(
      ErrorKind::corrupt,
      fmt::format("resume_tokens.{} cannot be understood ({}); put back a copy of the row, or delete the row to "
                  "start anew",
                  column, why));
}

// Whole numbers only; 48211.0 is one, since other writers go through doubles.
std::optional<std::int64_t> whole_number(simdjson::dom::element value) {
  std::int64_t number = 0;
  double real = 0;
  if (value.get(number) == simdjson::SUCCESS) {
    return number;
  }
  if (value.get(real) == simdjson::SUCCESS && real >= 0 && real < 9e15 &&
      static_cast<double>(static_cast<std::int64_t>(real)) == real) {
    return static_cast<std::int64_t>(real);
  }
  return std::nullopt;
}

Result<std::int64_t> read_event_id(simdjson::dom::parser& parser, std::string_view text) {
  simdjson::dom::element token;
  simdjson::dom::element event_id;
  if (const auto error = parser.parse(text.data(), text.size()).get(token); error != simdjson::SUCCESS) {
    return unreadable("resume_token", simdjson::error_message(error));
  }
  if (token["eventID"].get(event_id) != simdjson::SUCCESS) {
    return unreadable("resume_token", "it has no eventID");
  }
  const auto number = whole_number(event_id);
  if (!number || *number < 0) {
    return unreadable("resume_token", "its eventID is no change-log id");
  }
  return *number;
}

bool read_backfill(simdjson::dom::element value, ports::Backfill& out) {
  std::string_view state;
  std::string_view cursor;
  if (value["state"].get(state) != simdjson::SUCCESS || value["cursor"].get(cursor) != simdjson::SUCCESS ||
      value["sent"].get(out.sent) != simdjson::SUCCESS || value["total"].get(out.total) != simdjson::SUCCESS) {
    return false;
  }
  out.cursor = cursor;
  for (std::size_t index = 0; index < kStateNames.size(); ++index) {
    if (state == kStateNames[index]) {
      out.state = static_cast<State>(index);
      return true;
    }
  }
  return false;
}

bool read_ahead(simdjson::dom::element value, std::string_view fingerprint, std::optional<ports::Ahead>& out) {
  std::string_view position;
  simdjson::dom::array pending;
  if (value["position"].get(position) != simdjson::SUCCESS || value["pending"].get(pending) != simdjson::SUCCESS) {
    return false;
  }
  ports::Ahead ahead{.position = {std::string(position)}, .pending = {}};
  if (value["settled"].get(ahead.settled) != simdjson::SUCCESS) {
    ahead.settled = 0;
  }
  for (const simdjson::dom::element element : pending) {
    std::string_view id;
    if (element.get(id) != simdjson::SUCCESS) {
      return false;
    }
    ahead.pending.emplace_back(id);
  }
  if (!parse_position(ahead.position, fingerprint) || ahead.pending.empty()) {
    return false;
  }
  out = std::move(ahead);
  return true;
}

}  // namespace

std::string write_resume_token(std::int64_t change_id, WallTime changed_at) {
  const auto second = std::chrono::floor<std::chrono::seconds>(changed_at);
  const auto micros = std::chrono::floor<std::chrono::microseconds>(changed_at - second).count();
  return fmt::format("{{\"timestamp\": \"{:%Y-%m-%dT%H:%M:%S}.{:06}Z\", \"eventID\": {}}}",
                     fmt::gmtime(static_cast<std::time_t>(second.time_since_epoch().count())), micros, change_id);
}

std::string write_state(const ports::Checkpoint& checkpoint, std::string_view resume_token) {
  std::string text = fmt::format("{{\"digest\": \"{:016x}\"", fnv1a(resume_token));
  if (checkpoint.watermark) {
    text += fmt::format(", \"watermarkNanos\": {}", checkpoint.watermark->time_since_epoch().count());
  }
  const ports::Backfill& backfill = checkpoint.backfill;
  text += fmt::format(", \"backfill\": {{\"state\": \"{}\", \"cursor\": ",
                      kStateNames[static_cast<std::size_t>(backfill.state)]);
  append_json_string(text, backfill.cursor);
  text += fmt::format(", \"sent\": {}, \"total\": {}}}", backfill.sent, backfill.total);
  if (checkpoint.ahead) {
    text += ", \"ahead\": {\"position\": ";
    append_json_string(text, checkpoint.ahead->position.token);
    const char* between = ", \"pending\": [";
    for (const std::string& id : checkpoint.ahead->pending) {
      text += std::exchange(between, ", ");
      append_json_string(text, id);
    }
    text += fmt::format("], \"settled\": {}}}", checkpoint.ahead->settled);
  }
  text += '}';
  return text;
}

Result<ports::Checkpoint> read_checkpoint(std::string_view resume_token, std::string_view state,
                                          std::string_view fingerprint) {
  simdjson::dom::parser parser;
  auto event_id = read_event_id(parser, resume_token);
  if (!event_id) {
    return fail(std::move(event_id.error()));
  }
  ports::Checkpoint checkpoint;
  checkpoint.position = make_position(*event_id, fingerprint);
  if (state.empty()) {
    return checkpoint;
  }
  simdjson::dom::element value;
  std::string_view digest;
  if (parser.parse(state.data(), state.size()).get(value) != simdjson::SUCCESS ||
      value["digest"].get(digest) != simdjson::SUCCESS) {
    return unreadable("state", "it is no JSON object with a digest");
  }
  if (digest != fmt::format("{:016x}", fnv1a(resume_token))) {
    return checkpoint;
  }
  simdjson::dom::element watermark;
  if (value["watermarkNanos"].get(watermark) == simdjson::SUCCESS) {
    std::int64_t nanos = 0;
    if (watermark.get(nanos) != simdjson::SUCCESS) {
      return unreadable("state", "its watermark is no whole number");
    }
    checkpoint.watermark = WallTime(Duration(nanos));
  }
  simdjson::dom::element backfill;
  if (value["backfill"].get(backfill) != simdjson::SUCCESS || !read_backfill(backfill, checkpoint.backfill)) {
    return unreadable("state", "its backfill is not of our form");
  }
  simdjson::dom::element ahead;
  if (value["ahead"].get(ahead) == simdjson::SUCCESS && !read_ahead(ahead, fingerprint, checkpoint.ahead)) {
    return unreadable("state", "its ahead is not of our form");
  }
  return checkpoint;
}

}  // namespace exporter::sqlite
