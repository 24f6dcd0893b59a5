#include "lab/token_book.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace exporter::lab {
namespace {

constexpr std::size_t kMostTokens = 10'000;

// application/x-www-form-urlencoded (the URL standard, section 5.1): '+' is a space, %XX a byte.
std::string form_decoded(std::string_view text) {
  std::string out;
  for (std::size_t index = 0; index < text.size(); ++index) {
    unsigned byte = 0;
    const char* const digits = text.data() + index + 1;
    if (text[index] == '%' && index + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      index += 2;
    } else {
      out += text[index] == '+' ? ' ' : text[index];
    }
  }
  return out;
}

std::string base64_decoded(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > 8192) {
    return {};
  }
  std::string in(text);
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(in.data()), static_cast<int>(in.size()));
  if (size < 0) {
    return {};
  }
  // EVP_DecodeBlock counts the padding as bytes (its manual page).
  out.resize(static_cast<std::size_t>(size) - (in.ends_with("==") ? 2 : in.ends_with("=") ? 1 : 0));
  return out;
}

TokenAnswer refused(int status, std::string_view error) { return {status, fmt::format(R"({{"error":"{}"}})", error)}; }

}  // namespace

std::string form_value(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const std::size_t end = std::min(form.find('&'), form.size());
    const std::string_view pair = form.substr(0, end);
    form.remove_prefix(std::min(end + 1, form.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (form_decoded(pair.substr(0, equals)) != name) {
      continue;
    }
    return form_decoded(pair.substr(std::min(equals + 1, pair.size())));
  }
  return {};
}

TokenBook::TokenBook(TokenRules rules, std::uint64_t seed) : rules_(std::move(rules)), random_(seed) {}

bool TokenBook::is_client(std::string_view authorization, std::string_view body) const {
  if (rules_.client_secret.empty()) {
    return true;
  }
  static constexpr std::string_view kBasic = "Basic ";
  if (authorization.starts_with(kBasic)) {
    const std::string pair = base64_decoded(authorization.substr(kBasic.size()));
    if (pair == rules_.client_id + ":" + rules_.client_secret) {
      return true;  // as Go's oauth-less clients send it
    }
    const std::size_t colon = std::min(pair.find(':'), pair.size());
    // RFC 6749 section 2.3.1: both parts are form-encoded first.
    return form_decoded(pair.substr(0, colon)) == rules_.client_id && colon < pair.size() &&
           form_decoded(pair.substr(colon + 1)) == rules_.client_secret;
  }
  return form_value(body, "client_id") == rules_.client_id && form_value(body, "client_secret") == rules_.client_secret;
}

TokenAnswer TokenBook::grant(std::string_view authorization, std::string_view content_type, std::string_view body,
                             MonoTime now) {
  if (!content_type.starts_with("application/x-www-form-urlencoded")) {
    return refused(400, "invalid_request");
  }
  if (form_value(body, "grant_type") != "client_credentials") {
    return refused(400, "unsupported_grant_type");
  }
  if (!is_client(authorization, body)) {
    return refused(401, "invalid_client");
  }
  if (expiries_.size() >= kMostTokens) {
    std::erase_if(expiries_, [&](const auto& entry) { return entry.second <= now; });
  }
  if (expiries_.size() >= kMostTokens) {
    expiries_.erase(expiries_.begin());
  }
  const std::string token = make_token();
  expiries_[token] = after(now, rules_.expires_in);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(rules_.expires_in).count();
  return {200, fmt::format(R"({{"access_token":"{}","token_type":"Bearer","expires_in":{}}})", token, seconds)};
}

bool TokenBook::accepts(std::string_view authorization, MonoTime now) const {
  static constexpr std::string_view kBearer = "Bearer ";
  if (!authorization.starts_with(kBearer)) {
    return false;
  }
  const auto found = expiries_.find(authorization.substr(kBearer.size()));
  return found != expiries_.end() && now < found->second;
}

std::string TokenBook::make_token() {
  // The alphabet of base64url (RFC 4648 section 5), as in a JWT.
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string token(std::max<std::size_t>(rules_.token_bytes, 16), '.');
  for (char& character : token) {
    character = kAlphabet[static_cast<std::size_t>(random_() >> 58)];
  }
  return token;
}

}  // namespace exporter::lab
