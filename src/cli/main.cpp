#include "cli/main.h"

#include <algorithm>
#include <iostream>
#include <string_view>

#include "app/service.h"
#include "cli/command.h"

namespace exporter::cli {

namespace {

constexpr Command kCommands[] = {
    {"run", "follow the datastore and deliver (also without any command)", run_exporter},
    {"check-config", "check the configuration and show what is in effect", run_check_config},
    {"status", "show how a running exporter is", run_status},
    {"top", "the same again and again, on a screen of its own", run_top},
    {"verify-sink", "try the way to token endpoint and sink, up to one marked event", run_verify_sink},
    {"ingest", "store health events, given as JSON lines, in the embedded datastore", run_ingest},
    {"filter test", "say which events a filter expression keeps, and why", run_filter_test},
    {"dlq list", "list the dead letters: events that were set aside", run_dlq_list},
    {"dlq show", "show one, and its event as it would be sent", run_dlq_show},
    {"dlq plan", "say what a replay of dead letters would do", run_dlq_plan},
    {"dlq replay", "send dead letters again", run_dlq_replay},
    {"dlq drop", "remove dead letters", run_dlq_drop},
    {"lab sink", "a reference sink with token endpoint, faults and an audit page", run_lab_sink},
    {"lab generate", "store or print realistic health events", run_lab_generate},
    {"lab audit", "compare what is stored with what a lab sink received", run_lab_audit},
    {"lab read", "read the embedded datastore as fast as it goes", run_lab_read},
};

int print_help(std::ostream& out, int exit_code) {
  out << "event-exporter " << app::build_version().version
      << ": delivers GPU health events to an HTTP endpoint as CloudEvents\n\n"
         "Usage: event-exporter [COMMAND] [OPTIONS]; event-exporter COMMAND --help\n\n";
  std::size_t widest = 0;
  for (const Command& command : kCommands) {
    widest = std::max(widest, command.name.size());
  }
  for (const Command& command : kCommands) {
    out << "  " << command.name << std::string(widest + 2 - command.name.size(), ' ') << command.summary << "\n";
  }
  return exit_code;
}

std::string first_words(std::span<const std::string> arguments, std::size_t count) {
  std::string joined;
  for (std::size_t i = 0; i < std::min(count, arguments.size()); ++i) {
    joined += (i == 0 ? "" : " ") + arguments[i];
  }
  return joined;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

int main(std::span<const std::string> arguments) {
  if (arguments.empty() || arguments[0].starts_with("-")) {
    if (!arguments.empty() && (arguments[0] == "--version" || arguments[0] == "-version")) {
      std::cout << app::build_version().version << " (" << app::build_version().commit << ")\n";
      return 0;
    }
    return run_exporter(arguments);
  }
  for (const std::size_t words : {2U, 1U}) {
    const std::string name = first_words(arguments, words);
    const auto* found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                     [&](const Command& command) { return command.name == name; });
    if (found != std::end(kCommands) && arguments.size() >= words) {
      return found->run(arguments.subspan(words));
    }
  }
  if (arguments[0] == "help") {
    return print_help(std::cout, 0);
  }
  std::cerr << "event-exporter: there is no command \"" << arguments[0] << "\"\n\n";
  return print_help(std::cerr, 2);
}

}  // namespace exporter::cli
