// What the incumbent did with the documents of one datastore, and what we say to each of them.
//
// <name>.jsonl, one case a line, was recorded from NVSentinel's event-exporter (August 2026) over a real datastore:
// `stored_text` is the document as text (PostgreSQL: the column `document`; MongoDB: canonical Extended JSON),
// `stored_bson_base64` its exact bytes where that text cannot say them, `raw` the body that it sent ("<id>" and
// "<time>" stand for the parts that are different each time), `backfill_raw` what it sent for the same document from
// its backfill when that was different, `outcome` is exported, skipped (it lost the event) or crashed (it died, and
// died again after a restart).
// `exported` is a contract. For every other case the recording says what we do instead; none can pass unnamed.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "decode/decoder.h"

namespace exporter::golden {

struct Case {
  std::string name;
  std::string outcome;
  std::optional<std::string> stored_text;
  std::optional<std::string> stored_bson_base64;
  std::optional<std::string> raw;
  std::optional<std::string> backfill_raw;
};

// An event that the incumbent lost or died of, and that we export, because what it means is plain: we treat the
// document as if `written` in it were `meant`.
struct Better {
  std::string_view written;
  std::string_view meant;
};

struct Recording {
  std::string_view name;
  std::size_t cases;
  std::size_t exported;
  std::unique_ptr<decode::Decoder> (*make_decoder)();
  std::string (*stored)(const Case&);  // the bytes that the datastore gives
  std::map<std::string_view, Better> better;
  std::map<std::string_view, std::string_view> refused;       // nobody can know what they mean; with the reason
  std::map<std::string_view, std::string_view> no_documents;  // with what becomes of them
};

inline void PrintTo(const Recording& recording, std::ostream* out) { *out << recording.name; }

[[nodiscard]] Recording postgresql();
[[nodiscard]] Recording mongodb();

}  // namespace exporter::golden
