#include "config/mongodb_uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "config/text.h"

namespace exporter::config {

namespace {

constexpr std::string_view kPlainScheme = "mongodb://";
constexpr std::string_view kSeedListScheme = "mongodb+srv://";

tl::unexpected<Error> refuse(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

// Up to the path or the options: user and hosts.
std::string_view authority_of(std::string_view uri) {
  const std::size_t scheme = uri.find("://");
  const std::string_view rest = scheme == std::string_view::npos ? uri : uri.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?"));
}

bool is_port(std::string_view text) {
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// "host", "host:port", "[::1]:port", "%2Ftmp%2Fmongodb-27017.sock".
Result<void> check_host(std::string_view host, bool seed_list) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (host.substr(0, colon).empty()) {
    return refuse("has no host, or an empty one in its list");
  }
  if (colon == std::string_view::npos) {
    return {};
  }
  if (seed_list) {
    return refuse("has a port, which mongodb+srv:// takes from DNS");
  }
  return is_port(host.substr(colon + 1)) ? Result<void>{} : refuse("has a port outside 1 to 65535");
}

Result<void> check_user(std::string_view user) {
  if (user.find('@') != std::string_view::npos) {
    return refuse("has a user or password with an @ that is not written as %40");
  }
  for (std::size_t i = user.find('%'); i != std::string_view::npos; i = user.find('%', i + 1)) {
    const std::string_view digits = user.substr(i + 1, 2);
    const bool whole =
        digits.size() == 2 && digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    if (!whole) {
      return refuse("has a user or password with a % that is not written as %25");
    }
  }
  return {};
}

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'z') || c == '-' || c == '.' ||
                       c == '_' || c == '~' || c == ':' || c == ',' || c == '/';
    result += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

}  // namespace

Result<void> check_mongodb_uri(std::string_view uri) {
  const bool seed_list = uri.starts_with(kSeedListScheme);
  if (!seed_list && !uri.starts_with(kPlainScheme)) {
    return refuse("does not start with mongodb:// or mongodb+srv://");
  }
  if (std::any_of(uri.begin(), uri.end(), [](char c) { return (c >= 0 && c <= ' ') || c == 0x7f; })) {
    return refuse("holds a blank or a control byte");
  }
  const std::string_view authority = authority_of(uri);
  const std::string_view rest = uri.substr(uri.find("://") + 3 + authority.size());
  if (rest.substr(0, rest.find('?')).find('@') != std::string_view::npos) {
    return refuse("has a user or password with a / or ? that is not written as %2F or %3F");
  }
  std::string_view hosts = authority;
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (auto user = check_user(authority.substr(0, at)); !user) {
      return user;
    }
    hosts = authority.substr(at + 1);
  }
  if (seed_list && hosts.find(',') != std::string_view::npos) {
    return refuse("has several hosts, where mongodb+srv:// takes one name of DNS");
  }
  for (;;) {
    const std::size_t comma = hosts.find(',');
    if (auto host = check_host(hosts.substr(0, comma), seed_list); !host) {
      return host;
    }
    if (comma == std::string_view::npos) {
      return {};
    }
    hosts.remove_prefix(comma + 1);
  }
}

bool has_user(std::string_view uri) { return authority_of(uri).find('@') != std::string_view::npos; }

std::string make_mongodb_uri(std::string_view host, std::uint16_t port,
                             const std::vector<std::pair<std::string, std::string>>& options) {
  std::string uri = std::string(kPlainScheme).append(host);
  if (host.find_first_of(":,") == std::string_view::npos) {
    uri += fmt::format(":{}", port);
  }
  uri += "/";
  char separator = '?';
  for (const auto& [name, value] : options) {
    uri += fmt::format("{}{}={}", separator, percent_encoded(name), percent_encoded(value));
    separator = '&';
  }
  return uri;
}

}  // namespace exporter::config
