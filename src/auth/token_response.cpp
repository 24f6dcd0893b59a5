#include "auth/token_response.h"

#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

namespace exporter::auth {

namespace {

using simdjson::ondemand::json_type;

bool same_key(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == y; });
}

// Seconds as text -> lifetime. The text is read by ourselves, not by the JSON library, which refuses a whole document
// for one number beyond the range of double.
std::optional<Duration> to_lifetime(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return std::nullopt;
  }
  text = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(seconds) || seconds <= 0) {
    return std::nullopt;
  }
  const double most = std::chrono::duration<double>(kMaxLifetime).count();
  return Duration(static_cast<std::int64_t>(std::clamp(seconds, 1.0, most) * 1e9));
}

bool is_token_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// RFC 6749 section 3.3: visible ASCII without quote and backslash, in words.
bool is_scope(std::string_view text) {
  return text.size() <= kMaxScopeBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; });
}

// Calls visit(key, value) for each member of the object that `body` is. False if it is no JSON object, or more than
// one.
template <class Visit>
bool for_each_member(std::string_view body, Visit visit) {
  const simdjson::padded_string padded(body);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return false;
  }
  for (auto member : object) {
    std::string_view key;
    simdjson::ondemand::value value;
    if (member.unescaped_key().get(key) != simdjson::SUCCESS || member.value().get(value) != simdjson::SUCCESS) {
      return false;
    }
    if (!visit(key, value)) {
      return false;
    }
  }
  // The library reads as far as it is asked: what follows the object shows only in where it stands now.
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

}  // namespace

Result<TokenResponse> parse_token_response(std::string_view body) {
  if (body.size() > kMaxAnswerBytes) {
    return fail(ErrorKind::transient, "the token endpoint's answer is too long");
  }
  TokenResponse response;
  bool token_is_text = true;
  const bool is_object = for_each_member(body, [&](std::string_view key, simdjson::ondemand::value& value) {
    json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) {
      return false;
    }
    std::string_view text;
    if (same_key(key, "access_token")) {
      token_is_text = type == json_type::string;
      if (token_is_text && value.get_string().get(text) != simdjson::SUCCESS) {
        return false;
      }
      response.access_token = text;
    } else if (same_key(key, "expires_in")) {
      if (type == json_type::number) {
        text = value.raw_json_token();
      } else if (type == json_type::string && value.get_string().get(text) != simdjson::SUCCESS) {
        return false;
      }
      response.lifetime = to_lifetime(text);
    } else if (same_key(key, "scope") && type == json_type::string) {
      if (value.get_string().get(text) != simdjson::SUCCESS) {
        return false;
      }
      response.scope = is_scope(text) ? text : std::string_view();
    }
    return true;
  });
  if (!is_object) {
    return fail(ErrorKind::transient, "the token endpoint's answer is not a JSON object");
  }
  if (!token_is_text || response.access_token.empty()) {
    return fail(ErrorKind::transient, "the token endpoint's answer has no access_token");
  }
  if (!is_token_text(response.access_token)) {
    return fail(ErrorKind::transient, "the token endpoint's access_token has characters that cannot stand in a header");
  }
  return response;
}

std::string parse_oauth_error(std::string_view body) {
  constexpr std::size_t kMaxCode = 64;
  std::string code;
  if (body.size() > kMaxAnswerBytes) {
    return code;
  }
  const bool is_object = for_each_member(body, [&](std::string_view key, simdjson::ondemand::value& value) {
    std::string_view text;
    if (key == "error" && value.get_string().get(text) == simdjson::SUCCESS) {
      code = text;
    }
    return true;
  });
  const auto is_plain = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  };
  if (!is_object || code.size() > kMaxCode || !std::all_of(code.begin(), code.end(), is_plain)) {
    return {};
  }
  return code;
}

}  // namespace exporter::auth
