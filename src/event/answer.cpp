#include "event/answer.h"

namespace exporter::event {

std::string_view to_string(TransportFailure failure) {
  switch (failure) {
    case TransportFailure::none:
      return "none";
    case TransportFailure::resolve:
      return "resolve";
    case TransportFailure::connect:
      return "connect";
    case TransportFailure::tls:
      return "tls";
    case TransportFailure::timeout:
      return "timeout";
    case TransportFailure::reset:
      return "reset";
    case TransportFailure::protocol:
      return "protocol";
    case TransportFailure::closed:
      return "closed";
  }
  return "unknown";
}

}  // namespace exporter::event
