// The first broken promise of a run. Thread-safety: a plain value.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace exporter::simulation {

class Violation {
 public:
  void broken(std::string what) {
    if (!first_) {
      first_ = std::move(what);
    }
  }
  [[nodiscard]] const std::optional<std::string>& first() const { return first_; }

 private:
  std::optional<std::string> first_;
};

}  // namespace exporter::simulation
