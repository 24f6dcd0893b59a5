#include "decode/json_decoder.h"

#include <optional>

#include <simdjson.h>

#include "base/ascii.h"
#include "decode/fields.h"
#include "decode/rfc3339.h"
#include "event/raw_batch.h"

namespace exporter::decode {
namespace {

namespace dom = simdjson::dom;

static_assert(event::RawBatch::kPadding >= simdjson::SIMDJSON_PADDING);

// Parser memory is about 14 times the document; what one giant needed is not kept for ever.
constexpr std::size_t kKeptCapacity = 1 << 20;

std::string_view type_name(dom::element value) {
  switch (value.type()) {
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

tl::unexpected<Error> refuse_type(const Where& where, std::string_view expected, dom::element value) {
  return refuse(where, std::string("must be ").append(expected).append(", is ").append(type_name(value)));
}

// Each read() takes one value. null is the zero value, as a missing field is.

Result<void> read(const Where& where, dom::element value, std::string_view& out) {
  out = {};
  if (value.get(out) != simdjson::SUCCESS && !value.is_null()) {
    return refuse_type(where, "a string", value);
  }
  return {};
}

Result<void> read(const Where& where, dom::element value, bool& out) {
  out = false;
  if (value.get(out) != simdjson::SUCCESS && !value.is_null()) {
    return refuse_type(where, "true or false", value);
  }
  return {};
}

// The incumbent reads JSON numbers as doubles: beyond 2^53 they are rounded, and so are ours, that both export the same.
std::int64_t as_double_would(std::int64_t number) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (number >= -kExact && number <= kExact) {
    return number;
  }
  return integer_from_double(static_cast<double>(number)).value_or(number);
}

std::optional<std::int64_t> whole_number(dom::element value) {
  switch (value.type()) {
    case dom::element_type::INT64:
      return as_double_would(value.get_int64().value_unsafe());
    case dom::element_type::DOUBLE:
      return integer_from_double(value.get_double().value_unsafe());
    case dom::element_type::STRING:
      return integer_from_text(value.get_string().value_unsafe());
    case dom::element_type::NULL_VALUE:
      return 0;
    default:
      return std::nullopt;
  }
}

template <class Integer>
Result<void> read_integer(const Where& where, dom::element value, Integer& out) {
  if (const auto number = whole_number(value)) {
    return store(where, *number, out);
  }
  if (value.is_number()) {
    return refuse(where, "must be a whole number in range, is " + simdjson::minify(value));
  }
  return refuse_type(where, "a whole number", value);
}

Result<void> read_enum(const Where& where, dom::element value, std::int32_t& out) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    return store_enum(where, text, out);
  }
  return read_integer(where, value, out);
}

Result<void> read(const Where& where, dom::element value, std::vector<std::string_view>& out) {
  out.clear();
  if (value.is_null()) {
    return {};
  }
  dom::array list;
  if (value.get(list) != simdjson::SUCCESS) {
    return refuse_type(where, "a list", value);
  }
  for (const dom::element element : list) {
    const Where place{where.field, out.size(), {}};
    if (auto done = read(place, element, out.emplace_back()); !done) {
      return done;
    }
  }
  return {};
}

Result<void> read(const Where& where, dom::element value, event::Entity& out) {
  dom::object members;
  if (value.get(members) != simdjson::SUCCESS) {
    return refuse_type(where, "an object", value);
  }
  for (const auto [key, member] : members) {
    Result<void> done;
    if (equals_ignoring_case(key, "entityType")) {
      done = read({where.field, where.index, "entityType"}, member, out.type);
    } else if (equals_ignoring_case(key, "entityValue")) {
      done = read({where.field, where.index, "entityValue"}, member, out.value);
    }
    if (!done) {
      return done;
    }
  }
  return {};
}

Result<void> read(const Where& where, dom::element value, std::vector<event::Entity>& out) {
  out.clear();
  if (value.is_null()) {
    return {};
  }
  dom::array list;
  if (value.get(list) != simdjson::SUCCESS) {
    return refuse_type(where, "a list", value);
  }
  std::size_t index = 0;
  for (const dom::element element : list) {
    const Where place{where.field, index++, {}};
    if (element.is_null()) {
      continue;  // names no entity; the incumbent dies of it
    }
    if (auto done = read(place, element, out.emplace_back()); !done) {
      return done;
    }
  }
  return {};
}

Result<void> read(const Where& where, dom::element value, Pairs& out) {
  out.clear();
  if (value.is_null()) {
    return {};
  }
  dom::object members;
  if (value.get(members) != simdjson::SUCCESS) {
    return refuse_type(where, "an object", value);
  }
  for (const auto [key, member] : members) {
    std::string_view text;
    if (auto done = read({where.field, Where::kNoIndex, key}, member, text); !done) {
      return done;
    }
    out.emplace_back(key, text);
  }
  keep_last_of_each_key(out);
  return {};
}

Result<void> read(const Where& where, dom::element value, std::optional<event::Overrides>& out) {
  out.reset();
  if (value.is_null()) {
    return {};
  }
  dom::object members;
  if (value.get(members) != simdjson::SUCCESS) {
    return refuse_type(where, "an object", value);
  }
  out.emplace();
  for (const auto [key, member] : members) {
    Result<void> done;
    if (equals_ignoring_case(key, "force")) {
      done = read({where.field, Where::kNoIndex, "force"}, member, out->force);
    } else if (equals_ignoring_case(key, "skip")) {
      done = read({where.field, Where::kNoIndex, "skip"}, member, out->skip);
    }
    if (!done) {
      return done;
    }
  }
  return {};
}

Result<void> read(const Where& where, dom::element value, std::optional<event::Timestamp>& out) {
  out.reset();
  if (value.is_null()) {
    return {};
  }
  if (std::string_view text; value.get(text) == simdjson::SUCCESS) {
    out = timestamp_from_text(text);
    return out ? Result<void>() : refuse(where, excerpt(text) + " is not a time as in RFC 3339");
  }
  dom::object members;
  if (value.get(members) != simdjson::SUCCESS) {
    return refuse_type(where, "an object with seconds and nanos, or an RFC 3339 string", value);
  }
  out.emplace();
  for (const auto [key, member] : members) {
    Result<void> done;
    if (equals_ignoring_case(key, "seconds")) {
      done = read_integer({where.field, Where::kNoIndex, "seconds"}, member, out->seconds);
    } else if (equals_ignoring_case(key, "nanos")) {
      done = read_integer({where.field, Where::kNoIndex, "nanos"}, member, out->nanos);
    }
    if (!done) {
      return done;
    }
  }
  return {};
}

Result<void> read_field(Field field, dom::element value, event::HealthEvent& out) {
  const Where where{field, Where::kNoIndex, {}};
  switch (field) {
    case Field::id:
      return read(where, value, out.id);
    case Field::agent:
      return read(where, value, out.agent);
    case Field::is_fatal:
      return read(where, value, out.is_fatal);
    case Field::message:
      return read(where, value, out.message);
    case Field::version:
      return read_integer(where, value, out.version);
    case Field::metadata:
      return read(where, value, out.metadata);
    case Field::node_name:
      return read(where, value, out.node_name);
    case Field::check_name:
      return read(where, value, out.check_name);
    case Field::error_code:
      return read(where, value, out.error_codes);
    case Field::is_healthy:
      return read(where, value, out.is_healthy);
    case Field::component_class:
      return read(where, value, out.component_class);
    case Field::drain_overrides:
      return read(where, value, out.drain_overrides);
    case Field::entities_impacted:
      return read(where, value, out.entities_impacted);
    case Field::recommended_action:
      return read_enum(where, value, out.recommended_action);
    case Field::generated_timestamp:
      return read(where, value, out.generated_timestamp);
    case Field::processing_strategy:
      return read_enum(where, value, out.processing_strategy);
    case Field::quarantine_overrides:
      return read(where, value, out.quarantine_overrides);
    case Field::custom_recommended_action:
      return read(where, value, out.custom_recommended_action);
    case Field::unknown:
      break;
  }
  return {};
}

// The status belongs to other programs and changes shape between versions: whatever is odd in it, nothing is read.
std::string_view span_id_of(const std::optional<dom::element>& status) {
  std::string_view span_id;
  dom::object members;
  if (!status || status->get(members) != simdjson::SUCCESS) {
    return span_id;
  }
  for (const auto [key, member] : members) {
    if (equals_ignoring_case(key, "spanids")) {
      span_id = {};
      const auto error = member["platform-connector"].get(span_id);
      static_cast<void>(error);  // absent or no string: no span
    }
  }
  return span_id;
}

}  // namespace

struct JsonDecoder::Impl {
  dom::parser parser;
};

JsonDecoder::JsonDecoder() : impl_(std::make_unique<Impl>()) {}
JsonDecoder::~JsonDecoder() = default;

Result<void> JsonDecoder::decode(std::string_view document, event::HealthEvent& out) {
  out.clear();
  if (impl_->parser.capacity() > kKeptCapacity && document.size() <= kKeptCapacity) {
    impl_->parser = dom::parser();
  }
  dom::element root;
  // false: no copy, the caller has padded the document.
  if (const auto error = impl_->parser.parse(document.data(), document.size(), false).get(root)) {
    return fail(ErrorKind::rejected, std::string("the document is not valid JSON: ") + simdjson::error_message(error));
  }
  dom::object members;
  if (root.get(members) != simdjson::SUCCESS) {
    return fail(ErrorKind::rejected, std::string("the document must be an object, is ").append(type_name(root)));
  }
  std::optional<dom::element> health_event;
  std::optional<dom::element> status;
  for (const auto [key, member] : members) {
    if (equals_ignoring_case(key, "healthevent")) {
      health_event = member;
    } else if (equals_ignoring_case(key, "healtheventstatus")) {
      status = member;
    }
  }
  if (!health_event || health_event->is_null()) {
    return fail(ErrorKind::rejected, "the document has no healthevent");
  }
  dom::object fields;
  if (health_event->get(fields) != simdjson::SUCCESS) {
    return refuse_type({}, "an object", *health_event);
  }
  for (const auto [key, value] : fields) {
    if (auto done = read_field(find_field(key), value, out); !done) {
      return done;
    }
  }
  out.platform_connector_span_id = span_id_of(status);
  return {};
}

}  // namespace exporter::decode
