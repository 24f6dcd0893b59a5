#include "event/raw_batch.h"

#include <utility>

namespace exporter::event {

void RawBatch::clear() {
  arena_.clear();
  entries_.clear();
  end = {};
  caught_up_at.reset();
}

void RawBatch::add(std::string_view document_id, std::string_view document, Mark after, WallTime created_at) {
  entries_.push_back({arena_.size(), document_id.size(), document.size(), std::move(after), created_at});
  const std::size_t needed = arena_.size() + document_id.size() + document.size();
  if (arena_.capacity() < needed + kPadding) {
    arena_.reserve(2 * (needed + kPadding));
  }
  arena_.append(document_id).append(document);
}

RawChange RawBatch::operator[](std::size_t index) const {
  const Entry& entry = entries_[index];
  const std::string_view bytes(arena_);
  return {bytes.substr(entry.offset, entry.id_size), bytes.substr(entry.offset + entry.id_size, entry.document_size),
          entry.after, entry.created_at};
}

}  // namespace exporter::event
