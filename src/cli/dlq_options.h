// What the `dlq` commands have in common: configuration, datastore, selection of letters.
// Thread-safety: used on the main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "app/datastore.h"
#include "app/dead_letters.h"
#include "cli/arguments.h"
#include "cli/run_flags.h"
#include "config/config.h"
#include "pipeline/preparer.h"

namespace exporter::cli {

// The command line of one `dlq` command. Made, given more options of the command's own, then parsed.
class DlqArguments {
 public:
  enum class Takes : std::uint8_t {
    filter,     // --reason, --node
    one,        // ID
    selection,  // ID..., --all, --reason, --node: one of these ways must be used
  };
  // `name`: "dlq list".
  DlqArguments(std::string name, std::string description, Takes takes);

  // Reads the command line and the configuration, and sets up the log on stderr, warnings and errors only unless
  // LOG_LEVEL says otherwise. A value: the process exits with it, all is said.
  [[nodiscard]] std::optional<int> parse(std::span<const std::string> arguments);

  // For the command's own options.
  [[nodiscard]] Arguments& own() { return arguments_; }
  [[nodiscard]] RawFlags& flags() { return raw_; }

  // After parse().
  [[nodiscard]] const config::Config& config() const { return config_; }
  [[nodiscard]] const app::LetterSelection& selection() const { return selection_; }
  [[nodiscard]] bool json() const { return json_; }

  // Prints the error; the exit code: 2 when the command or its configuration is wrong, else 1.
  [[nodiscard]] int failed(const Error& error) const;
  // Prints a mistake of the command line; 2.
  [[nodiscard]] int misused(const std::string& text) const;
  // Prints which ids no letter has.
  void complain_about(const std::vector<std::string>& unknown) const;

 private:
  const std::string name_;
  const Takes takes_;
  Arguments arguments_;
  RawFlags raw_;
  std::string one_;
  bool all_ = false;
  bool json_ = false;
  app::LetterSelection selection_;
  config::Config config_;
};

// The letters, their documents, and what makes events of these as `run` would.
struct Letters {
  app::LetterStore store;
  transform::CloudEventWriter writer;
  transform::EventIds ids;
  pipeline::Preparer preparer;
  Letters(app::LetterStore opened, const config::Config& config);
};
// Errors: of app::open_letter_store.
Result<std::unique_ptr<Letters>> open_letters(const config::Config& config);

}  // namespace exporter::cli
