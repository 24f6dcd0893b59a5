// What a source read in one go: stored documents, still undecoded, in stream order.
//
// Reused from read to read: one arena holds all bytes, so a batch costs no allocation once it has grown. Views handed
// out are valid until the batch is changed. The arena always ends with kPadding readable bytes, as simdjson requires of
// its input, so a document can be parsed where it lies. Thread-safety: a plain value.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/position.h"

namespace exporter::event {

// One inserted document.
struct RawChange {
  std::string_view document_id;  // the key, as text; names the document for ever (event ids are derived from it)
  std::string_view document;     // JSON text, or the bytes of a BSON document; followed by kPadding readable bytes
  Mark after;                    // where we are once this one is settled
  // Where it says more than `after`, for an operator's eyes alone: when it was stored. Of the history: as its writer says.
  WallTime created_at{};
};

class RawBatch {
 public:
  static constexpr std::size_t kPadding = 64;  // >= simdjson::SIMDJSON_PADDING

  void clear();
  // Copies the bytes.
  void add(std::string_view document_id, std::string_view document, Mark after, WallTime created_at = {});

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  // Bytes of documents and ids held.
  [[nodiscard]] std::size_t bytes() const { return arena_.size(); }
  [[nodiscard]] RawChange operator[](std::size_t index) const;

  // Where we are when the whole batch is settled, when that is further than the last change (an empty batch, changes
  // that the source skipped): lets the position advance on a quiet stream. Empty position: nothing to say.
  Mark end;

  // Of an empty batch: the datastore was asked then, and had no further change. Nothing: it did not say so.
  std::optional<MonoTime> caught_up_at;

 private:
  struct Entry {
    std::size_t offset;
    std::size_t id_size;
    std::size_t document_size;
    Mark after;
    WallTime created_at;
  };
  std::string arena_;
  std::vector<Entry> entries_;
};

}  // namespace exporter::event
