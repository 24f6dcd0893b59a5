// Dead letters sent again, through the pipeline of `run` with other ports (replay_ports.h) and the real sink.
//
// Events keep their ids (unless id_mode is random), and those of a node go in the order of the letters' times. A letter
// whose event is accepted is removed; one that is refused again is put again; one whose event is gone stays.
// Call block_signals() before: SIGINT and SIGTERM end a replay as they end the exporter, and nothing is lost.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/dead_letters.h"
#include "app/replay_book.h"
#include "base/time.h"
#include "config/config.h"

namespace exporter::app {

struct ReplayOptions {
  LetterSelection selection;
  // When the sink judges no event for so long, the replay gives up.
  Duration patience = std::chrono::seconds(30);
};

struct ReplayEnd {
  ReplayReport report;
  std::vector<std::string> unknown;  // ids given that no letter has
  std::optional<Error> failure;      // why it ended before all was settled, or could not begin
};

// Blocks until all is settled, or it gives up, or a signal came, or what fails cannot be mended. Its result is that of
// `finish`, which is called once; on a thread of its own, and the process ends with the result, when the datastore does
// not let go.
int run_replay(const config::Config& config, const ReplayOptions& options,
               const std::function<int(const ReplayEnd&)>& finish);

}  // namespace exporter::app
