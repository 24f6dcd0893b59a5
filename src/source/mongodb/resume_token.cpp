#include "source/mongodb/resume_token.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace exporter::mongodb {

namespace {

// The digits at `text[offset .. offset + 8)`, or zero.
std::uint32_t hex_word(std::string_view text, std::size_t offset) {
  std::uint32_t value = 0;
  const char* const first = text.data() + offset;
  const auto [end, error] = std::from_chars(first, first + 8, value, 16);
  return error == std::errc() && end == first + 8 ? value : 0;
}

// A change's token names its collection by 16 bytes, so it is longer than this many digits; others are shorter.
constexpr std::size_t kLongestBetween = 40;
// Seconds that a member's notion of the cluster's time may be behind another's.
constexpr std::uint32_t kClockSlack = 60;

std::string_view data_of(std::string_view token) {
  const auto data = find(token, "_data");
  return data ? data->text().value_or("") : "";
}

}  // namespace

event::Position make_position(std::uint32_t fingerprint, std::string_view token) {
  event::Position position;
  position.token.resize(sizeof fingerprint);
  std::memcpy(position.token.data(), &fingerprint, sizeof fingerprint);
  position.token.append(token);
  return position;
}

std::optional<std::string_view> token_of(const event::Position& position, std::uint32_t fingerprint) {
  std::string_view text(position.token);
  if (text.size() < sizeof fingerprint || std::memcmp(text.data(), &fingerprint, sizeof fingerprint) != 0) {
    return std::nullopt;
  }
  text.remove_prefix(sizeof fingerprint);
  return is_document(text) ? std::optional(text) : std::nullopt;
}

Bson moment_as_token(ClusterTime time) {
  Bson token;
  token.add(kStartAt, time);
  return token;
}

ClusterTime time_of(std::string_view token) {
  if (const auto moment = find(token, kStartAt)) {
    return moment->cluster_time().value_or(ClusterTime{});
  }
  const std::string_view text = data_of(token);
  if (text.size() < 18 || !text.starts_with("82")) {
    return {};
  }
  const ClusterTime time{.seconds = hex_word(text, 2), .increment = hex_word(text, 10)};
  return time.increment == 0 ? ClusterTime{} : time;
}

bool is_ahead(ClusterTime time, std::string_view reply) {
  const auto gossip = find(reply, {"$clusterTime", "clusterTime"});
  const auto own = find(reply, "operationTime");
  const std::uint32_t now = std::max(gossip ? gossip->cluster_time().value_or(ClusterTime{}).seconds : 0,
                                     own ? own->cluster_time().value_or(ClusterTime{}).seconds : 0);
  return now != 0 && time.seconds > std::uint64_t{now} + kClockSlack;
}

ClusterTime last_before(std::string_view token) {
  ClusterTime time = time_of(token);
  if (time.known() && data_of(token).size() <= kLongestBetween) {
    --time.increment;
  }
  return time;
}

std::string document_id(const Field& id) {
  if (id.type() == BSON_TYPE_OID) {
    std::string text(24, '\0');
    char digits[25];
    bson_oid_to_string(bson_iter_oid(&id.place()), digits);
    std::memcpy(text.data(), digits, 24);
    return text;
  }
  Bson wrapper;
  wrapper.add("v", id);
  std::size_t size = 0;
  char* const json = bson_as_canonical_extended_json(wrapper.get(), &size);
  if (json == nullptr) {
    return {};  // text that is no UTF-8
  }
  // { "v" : VALUE }
  std::string_view text(json, size);
  text.remove_prefix(std::min(text.find(':') + 2, text.size()));
  text.remove_suffix(std::min<std::size_t>(2, text.size()));
  std::string result(text);
  bson_free(json);
  return result;
}

std::optional<Bson> key_of(const std::string& id) {
  Bson key;
  if (id.size() == 24 && bson_oid_is_valid(id.data(), id.size())) {
    bson_oid_t oid;
    bson_oid_init_from_string(&oid, id.c_str());
    bson_append_oid(key.get(), "_id", 3, &oid);
  } else {
    const std::string json = "{\"_id\": " + id + "}";
    bson_error_t error;
    if (!bson_init_from_json(key.receive(), json.data(), static_cast<ssize_t>(json.size()), &error)) {
      bson_init(key.get());
      return std::nullopt;
    }
  }
  const auto value = find(key.bytes(), "_id");
  return value && document_id(*value) == id ? std::optional(std::move(key)) : std::nullopt;
}

}  // namespace exporter::mongodb
