// What every decoder shares: the names of the fields, the words of a refusal, and the tolerant reading of values whose
// type is not the expected one but whose meaning is plain.
//
// Names match in any ASCII letter case, because writers differ (MongoDB: all lower case, PostgreSQL: camel case) and the
// incumbent's decoders do not care. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace exporter::decode {

// The fields of a health event. The order is that of the table in fields.cpp.
enum class Field : std::uint8_t {
  id,
  agent,
  is_fatal,
  message,
  version,
  metadata,
  node_name,
  check_name,
  error_code,
  is_healthy,
  component_class,
  drain_overrides,
  entities_impacted,
  recommended_action,
  generated_timestamp,
  processing_strategy,
  quarantine_overrides,
  custom_recommended_action,
  unknown,
};

// Field::unknown for a name that is none of ours.
[[nodiscard]] Field find_field(std::string_view name);

// Where in the document a value stands, for messages only: "healthevent.entitiesImpacted[2].entityType".
struct Where {
  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
  Field field = Field::unknown;  // unknown: the health event itself
  std::size_t index = kNoIndex;  // of a list element
  std::string_view member;       // of an object; may be text of the document: it is quoted if need be, and cut
};

// A rejected error: "<path>: <why>".
[[nodiscard]] tl::unexpected<Error> refuse(const Where& where, std::string_view why);

// `text` quoted and cut to a length fit for a log line.
[[nodiscard]] std::string excerpt(std::string_view text);

// A whole number from its decimal digits (with a minus sign at most), or nothing.
[[nodiscard]] std::optional<std::int64_t> integer_from_text(std::string_view text);
// `value` if it has no fraction and fits, or nothing (so for NaN and infinity).
[[nodiscard]] std::optional<std::int64_t> integer_from_double(double value);

// Fit `number` into the field's type. Errors: rejected when it does not.
Result<void> store(const Where& where, std::int64_t number, std::uint32_t& out);
Result<void> store(const Where& where, std::int64_t number, std::int32_t& out);
Result<void> store(const Where& where, std::int64_t number, std::int64_t& out);

// An enumeration's number from its name in any letter case or from decimal digits. Errors: rejected.
// `where.field` says which enumeration: recommended_action or processing_strategy.
Result<void> store_enum(const Where& where, std::string_view text, std::int32_t& out);

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;
// Of several pairs with the same key only the last stays. Does not allocate for a usual number of pairs.
void keep_last_of_each_key(Pairs& pairs);

}  // namespace exporter::decode
