#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iostream>

#include "base/terminal_text.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/status_source.h"
#include "cli/terminal.h"
#include "status/text.h"

namespace exporter::cli {

namespace {

// The answer as it came, so that keys of a newer exporter are there too, but for what a terminal would act on. JSON has
// control characters below U+0020 only between its tokens.
std::string printable_json(std::string_view json) {
  std::string tokens(json);
  std::replace_if(tokens.begin(), tokens.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
  return for_terminal(tokens);
}

}  // namespace

int run_status(std::span<const std::string> arguments) {
  Arguments parser("event-exporter status", "Shows how a running exporter is. Exit code 0: ready and without errors.");
  StatusFlags flags;
  bool json = false;
  bool verbose = false;
  flags.declare(parser);
  parser.flag("json", json, "print the answer of /status as it is");
  parser.flag("verbose", verbose, "also the busiest nodes, the saved position, the settings");
  if (const auto exit_code = parser.parse(arguments)) {
    return *exit_code;
  }
  const auto source = flags.source();
  if (!source) {
    std::cerr << "event-exporter status: " << source.error().message << '\n';
    return 2;
  }
  const auto answer = source->ask();
  if (!answer) {
    std::cerr << "event-exporter status: " << answer.error().message << '\n';
    return 2;
  }
  if (json) {
    std::cout << printable_json(answer->json) << '\n';
    return exit_code_for(answer->status);
  }
  const Terminal terminal = stdout_terminal();
  const std::size_t width = terminal.is_one ? stdout_size().columns : 100;
  for (const std::string& line : status::to_text(answer->status, {.width = std::min<std::size_t>(width, 160),
                                                                  .colour = terminal.colour,
                                                                  .unicode = terminal.unicode,
                                                                  .verbose = verbose})) {
    std::cout << line << '\n';
  }
  return exit_code_for(answer->status);
}

}  // namespace exporter::cli
