#include "status/status.h"

namespace exporter::status {

std::string_view to_string(State state) {
  switch (state) {
    case State::starting:
      return "starting";
    case State::standby:
      return "standby";
    case State::backfilling:
      return "backfilling";
    case State::delivering:
      return "delivering";
    case State::idle:
      return "idle";
    case State::blocked:
      return "blocked";
    case State::stopping:
      return "stopping";
  }
  return "starting";
}

std::string_view to_string(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

std::string_view to_string(Lease::Role role) {
  switch (role) {
    case Lease::Role::holder:
      return "holder";
    case Lease::Role::standby:
      return "standby";
    case Lease::Role::none:
      return "none";
  }
  return "none";
}

std::string_view to_string(Backfill::State state) {
  switch (state) {
    case Backfill::State::none:
      return "none";
    case Backfill::State::running:
      return "running";
    case Backfill::State::done:
      return "done";
  }
  return "none";
}

}  // namespace exporter::status
