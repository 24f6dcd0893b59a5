// `event-exporter verify-sink`: tries the way to the sink.
#include <iostream>
#include <stop_token>

#include "app/signals.h"
#include "app/verify_sink.h"
#include "cli/command.h"
#include "cli/run_flags.h"
#include "cli/verify_text.h"

namespace exporter::cli {

int run_verify_sink(std::span<const std::string> arguments) {
  // Before any thread starts.
  app::block_signals();
  Arguments parser("event-exporter verify-sink",
                   "Tries, step by step and with the given configuration, the way to the token endpoint and to the "
                   "sink, and sends one test event that is marked as such. Nothing is read from the datastore. "
                   "Exit code 0: the sink took it; 1: a step failed, the later ones are skipped; 2: wrong usage, or "
                   "event-exporter would not start with this configuration.");
  RawFlags raw;
  add_run_flags(parser, raw);
  bool no_event = false;
  bool repeat_event = false;
  bool json = false;
  parser.flag("no-event", no_event, "stop before the test event: the sink stores nothing");
  parser.flag("repeat-event", repeat_event, "send the test event twice, as it comes after a lost answer");
  parser.flag("json", json, "one JSON object a line for each step");
  if (const auto exit_code = parser.parse(arguments)) {
    return *exit_code;
  }
  if (no_event && repeat_event) {
    std::cerr << "event-exporter verify-sink: --no-event and --repeat-event exclude each other\n";
    return 2;
  }
  const config::Loaded loaded = config::load_file(given_flags(parser, raw), config::process_environment());
  std::stop_source stop;
  const app::SignalThread signals([&stop] { stop.request_stop(); });
  const SystemClock clock;
  return app::verify_sink(loaded, {.send_event = !no_event, .repeat_event = repeat_event}, clock, stop.get_token(),
                          [json](const app::VerifyStep& step) {
                            std::cout << (json ? verify_json(step) : verify_text(step)) << std::flush;
                          });
}

}  // namespace exporter::cli
