#include "filter/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "event/enum_names.h"
#include "filter/problem.h"
#include "filter/time_values.h"
#include "filter/utf8.h"

namespace exporter::filter {

namespace {

constexpr std::array<std::string_view, 16> kTypeNames = {"error",
                                                         "null_type",
                                                         "bool",
                                                         "int",
                                                         "uint",
                                                         "double",
                                                         "string",
                                                         "bytes",
                                                         "google.protobuf.Timestamp",
                                                         "google.protobuf.Duration",
                                                         "type",
                                                         "list",
                                                         "list",
                                                         "map",
                                                         "map",
                                                         "map"};

constexpr std::array<std::string_view, kFieldCount> kFieldNames = {
    "agent",     "checkName", "componentClass", "errorCode", "isFatal",
    "isHealthy", "message",   "metadata",       "nodeName",  "recommendedAction"};

// Writes until the text is long enough.
class Writer {
 public:
  explicit Writer(std::size_t longest) : longest_(longest) {}

  void write(const Value& value) {
    if (full()) {
      return;
    }
    switch (value.kind) {
      case Kind::error:
        out_ += "error";
        break;
      case Kind::null:
        out_ += "null";
        break;
      case Kind::boolean:
        out_ += value.truth ? "true" : "false";
        break;
      case Kind::integer:
        out_ += std::to_string(value.number);
        break;
      case Kind::unsigned_integer:
        out_ += std::to_string(value.natural) + "u";
        break;
      case Kind::real: {
        TimeText room;
        out_ += double_text(value.real, room);
        break;
      }
      case Kind::string:
        quoted(value.text());
        break;
      case Kind::bytes:
        out_ += 'b';
        quoted(value.text());
        break;
      case Kind::timestamp: {
        TimeText room;
        out_ += fmt::format("timestamp(\"{}\")", timestamp_text(value, room));
        break;
      }
      case Kind::duration: {
        TimeText room;
        out_ += fmt::format("duration(\"{}\")", duration_text(value.number, room));
        break;
      }
      case Kind::type:
        out_ += type_name(value.type);
        break;
      case Kind::list:
      case Kind::texts:
        list(value);
        break;
      case Kind::map:
      case Kind::metadata:
        map(value);
        break;
      case Kind::event:
        out_ += "event";
        break;
    }
  }

  std::string take() {
    if (out_.size() > longest_) {
      std::size_t cut = longest_;
      while (cut > 0 && continues_code_point(out_[cut])) {
        --cut;
      }
      out_.resize(cut);
      out_ += "...";
    }
    return visible(out_);
  }

 private:
  [[nodiscard]] bool full() const { return out_.size() > longest_; }

  void quoted(std::string_view text) {
    out_ += '"';
    std::size_t taken = 0;
    for (const char c : text) {
      // Cut at a code point's end only.
      if (++taken > longest_ && !continues_code_point(c)) {
        break;
      }
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else if (c == '\n') {
        out_ += "\\n";
      } else if (byte < 0x20 || byte == 0x7F) {
        out_ += fmt::format("\\x{:02x}", byte);
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  void list(const Value& value) {
    out_ += '[';
    for (std::size_t i = 0; i < value.size && !full(); ++i) {
      out_ += i == 0 ? "" : ", ";
      write(value.kind == Kind::list ? value.elements[i] : Value::of_text(value.texts[i]));
    }
    out_ += ']';
  }

  void map(const Value& value) {
    out_ += '{';
    for (std::size_t i = 0; i < value.size && !full(); ++i) {
      out_ += i == 0 ? "" : ", ";
      write(value.kind == Kind::map ? value.entries[i].key : Value::of_text(value.metadata[i].first));
      out_ += ": ";
      write(value.kind == Kind::map ? value.entries[i].value : Value::of_text(value.metadata[i].second));
    }
    out_ += '}';
  }

  std::size_t longest_;
  std::string out_;
};

}  // namespace

std::string_view type_name(Kind kind) { return kTypeNames[static_cast<std::size_t>(kind)]; }

Kind type_of(Kind kind) {
  switch (kind) {
    case Kind::texts:
      return Kind::list;
    case Kind::metadata:
    case Kind::event:
      return Kind::map;
    default:
      return kind;
  }
}

Value Value::of_event(const event::HealthEvent& event) {
  Value value;
  value.kind = Kind::event;
  value.depth = 2;
  value.event = &event;
  value.size = kFieldCount;
  return value;
}

std::string to_text(const Value& value, std::size_t longest) {
  Writer writer(longest);
  writer.write(value);
  return writer.take();
}

std::string_view field_name(Field field) { return kFieldNames[static_cast<std::size_t>(field)]; }

bool find_field(std::string_view name, Field& field) {
  const auto* const found = std::find(kFieldNames.begin(), kFieldNames.end(), name);
  if (found == kFieldNames.end()) {
    return false;
  }
  field = static_cast<Field>(found - kFieldNames.begin());
  return true;
}

Value field_value(const event::HealthEvent& event, Field field, DigitRoom& room) {
  switch (field) {
    case Field::agent:
      return Value::of_text(event.agent);
    case Field::check_name:
      return Value::of_text(event.check_name);
    case Field::component_class:
      return Value::of_text(event.component_class);
    case Field::is_fatal:
      return Value::of(event.is_fatal);
    case Field::is_healthy:
      return Value::of(event.is_healthy);
    case Field::message:
      return Value::of_text(event.message);
    case Field::node_name:
      return Value::of_text(event.node_name);
    case Field::error_code: {
      Value value;
      value.kind = Kind::texts;
      value.depth = 1;
      value.texts = event.error_codes.data();
      value.size = event.error_codes.size();
      return value;
    }
    case Field::metadata: {
      Value value;
      value.kind = Kind::metadata;
      value.depth = 1;
      value.metadata = event.metadata.data();
      value.size = event.metadata.size();
      return value;
    }
    case Field::recommended_action:
      break;
  }
  const std::string_view name = event::recommended_action_name(event.recommended_action);
  if (!name.empty()) {
    return Value::of_text(name);
  }
  char* const begin = std::begin(room.characters);
  const auto [end, error] = std::to_chars(begin, std::end(room.characters), event.recommended_action);
  static_cast<void>(error);  // 11 characters hold every int32
  return Value::of_text({begin, static_cast<std::size_t>(end - begin)});
}

}  // namespace exporter::filter
