// What went wrong, told as what the caller should do next.
//
// Every function of ours that can fail at run time returns Result<T>; exceptions do not cross our functions (an adapter
// catches those of its library), and a broken invariant is EXPORTER_CHECK (check.h). An error is either returned or
// handled and logged, never both. Each layer may add one phrase of context ("saving the checkpoint: ...").
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace exporter {

// The closed list of kinds. Each names an action, not a cause.
enum class ErrorKind {
  transient,      // may succeed later: back off and try again; nothing is dropped
  rejected,       // same input, same error: set this one aside (dead letter) and go on
  unauthorized,   // the credentials are no longer good: refresh once, then as transient
  position_lost,  // the source cannot resume from here: re-read the history, never skip silently
  invalid,        // the user's configuration or input is wrong: say so and exit with code 2
  corrupt,        // our own stored data fails its check: stop, touch nothing
  not_leader,     // another process holds the lease: stop sending, save nothing, become standby
  cancelled,      // asked to stop: unwind quietly, never logged as an error
};

std::string_view to_string(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::transient;
  // For people: one sentence, no secrets, no trailing full stop.
  std::string message;

  // The same error seen from one layer up: "phrase: message".
  [[nodiscard]] Error with_context(std::string_view phrase) const;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error{kind, std::move(message)});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace exporter
