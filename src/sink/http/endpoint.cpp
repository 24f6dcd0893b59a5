#include "sink/http/endpoint.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace exporter::http {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

tl::unexpected<Error> refuse(std::string_view problem) {
  return fail(ErrorKind::invalid, fmt::format("sink.endpoint {}; give an absolute URL such as "
                                              "\"https://sink.example.com/events\"",
                                              problem));
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() &&
         std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(), [](char expected, char given) {
           return expected == static_cast<char>(std::tolower(static_cast<unsigned char>(given)));
         });
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
}

bool is_ipv6_character(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.'; }

// Splits "host[:port]" into `endpoint`, whose port already holds the scheme's own. Returns what is wrong, or nothing.
std::string_view split_authority(std::string_view authority, Endpoint& endpoint) {
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) {
      return "has an IPv6 address without its closing bracket";
    }
    endpoint.host = authority.substr(1, end - 1);
    if (!std::all_of(endpoint.host.begin(), endpoint.host.end(), is_ipv6_character) ||
        endpoint.host.find(':') == std::string::npos) {
      return "has something other than an IPv6 address between its brackets";
    }
    authority.remove_prefix(end + 1);
    if (!authority.empty() && !authority.starts_with(':')) {
      return "has something other than a port after its address";
    }
    has_port = !authority.empty();
    port = has_port ? authority.substr(1) : authority;
  } else {
    const auto colon = authority.find(':');
    has_port = colon != std::string_view::npos;
    endpoint.host = authority.substr(0, colon);
    if (has_port) {
      port = authority.substr(colon + 1);
    }
    if (endpoint.host.empty()) {
      return "has no host";
    }
    if (!std::all_of(endpoint.host.begin(), endpoint.host.end(), is_name_character)) {
      return "has a character in its host that no host name has";
    }
  }
  // An empty port means the scheme's own (RFC 3986 section 3.2.3).
  if (!has_port || port.empty()) {
    return {};
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc{} || end != port.data() + port.size() || endpoint.port == 0) {
    return "has a port that is not a number from 1 to 65535";
  }
  return {};
}

}  // namespace

std::string Endpoint::authority() const {
  if (port == (tls ? kHttpsPort : kHttpPort)) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
  }
  return address();
}

std::string Endpoint::address() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

Result<Endpoint> parse_endpoint(std::string_view url) {
  if (url.empty()) {
    return refuse("is not set");
  }
  // Spaces and control characters would end the request line early; others must be percent-encoded (RFC 3986 section
  // 2).
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c >= 0x7f; })) {
    return refuse("has a space, a control character or a character that must be percent-encoded");
  }
  Endpoint endpoint;
  if (starts_with_ignoring_case(url, "https://")) {
    endpoint.tls = true;
    endpoint.port = kHttpsPort;
    url.remove_prefix(8);
  } else if (starts_with_ignoring_case(url, "http://")) {
    endpoint.port = kHttpPort;
    url.remove_prefix(7);
  } else {
    return refuse("starts with neither http:// nor https://");
  }
  const auto authority_end = std::min(url.find_first_of("/?#"), url.size());
  const auto authority = url.substr(0, authority_end);
  if (authority.find('@') != std::string_view::npos) {
    return refuse("has a user name or a password in it, which is not supported (OIDC authenticates)");
  }
  if (const auto problem = split_authority(authority, endpoint); !problem.empty()) {
    return refuse(problem);
  }
  // The fragment is the client's own business and never sent (RFC 9110 section 4.2.5).
  auto target = url.substr(authority_end);
  target = target.substr(0, target.find('#'));
  if (!target.starts_with('/')) {
    endpoint.target = "/";
  }
  endpoint.target += target;
  return endpoint;
}

}  // namespace exporter::http
