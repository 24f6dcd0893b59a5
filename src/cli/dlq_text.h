// What the `dlq` commands print: for people, and one JSON object for programs.
//
// Text of letters comes from stored documents and from the sink: control characters in it are shown as '?', so that it
// cannot move the cursor of a terminal. Every result ends with a line feed. Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "app/dead_letters.h"
#include "app/replay.h"

namespace exporter::cli {

[[nodiscard]] std::string list_text(const app::LetterList& list);
[[nodiscard]] std::string list_json(const app::LetterList& list);
[[nodiscard]] std::string show_text(const app::ShownLetter& shown);
[[nodiscard]] std::string show_json(const app::ShownLetter& shown);
[[nodiscard]] std::string plan_text(const app::ReplayPlan& plan);
[[nodiscard]] std::string plan_json(const app::ReplayPlan& plan);

[[nodiscard]] std::string replay_text(const app::ReplayEnd& end);
[[nodiscard]] std::string replay_json(const app::ReplayEnd& end);

}  // namespace exporter::cli
