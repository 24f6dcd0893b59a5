#include "decode/json_decoder.h"

#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "decode/fields.h"
#include "decode/read_event.h"
#include "event/raw_batch.h"

namespace exporter::decode {
namespace {

namespace dom = simdjson::dom;

static_assert(event::RawBatch::kPadding >= simdjson::SIMDJSON_PADDING);

// Parser memory is about 14 times the document; what one giant needed is not kept for ever.
constexpr std::size_t kKeptCapacity = 1 << 20;

// The incumbent reads JSON numbers as doubles: beyond 2^53 they are rounded, and so are ours, to export the same.
std::int64_t as_double_would(std::int64_t number) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (number >= -kExact && number <= kExact) {
    return number;
  }
  return integer_from_double(static_cast<double>(number)).value_or(number);
}

class JsonValue {
 public:
  static constexpr std::string_view kFormat = "JSON";

  explicit JsonValue(dom::element element) : element_(element) {}

  [[nodiscard]] std::string_view type_name() const;
  [[nodiscard]] bool is_null() const { return element_.is_null(); }
  [[nodiscard]] bool is_list() const { return element_.is_array(); }
  [[nodiscard]] bool is_object() const { return element_.is_object(); }
  [[nodiscard]] std::optional<std::string_view> string() const { return as<std::string_view>(); }
  [[nodiscard]] std::optional<std::string_view> text() const { return string(); }
  [[nodiscard]] std::optional<bool> boolean() const { return as<bool>(); }
  [[nodiscard]] std::optional<std::int64_t> whole_number() const;
  [[nodiscard]] std::optional<std::string> number_text() const {
    return element_.is_number() ? std::optional(simdjson::minify(element_)) : std::nullopt;
  }
  [[nodiscard]] static std::optional<event::Timestamp> moment() { return std::nullopt; }  // JSON has no type for it

  // What could be malformed was refused by the parser.
  template <class Visit>
  bool each_element(Visit visit) const {
    dom::array list;
    if (element_.get(list) == simdjson::SUCCESS) {
      for (const dom::element element : list) {
        if (!visit(JsonValue(element))) {
          break;
        }
      }
    }
    return true;
  }
  template <class Visit>
  bool each_member(Visit visit) const {
    dom::object members;
    if (element_.get(members) == simdjson::SUCCESS) {
      for (const auto [key, member] : members) {
        if (!visit(key, JsonValue(member))) {
          break;
        }
      }
    }
    return true;
  }

 private:
  template <class T>
  [[nodiscard]] std::optional<T> as() const {
    T out{};
    return element_.get(out) == simdjson::SUCCESS ? std::optional<T>(out) : std::nullopt;
  }

  dom::element element_;
};

std::string_view JsonValue::type_name() const {
  switch (element_.type()) {
    case dom::element_type::ARRAY:
      return "a list";
    case dom::element_type::OBJECT:
      return "an object";
    case dom::element_type::STRING:
      return "a string";
    case dom::element_type::BOOL:
      return "a boolean";
    case dom::element_type::NULL_VALUE:
      return "null";
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
      break;
  }
  return "a number";
}

std::optional<std::int64_t> JsonValue::whole_number() const {
  switch (element_.type()) {
    case dom::element_type::INT64:
      return as_double_would(element_.get_int64().value_unsafe());
    case dom::element_type::DOUBLE:
      return integer_from_double(element_.get_double().value_unsafe());
    case dom::element_type::STRING:
      return integer_from_text(element_.get_string().value_unsafe());
    default:
      return std::nullopt;
  }
}

}  // namespace

struct JsonDecoder::Impl {
  dom::parser parser;
};

JsonDecoder::JsonDecoder() : impl_(std::make_unique<Impl>()) {}
JsonDecoder::~JsonDecoder() = default;

Result<void> JsonDecoder::decode(std::string_view document, event::HealthEvent& out) {
  if (impl_->parser.capacity() > kKeptCapacity && document.size() <= kKeptCapacity) {
    impl_->parser = dom::parser();
  }
  dom::element root;
  // false: no copy, the caller has padded the document.
  if (const auto error = impl_->parser.parse(document.data(), document.size(), false).get(root)) {
    return fail(ErrorKind::rejected, std::string("the document is not valid JSON: ") + simdjson::error_message(error));
  }
  return read_document(JsonValue(root), out);
}

}  // namespace exporter::decode
