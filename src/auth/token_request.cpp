#include "auth/token_request.h"

#include <algorithm>

namespace exporter::auth {

namespace {

bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

}  // namespace

std::string form_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + text.size() / 2);
  for (const char c : text) {
    if (stays(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    }
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t n) -> std::uint32_t {
      return i + n < bytes.size() ? static_cast<unsigned char>(bytes[i + n]) : 0U;
    };
    const std::uint32_t group = at(0) << 16U | at(1) << 8U | at(2);
    out += kAlphabet[group >> 18U];
    out += kAlphabet[group >> 12U & 0x3FU];
    out += i + 1 < bytes.size() ? kAlphabet[group >> 6U & 0x3FU] : '=';
    out += i + 2 < bytes.size() ? kAlphabet[group & 0x3FU] : '=';
  }
  return out;
}

TokenRequest make_token_request(const TokenRequestOptions& options) {
  TokenRequest request;
  if (options.client_auth == ClientAuth::post) {
    request.body += "client_id=" + form_encode(options.client_id);
    request.body += "&client_secret=" + form_encode(options.client_secret) + "&";
  } else {
    request.authorization = "Basic " + base64(std::string(options.client_id).append(":").append(options.client_secret));
  }
  request.body += "grant_type=client_credentials&scope=" + form_encode(options.scope);
  return request;
}

std::string redact_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme_end = url.find("://");
  const std::size_t host = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const std::size_t path = std::min(url.find('/', host), url.size());
  const std::size_t at = url.substr(0, path).rfind('@');
  if (at == std::string_view::npos || at < host) {
    return std::string(url);
  }
  return std::string(url.substr(0, host)).append(url.substr(at + 1));
}

}  // namespace exporter::auth
