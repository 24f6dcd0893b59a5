#include "cli/dlq_options.h"

#include <iostream>
#include <utility>

#include "app/module_options.h"
#include "app/service.h"
#include "config/load.h"
#include "config/report.h"
#include "observability/log.h"

namespace exporter::cli {

DlqArguments::DlqArguments(std::string name, std::string description, Takes takes)
    : name_(std::move(name)), takes_(takes), arguments_("event-exporter " + name_, std::move(description)) {
  add_config_flag(arguments_, raw_);
  if (takes_ == Takes::selection) {
    arguments_.positional("ID", selection_.ids, "letters, by document id or event id");
    arguments_.flag("all", all_, "all letters");
  }
  if (takes_ == Takes::one) {
    arguments_.positional("ID", one_, "the letter's document id or event id", true);
  } else {
    arguments_.option("reason", selection_.filter.reason, "only letters with this reason, for example refused");
    arguments_.option("node", selection_.filter.node, "only letters of this node");
  }
  arguments_.flag("json", json_, "print one JSON object instead of text");
}

std::optional<int> DlqArguments::parse(std::span<const std::string> arguments) {
  if (const auto exit_code = arguments_.parse(arguments)) {
    return exit_code;
  }
  if (takes_ == Takes::one) {
    selection_.ids.push_back(one_);
  }
  const bool ids = !selection_.ids.empty();
  const bool filtered = !selection_.filter.reason.empty() || !selection_.filter.node.empty();
  if (takes_ == Takes::selection && !ids && !filtered && !all_) {
    return misused("say which letters: their ids, --all, --reason REASON, --node NODE");
  }
  if ((ids && (all_ || filtered)) || (all_ && filtered)) {
    return misused("give either ids, or --all, or --reason and --node");
  }
  config::Loaded loaded = config::load_file(given_flags(arguments_, raw_), config::process_environment());
  std::cerr << config::render_problems(loaded);
  if (!loaded.ok()) {
    return 2;
  }
  config_ = std::move(loaded.config);
  log::init(config_.log_level.empty() ? log::Level::warn : log::parse_level(config_.log_level),
            app::build_version().version, log::stderr_look(config_.log_format));
  return std::nullopt;
}

int DlqArguments::failed(const Error& error) const {
  std::cerr << "event-exporter " << name_ << ": " << error.message << '\n';
  return error.kind == ErrorKind::invalid ? 2 : 1;
}

int DlqArguments::misused(const std::string& text) const { return failed({ErrorKind::invalid, text}); }

void DlqArguments::complain_about(const std::vector<std::string>& unknown) const {
  for (const std::string& id : unknown) {
    std::cerr << "event-exporter " << name_ << ": no dead letter has the id " << id << '\n';
  }
}

Letters::Letters(app::LetterStore opened, const config::Config& config)
    : store(std::move(opened)),
      writer(app::transform_options(config)),
      ids(app::id_mode(config), store.names),
      preparer(*store.decoder, writer, ids, app::event_filter(config)) {}

Result<std::unique_ptr<Letters>> open_letters(const config::Config& config) {
  auto store = app::open_letter_store(config.datastore);
  return store ? Result<std::unique_ptr<Letters>>(std::make_unique<Letters>(std::move(*store), config))
               : fail(std::move(store.error()));
}

}  // namespace exporter::cli
