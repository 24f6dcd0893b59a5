// EXPORTER_CHECK(condition, "what must hold"): for broken invariants only, in every build. Prints the condition and
// the place to stderr and aborts: going on with a broken ledger could lose an event, a restart cannot.
#pragma once

namespace exporter::detail {
[[noreturn]] void check_failed(const char* condition, const char* what, const char* file, int line);
}

#define EXPORTER_CHECK(condition, what) \
  ((condition) ? void(0) : ::exporter::detail::check_failed(#condition, what, __FILE__, __LINE__))
