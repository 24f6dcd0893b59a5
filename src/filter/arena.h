// Memory for the values of one evaluation: taken piece by piece, given back all at once, and kept for the next.
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

namespace exporter::filter {

class Arena {
 public:
  // Nothing is allocated before the first take().
  explicit Arena(std::size_t most_bytes) : most_(most_bytes) {}

  // Uninitialised room for `count` objects, valid until clear(), or null when that would exceed `most_bytes`.
  template <class T>
  [[nodiscard]] T* take(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlignment);
    return count > most_ / sizeof(T) ? nullptr : static_cast<T*>(take_bytes(count * sizeof(T)));
  }

  // Forgets all. Keeps one block, so that an evaluation like the last one allocates nothing.
  void clear() {
    if (blocks_.size() > 1) {
      blocks_.erase(blocks_.begin(), blocks_.end() - 1);  // the last one is the largest, as a rule
    }
    if (!blocks_.empty() && blocks_.back().size > kKeep) {
      blocks_.clear();
    }
    total_ = blocks_.empty() ? 0 : blocks_.back().size;
    used_ = 0;
  }

 private:
  static constexpr std::size_t kAlignment = alignof(std::max_align_t);
  static constexpr std::size_t kFirst = 4096;
  static constexpr std::size_t kKeep = 262144;  // larger blocks are given back

  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size;
  };

  void* take_bytes(std::size_t size) {
    size = (size + kAlignment - 1) / kAlignment * kAlignment;
    if (blocks_.empty() || size > blocks_.back().size - used_) {
      std::size_t block = blocks_.empty() ? kFirst : 2 * blocks_.back().size;
      block = size > block ? size : block;
      if (block > most_ - total_) {
        block = most_ - total_;
      }
      if (block < size) {
        return nullptr;
      }
      blocks_.push_back({std::unique_ptr<std::byte[]>(new std::byte[block]), block});
      total_ += block;
      used_ = 0;
    }
    void* const result = blocks_.back().bytes.get() + used_;
    used_ += size;
    return result;
  }

  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // of the last block
  std::size_t total_ = 0;
  const std::size_t most_;
};

}  // namespace exporter::filter
