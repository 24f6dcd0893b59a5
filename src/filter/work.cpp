#include "filter/work.h"

#include <fmt/format.h>

#include <algorithm>

namespace exporter::filter {

namespace {

Value error_value(const Failure* failure) {
  Value value;
  value.kind = Kind::error;
  value.failure = failure;
  return value;
}

std::string kinds(const Failure& failure) {
  return failure.two ? fmt::format("{} and {}", type_name(failure.left), type_name(failure.right))
                     : std::string(type_name(failure.left));
}

std::string reason(const Failure& failure) {
  switch (failure.code) {
    case FailureCode::no_such_key:
      return fmt::format("no such key: {}", failure.subject.is(Kind::string)
                                                ? one_line(failure.subject.text(),
                                                           {0, static_cast<std::uint32_t>(failure.subject.size)}, 60)
                                                : to_text(failure.subject, 60));
    case FailureCode::no_overload:
      return fmt::format("\"{}\" has no meaning for {}", spec_of(failure.where->function).name, kinds(failure));
    case FailureCode::no_selection:
      return fmt::format("a {} has no fields", kinds(failure));
    case FailureCode::not_boolean:
      return fmt::format("needs a bool, found {}", kinds(failure));
    case FailureCode::out_of_range:
      return "the result is out of range";
    case FailureCode::division_by_zero:
      return "division by zero";
    case FailureCode::index_outside:
      return fmt::format("index out of bounds: {}", to_text(failure.subject, 60));
    case FailureCode::cannot_convert:
      return fmt::format("cannot convert {}", to_text(failure.subject, 60));
    case FailureCode::bad_regex:
      return fmt::format("bad regular expression: {}",
                         one_line(failure.text, {0, static_cast<std::uint32_t>(failure.text.size())}));
    case FailureCode::bad_time_zone:
      return fmt::format("unknown time zone {}; only UTC and offsets such as \"+01:00\" are known",
                         to_text(failure.subject, 60));
    case FailureCode::duplicate_key:
      return fmt::format("the key {} stands twice", to_text(failure.subject, 60));
    case FailureCode::bad_key:
      return fmt::format("a {} cannot be a key", kinds(failure));
    case FailureCode::no_elements:
      return fmt::format("a {} has no elements", kinds(failure));
    case FailureCode::too_much_work:
      return fmt::format("takes more than {} steps", Work::kMostSteps);
    case FailureCode::too_much_memory:
      return fmt::format("needs more than {} bytes", Work::kMostBytes);
    case FailureCode::too_deep:
      return fmt::format("lists and maps are nested more than {} deep", Work::kDeepestValue);
  }
  return {};
}

}  // namespace

Value Work::copy_text(const Node& node, std::string_view text, Kind kind) {
  char* const room = take<char>(node, text.size());
  if (room == nullptr) {
    return stop_error();
  }
  std::copy(text.begin(), text.end(), room);
  return Value::of_text({room, text.size()}, kind);
}

Value Work::fail(const Node& node, const Failure& failure) {
  auto* const kept = take<Failure>(node, 1);
  if (kept == nullptr) {
    return stop_error();
  }
  *kept = failure;
  kept->where = &node;
  return error_value(kept);
}

Value Work::fail(const Node& node, FailureCode code, const Value& subject) {
  return fail(node, Failure{.code = code, .subject = subject, .left = subject.kind});
}

Value Work::no_overload(const Node& node, const Value& only) {
  return fail(node, Failure{.code = FailureCode::no_overload, .left = only.kind});
}

Value Work::no_overload(const Node& node, const Value& left, const Value& right) {
  return fail(node, Failure{.code = FailureCode::no_overload, .left = left.kind, .right = right.kind, .two = true});
}

Value Work::stop_error() const { return error_value(stopped_); }

bool Work::stop(FailureCode code, const Node& node) {
  if (stopped_ == nullptr) {
    stop_ = Failure{.code = code, .where = &node};
    stopped_ = &stop_;
  }
  return false;
}

std::string to_text(const Tree& tree, const Failure& failure) {
  return fmt::format("{}: {}", tree.text_of(*failure.where), reason(failure));
}

}  // namespace exporter::filter
