#include "config/url.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "config/text.h"

namespace exporter::config {

namespace {

constexpr std::string_view kHidden = "***";

bool is_hex(char c) { return (c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'f'); }
bool is_name_char(char c) {
  return (c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'z') || c == '-' || c == '.' || c == '_';
}

bool has_byte_outside_ascii_or_blank(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c >= 0x7f; });
}

bool escapes_are_whole(std::string_view text) {
  for (std::size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
    if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
      return false;
    }
  }
  return true;
}

// Digits only, 1 to 65535; an empty port is the scheme's own (RFC 3986 section 3.2.3).
bool is_port(std::string_view text) {
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool is_host(std::string_view host, bool bracketed) {
  if (host.empty()) {
    return false;
  }
  if (!bracketed) {
    return std::all_of(host.begin(), host.end(), is_name_char);
  }
  return host.find(':') != std::string_view::npos &&
         std::all_of(host.begin(), host.end(), [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

struct Authority {
  std::string_view host;
  std::string_view port;
  bool bracketed = false;
  bool well_formed = true;
};

Authority split_authority(std::string_view text) {
  Authority result;
  std::string_view rest;
  if (text.starts_with('[')) {
    result.bracketed = true;
    const std::size_t close = text.find(']');
    result.well_formed = close != std::string_view::npos;
    if (!result.well_formed) {
      return result;
    }
    result.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    result.well_formed = rest.empty() || rest.starts_with(':');
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    result.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (!rest.empty()) {
    result.port = rest.substr(1);
  }
  return result;
}

Result<Url> refuse(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

}  // namespace

Result<Url> parse_url(std::string_view text) {
  if (has_byte_outside_ascii_or_blank(text)) {
    return refuse("holds a blank or a byte outside ASCII");
  }
  const std::size_t colon = text.find("://");
  const std::string scheme = fold(text.substr(0, std::min(colon, text.size())));
  if (colon == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return refuse("does not start with http:// or https://");
  }
  Url url;
  url.tls = scheme == "https";
  std::string_view rest = text.substr(colon + 3);
  if (const std::size_t hash = rest.find('#'); hash != std::string_view::npos) {
    url.had_fragment = true;
    rest = rest.substr(0, hash);
  }
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority_text = rest.substr(0, path);
  if (const std::size_t at = authority_text.rfind('@'); at != std::string_view::npos) {
    url.had_user_info = true;
    authority_text = authority_text.substr(at + 1);
  }
  const Authority authority = split_authority(authority_text);
  if (authority.well_formed && authority.host.empty()) {
    return refuse("has no host");
  }
  if (!authority.well_formed || !is_host(authority.host, authority.bracketed)) {
    return refuse("has a malformed host");
  }
  if (!authority.port.empty() && !is_port(authority.port)) {
    return refuse("has a port outside 1 to 65535");
  }
  const std::string_view path_only = rest.substr(path, rest.find('?') - path);
  if (!escapes_are_whole(path_only)) {
    return refuse("has a % in its path without two hexadecimal digits after it");
  }

  url.host = authority.host;
  url.text = scheme + "://" + (authority.bracketed ? "[" + url.host + "]" : url.host);
  if (!authority.port.empty()) {
    url.text.append(":").append(authority.port);
  }
  url.text.append(rest.substr(path));
  return url;
}

bool is_loopback(std::string_view host) {
  const std::string name = fold(host);
  const bool numeric = std::all_of(name.begin(), name.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return name == "localhost" || name.ends_with(".localhost") || name == "::1" || (numeric && name.starts_with("127."));
}

std::string redact_url(std::string_view text) {
  std::string result;
  const std::size_t colon = text.find("://");
  if (colon != std::string_view::npos && text.substr(0, colon).find('@') == std::string_view::npos) {
    result = text.substr(0, colon + 3);
    text.remove_prefix(colon + 3);
  }
  // A password may hold any of "/?#" unescaped by mistake, so everything before the last @ is hidden.
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    result.append(kHidden);
    text.remove_prefix(at);
  }
  const std::size_t hash = std::min(text.find('#'), text.size());
  const std::size_t question = std::min(text.find('?'), hash);
  result.append(text.substr(0, question));
  std::string_view query = text.substr(question, hash - question);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&', 1), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    result.append(equals == std::string_view::npos ? pair.substr(0, 1) : pair.substr(0, equals + 1)).append(kHidden);
    query.remove_prefix(end);
  }
  if (hash < text.size()) {
    result.append("#").append(kHidden);
  }
  return result;
}

}  // namespace exporter::config
