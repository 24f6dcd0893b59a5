// `event-exporter dlq replay`: sends dead letters again.
#include <iostream>

#include "app/replay.h"
#include "app/signals.h"
#include "cli/command.h"
#include "cli/dlq_options.h"
#include "cli/dlq_text.h"
#include "config/duration.h"

namespace exporter::cli {

int run_dlq_replay(std::span<const std::string> arguments) {
  // Before any thread starts.
  app::block_signals();
  DlqArguments given(
      "dlq replay",
      "Sends dead letters again, under the ids that their events always had. An accepted one is removed, "
      "as is one that the filter now holds back; "
      "one that is refused again stays. Exit code: 0 all were accepted or are held back by the filter; 1 some remain, "
      "or something "
      "failed; 2 wrong usage or configuration.",
      DlqArguments::Takes::selection);
  std::string patience = "30s";
  add_delivery_flags(given.own(), given.flags());
  given.own().option("patience", patience, "give up when the sink judges no event for so long; nothing is lost");
  if (const auto exit_code = given.parse(arguments)) {
    return *exit_code;
  }
  const auto parsed = config::parse_duration(patience);
  if (!parsed || *parsed <= Duration::zero()) {
    return given.misused("--patience: \"" + patience + "\" " + (parsed ? "is not positive" : parsed.error().message));
  }
  return app::run_replay(
      given.config(), {.selection = given.selection(), .patience = *parsed}, [&given](const app::ReplayEnd& end) {
        given.complain_about(end.unknown);
        // What could not even begin has nothing to report.
        if (end.report.selected > 0 || !end.failure) {
          std::cout << (given.json() ? replay_json(end) : replay_text(end)) << std::flush;
        }
        if (end.failure) {
          return given.failed(*end.failure);
        }
        const bool all = end.report.replayed + end.report.filtered == end.report.selected && end.unknown.empty();
        return all ? 0 : 1;
      });
}

}  // namespace exporter::cli
