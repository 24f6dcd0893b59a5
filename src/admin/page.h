// The status page for people, at /: one HTML file (src/admin/page/index.html), part of the program, that reads GET /status.
//
// The page runs under a policy (CSP, https://www.w3.org/TR/CSP3/) that lets the browser load nothing, ask nobody but this
// server, and run no style and no script but the two that carry the nonce of this response. Should a string of the
// exporter ever become markup, it could do nothing.
// Thread-safety: all functions may be called from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace exporter::admin {

// The file as it is in the source tree, with %NONCE% where the nonce belongs.
[[nodiscard]] std::string_view page_text();

// What is sent. `nonce` is inserted as it is: letters, digits, "+", "/", "-", "_" and "=" only.
[[nodiscard]] std::string page_with_nonce(std::string_view nonce);

// The value of Content-Security-Policy that belongs to it.
[[nodiscard]] std::string page_policy(std::string_view nonce);

// 128 bits from the kernel, as 32 hexadecimal digits: another for each response, or the policy protects nothing.
// ErrorKind::transient when the kernel has none to give.
[[nodiscard]] Result<std::string> new_nonce();

}  // namespace exporter::admin
