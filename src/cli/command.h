// The sub-commands as a table: name, one line for the help, function. A missing sub-command means `run`.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace exporter::cli {

// Exit codes: 0 success, 1 failure at run time, 2 configuration or usage error.
struct Command {
  std::string_view name;  // may be two words: "lab sink"
  std::string_view summary;
  int (*run)(std::span<const std::string> arguments);  // arguments after the name
};

[[nodiscard]] std::span<const Command> commands();

int run_exporter(std::span<const std::string> arguments);      // command_run.cpp
int run_check_config(std::span<const std::string> arguments);  // command_check_config.cpp
int run_verify_sink(std::span<const std::string> arguments);   // command_verify_sink.cpp
int run_ingest(std::span<const std::string> arguments);        // command_ingest.cpp
int run_filter_test(std::span<const std::string> arguments);   // command_filter.cpp
int run_dlq_list(std::span<const std::string> arguments);      // command_dlq.cpp
int run_dlq_show(std::span<const std::string> arguments);
int run_dlq_plan(std::span<const std::string> arguments);
int run_dlq_drop(std::span<const std::string> arguments);
int run_dlq_replay(std::span<const std::string> arguments);  // command_dlq_replay.cpp
int run_status(std::span<const std::string> arguments);      // command_status.cpp
int run_top(std::span<const std::string> arguments);         // command_top.cpp
int run_lab_sink(std::span<const std::string> arguments);    // command_lab.cpp
int run_lab_generate(std::span<const std::string> arguments);
int run_lab_audit(std::span<const std::string> arguments);
int run_lab_read(std::span<const std::string> arguments);

}  // namespace exporter::cli
