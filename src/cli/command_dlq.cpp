// `event-exporter dlq list | show | plan | drop`: looking at dead letters, and taking them away.
#include <fmt/format.h>

#include <iostream>

#include "base/clock.h"
#include "base/number_text.h"
#include "cli/command.h"
#include "cli/dlq_options.h"
#include "cli/dlq_text.h"

namespace exporter::cli {

namespace {

using Takes = DlqArguments::Takes;

// Letters removed with one write.
constexpr std::size_t kDropAtOnce = 500;

// `shown` may be long; a reader that has gone is no failure of ours.
void print(const std::string& shown) { std::cout << shown << std::flush; }

}  // namespace

int run_dlq_list(std::span<const std::string> arguments) {
  DlqArguments given("dlq list",
                     "Lists dead letters, oldest first. Exit code: 0, also when there are none; 1 the "
                     "datastore failed; 2 wrong usage or configuration.",
                     Takes::filter);
  std::int64_t limit = 100;
  given.own().option("limit", limit, "list so many at most, and say how many more there are");
  if (const auto exit_code = given.parse(arguments)) {
    return *exit_code;
  }
  if (limit < 0) {
    return given.misused("--limit must not be negative");
  }
  auto letters = open_letters(given.config());
  if (!letters) {
    return given.failed(letters.error());
  }
  auto list =
      app::list_letters(*(*letters)->store.letters, given.selection().filter, static_cast<std::uint64_t>(limit));
  if (!list) {
    return given.failed(list.error());
  }
  print(given.json() ? list_json(*list) : list_text(*list));
  return 0;
}

int run_dlq_show(std::span<const std::string> arguments) {
  DlqArguments given("dlq show",
                     "Shows one dead letter and its event as it would be sent. Exit code: 0; 1 there is no "
                     "such letter, or the datastore failed; 2 wrong usage or configuration.",
                     Takes::one);
  if (const auto exit_code = given.parse(arguments)) {
    return *exit_code;
  }
  auto letters = open_letters(given.config());
  if (!letters) {
    return given.failed(letters.error());
  }
  const std::string& id = given.selection().ids.front();
  auto shown = app::show_letter(*(*letters)->store.letters, *(*letters)->store.documents, (*letters)->preparer, id,
                                SystemClock().wall_now());
  if (!shown) {
    return given.failed(shown.error());
  }
  if (!*shown) {
    given.complain_about({id});
    return 1;
  }
  print(given.json() ? show_json(**shown) : show_text(**shown));
  return 0;
}

int run_dlq_plan(std::span<const std::string> arguments) {
  DlqArguments given("dlq plan",
                     "Says what a replay of these letters would do, and changes nothing. Exit code: 0; 1 "
                     "an id is unknown, or the datastore failed; 2 wrong usage or configuration.",
                     Takes::selection);
  if (const auto exit_code = given.parse(arguments)) {
    return *exit_code;
  }
  auto letters = open_letters(given.config());
  if (!letters) {
    return given.failed(letters.error());
  }
  auto plan = app::plan_replay(*(*letters)->store.letters, *(*letters)->store.documents, (*letters)->preparer,
                               given.selection(), SystemClock().wall_now());
  if (!plan) {
    return given.failed(plan.error());
  }
  print(given.json() ? plan_json(*plan) : plan_text(*plan));
  given.complain_about(plan->unknown);
  return plan->unknown.empty() ? 0 : 1;
}

int run_dlq_drop(std::span<const std::string> arguments) {
  DlqArguments given("dlq drop",
                     "Removes dead letters for good; their events stay in the datastore and are never sent. "
                     "Exit code: 0; 1 an id is unknown, or the datastore failed; 2 wrong usage or "
                     "configuration, or no --yes.",
                     Takes::selection);
  bool yes = false;
  given.own().flag("yes", yes, "do it; without this, say how many it would be");
  if (const auto exit_code = given.parse(arguments)) {
    return *exit_code;
  }
  auto letters = open_letters(given.config());
  if (!letters) {
    return given.failed(letters.error());
  }
  ports::DeadLetters& port = *(*letters)->store.letters;
  auto selected = app::select_letters(port, given.selection());
  if (!selected) {
    return given.failed(selected.error());
  }
  const std::span<const std::string> ids(selected->document_ids);
  std::uint64_t dropped = 0;
  Result<std::uint64_t> removed = 0;
  for (std::size_t first = 0; yes && removed && first < ids.size(); first += kDropAtOnce) {
    removed = port.remove(ids.subspan(first, std::min(kDropAtOnce, ids.size() - first)));
    dropped += removed.value_or(0);
  }
  if (given.json()) {
    print(fmt::format(R"({{"selected":{},"dropped":{}}})"
                      "\n",
                      ids.size(), dropped));
  } else if (yes) {
    print(fmt::format("dropped {}\n", counted(dropped, "letter")));
  } else {
    print(fmt::format("would drop {}; nothing was changed\n", counted(ids.size(), "letter")));
  }
  given.complain_about(selected->unknown);
  if (!removed) {
    return given.failed(removed.error());
  }
  if (!yes) {
    return given.misused("add --yes to drop them");
  }
  return selected->unknown.empty() ? 0 : 1;
}

}  // namespace exporter::cli
