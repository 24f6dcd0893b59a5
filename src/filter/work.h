// What one evaluation may use: memory, a number of steps, and a way to say why there is no value.
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <string_view>

#include "filter/arena.h"
#include "filter/ast.h"
#include "filter/value.h"

namespace exporter::filter {

class Work {
 public:
  // A step is one node of the tree, one element that is looked at, or 64 bytes of text that are.
  static constexpr std::size_t kMostSteps = 200'000;
  static constexpr std::size_t kMostBytes = std::size_t{4} << 20;
  static constexpr std::size_t kDeepestValue = 100;

  void begin() {
    arena_.clear();
    steps_ = 0;
    stopped_ = nullptr;
  }

  // False when too much was done: then the evaluation ends, whatever && and || would make of an error.
  [[nodiscard]] bool step(const Node& node, std::size_t count = 1) {
    steps_ += count;
    return steps_ <= kMostSteps || stop(FailureCode::too_much_work, node);
  }
  [[nodiscard]] bool step_through_text(const Node& node, std::size_t bytes) { return step(node, bytes / 64); }
  [[nodiscard]] bool stopped() const { return stopped_ != nullptr; }

  // Null after the memory has run out, which stops the evaluation.
  template <class T>
  [[nodiscard]] T* take(const Node& node, std::size_t count) {
    T* const room = arena_.take<T>(count);
    if (room == nullptr) {
      stop(FailureCode::too_much_memory, node);
    }
    return room;
  }

  // A copy of `text` that lives as long as the evaluation's values; or the error.
  [[nodiscard]] Value copy_text(const Node& node, std::string_view text, Kind kind);

  [[nodiscard]] Value fail(const Node& node, const Failure& failure);
  [[nodiscard]] Value fail(const Node& node, FailureCode code, const Value& subject);
  [[nodiscard]] Value no_overload(const Node& node, const Value& only);
  [[nodiscard]] Value no_overload(const Node& node, const Value& left, const Value& right);
  // The error that ended the evaluation. Only after stopped().
  [[nodiscard]] Value stop_error() const;

 private:
  bool stop(FailureCode code, const Node& node);

  Arena arena_{kMostBytes};
  std::size_t steps_ = 0;
  const Failure* stopped_ = nullptr;
  Failure stop_;
};

// "event.metadata.gpu: no such key: gpu". One line.
[[nodiscard]] std::string to_text(const Tree& tree, const Failure& failure);

}  // namespace exporter::filter
