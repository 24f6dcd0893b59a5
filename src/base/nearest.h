// The known name that somebody probably meant. Pure. Thread-safety: free functions without state.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace exporter {

// Insertions, deletions, replacements and swaps of neighbours that turn one into the other (optimal string alignment).
// Costs |left| * |right| steps; callers keep both short.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

// The one of `known` that is closest to the unknown name, the first of them in alphabetical order; empty when none is
// close. Letter case, '_' and '-' do not count: insecureSkipVerify, insecure-skip-verify and insecure_skip_verify are
// one word to a tired reader. Of names with dots the last word says how much may be wrong.
[[nodiscard]] std::string nearest_of(std::string_view unknown, std::span<const std::string_view> known);

}  // namespace exporter
