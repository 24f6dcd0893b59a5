// The command line as a whole: which sub-command is meant.
#pragma once

#include <span>
#include <string>

namespace exporter::cli {

// `arguments` without the program's name. Returns the exit code.
[[nodiscard]] int main(std::span<const std::string> arguments);

}  // namespace exporter::cli
