// `event-exporter ingest [FILE|-] --datastore PATH`: health events from JSON lines into the embedded datastore.
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "app/ingest.h"
#include "base/number_text.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "decode/json_decoder.h"
#include "source/sqlite/store.h"

namespace exporter::cli {

namespace {

int give_up(const Error& error) {
  std::cerr << "event-exporter ingest: " << error.message << '\n';
  return error.kind == ErrorKind::transient ? 1 : 2;
}

int report(const app::IngestReport& report) {
  for (const app::IngestProblem& problem : report.problems) {
    std::cerr << "line " << problem.line << ": " << problem.reason << '\n';
  }
  if (report.rejected > report.problems.size()) {
    std::cerr << "... and " << with_thousands(report.rejected - report.problems.size()) << " more\n";
  }
  std::cout << "stored " << with_thousands(report.accepted) << " · rejected " << with_thousands(report.rejected)
            << '\n';
  return report.rejected == 0 ? 0 : 1;
}

}  // namespace

int run_ingest(std::span<const std::string> arguments) {
  const char* const from_environment = std::getenv("DATASTORE_PATH");
  sqlite::Options options{.path = from_environment == nullptr ? "" : from_environment};
  std::string file = "-";
  Arguments parser("event-exporter ingest",
                   "Stores health events, one JSON object a line. Exit code: 0 all stored, 1 some rejected, 2 usage or "
                   "file errors.");
  parser.option("datastore", options.path, "the SQLite file, made if absent (environment: DATASTORE_PATH)");
  parser.positional("FILE", file, "where the events are; - is the standard input", false);
  if (const auto exit_code = parser.parse(arguments)) {
    return *exit_code;
  }
  if (options.path.empty()) {
    return give_up({ErrorKind::invalid, "say where the events go: --datastore PATH"});
  }
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened || opened.peek() == std::ifstream::traits_type::eof()) {
      if (!opened.eof()) {
        return give_up({ErrorKind::invalid, "cannot read " + file});
      }
      opened.clear();
    }
  }
  if (auto prepared = sqlite::prepare(options); !prepared) {
    return give_up(prepared.error());
  }
  auto writer = sqlite::Writer::open(options, sqlite::Writer::Durability::on_commit);
  if (!writer) {
    return give_up(writer.error());
  }
  decode::JsonDecoder decoder;
  const SystemClock clock;
  auto done = app::ingest(file == "-" ? std::cin : opened, **writer, decoder, clock);
  return done ? report(*done) : give_up(done.error());
}

}  // namespace exporter::cli
