// What MongoDB's errors mean for us: one table, each row with its reason. Internal to this folder.
//
// Codes are the server's (src/mongo/base/error_codes.yml of the server's sources, and the manual's page on change
// streams). Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace exporter::mongodb {

struct ServerError {
  std::int32_t code = 0;        // the server's; 0 when it has none
  std::string message;          // of the server or the library
  bool from_library = false;    // no server said so: network, server selection, TLS, handshake
  bool authentication = false;  // of the library's handshake: the server refused who we are
};

// The kind names the caller's action; the message has the code's name, what it means for us, and the server's words.
[[nodiscard]] Error classify(const ServerError& error);

// 260: the token is of a kind that only `startAfter` takes (an invalidate's), or belongs to another stream.
inline constexpr std::int32_t kInvalidResumeToken = 260;
inline constexpr std::int32_t kBadValue = 2;
inline constexpr std::int32_t kUnauthorized = 13;
inline constexpr std::int32_t kDuplicateKey = 11000;

}  // namespace exporter::mongodb
