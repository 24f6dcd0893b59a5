// A regular expression of RE2's syntax, which matches in time linear in the text. Hides its library.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace exporter::filter {

// Thread-safety: matches() may be called by many threads at once.
class Regex {
 public:
  // Longer patterns are refused.
  static constexpr std::size_t kLongest = 4096;

  // The error says why the pattern cannot be read.
  static tl::expected<std::unique_ptr<Regex>, std::string> compile(std::string_view pattern);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  // Whether some part of `text` matches.
  [[nodiscard]] bool matches(std::string_view text) const;

 private:
  struct Impl;
  explicit Regex(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::filter
