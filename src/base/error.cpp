#include "base/error.h"

namespace exporter {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::transient:
      return "transient";
    case ErrorKind::rejected:
      return "rejected";
    case ErrorKind::unauthorized:
      return "unauthorized";
    case ErrorKind::position_lost:
      return "position_lost";
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::not_leader:
      return "not_leader";
    case ErrorKind::cancelled:
      return "cancelled";
  }
  return "unknown";
}

Error Error::with_context(std::string_view phrase) const {
  std::string text;
  text.reserve(phrase.size() + 2 + message.size());
  text.append(phrase).append(": ").append(message);
  return Error{kind, std::move(text)};
}

}  // namespace exporter
