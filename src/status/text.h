// A Status as text for a terminal. Whatever its texts hold, the terminal acts on none of it. Thread-safety: pure
// functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "status/status.h"

namespace exporter::status {

struct TextOptions {
  std::size_t width = 80;  // columns; less than 40 counts as 40
  bool colour = false;
  bool unicode = true;   // plots of blocks; otherwise of ASCII
  bool verbose = false;  // also each of the busiest lanes, the position and the settings
};

// The lines, without newlines, none wider than the width.
[[nodiscard]] std::vector<std::string> to_text(const Status& status, const TextOptions& options);

// `text` over lines of at most `width` columns.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

// How many columns a terminal needs for it: UTF-8 without escape sequences.
[[nodiscard]] std::size_t columns_of(std::string_view text);

// One character for each of `columns` equal parts of the samples, the newest at the right: the largest value of each, from
// 0 to `top`; a blank where nothing is known. Fewer samples than columns: so many.
[[nodiscard]] std::string plot(const std::vector<std::optional<double>>& samples, std::size_t columns, double top,
                               bool unicode);

}  // namespace exporter::status
