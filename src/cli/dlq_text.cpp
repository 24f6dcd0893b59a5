#include "cli/dlq_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <tuple>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/number_text.h"
#include "base/terminal_text.h"
#include "transform/time_text.h"

namespace exporter::cli {

namespace {

using Document = app::ShownLetter::Document;

constexpr std::size_t kMostNodes = 20;  // of a plan, in the text

std::string seconds_text(WallTime at) {
  std::string text;
  transform::append_time(text, transform::timestamp_of(std::chrono::floor<std::chrono::seconds>(at)));
  return text;
}

// Always with three digits behind the seconds, so that the texts sort as the times do.
std::string time_text(WallTime at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  std::string text = seconds_text(seconds);
  text.pop_back();
  return fmt::format("{}.{:03}Z", text, std::chrono::floor<std::chrono::milliseconds>(at - seconds).count());
}

std::string letter_json(const ports::DeadLetter& letter) {
  return fmt::format(
      R"({{"time":{},"node":{},"reason":{},"status":{},"attempts":{},"eventId":{},"documentId":{},"detail":{}}})",
      json_string(time_text(letter.at)), json_string(letter.node), json_string(letter.reason), letter.status,
      letter.attempts, json_string(letter.event_id), json_string(letter.document_id), json_string(letter.detail));
}

std::string or_dash(std::string_view text) { return text.empty() ? "-" : for_terminal(text); }

template <class Map>
std::string counts_json(const Map& counts) {
  std::string json = "{";
  for (const auto& [key, count] : counts) {
    fmt::format_to(std::back_inserter(json), "{}{}:{}", json.size() > 1 ? "," : "", json_string(fmt::format("{}", key)),
                   count);
  }
  return json + "}";
}

// "  node      gpu-1 4 · gpu-2 1", the most frequent first.
template <class Map>
void append_counts(std::string& out, std::string_view name, const Map& counts) {
  std::vector<std::pair<std::string, std::uint64_t>> sorted;
  sorted.reserve(counts.size());
  for (const auto& [key, count] : counts) {
    sorted.emplace_back(or_dash(fmt::format("{}", key)), count);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return std::tie(b.second, a.first) < std::tie(a.second, b.first); });
  const std::size_t shown = std::min(sorted.size(), kMostNodes);
  fmt::format_to(std::back_inserter(out), "  {:<12}", name);
  for (std::size_t index = 0; index < shown; ++index) {
    fmt::format_to(std::back_inserter(out), "{}{} {}", index == 0 ? "" : " · ", sorted[index].first,
                   sorted[index].second);
  }
  out += sorted.size() > shown ? fmt::format(" · {} others\n", sorted.size() - shown) : "\n";
}

std::string_view name_of(Document document) {
  switch (document) {
    case Document::stored:
      return "stored";
    case Document::filtered:
      return "filtered";
    case Document::undecodable:
      return "undecodable";
    case Document::gone:
      break;
  }
  return "gone";
}

}  // namespace

std::string list_text(const app::LetterList& list) {
  if (list.letters.empty()) {
    return list.more == 0 ? "no dead letters\n" : fmt::format("{} more\n", list.more);
  }
  std::vector<std::array<std::string, 7>> rows{
      {"WHEN", "NODE", "REASON", "STATUS", "ATTEMPTS", "EVENT ID", "DOCUMENT ID"}};
  for (const ports::DeadLetter& letter : list.letters) {
    rows.push_back({seconds_text(letter.at), or_dash(letter.node), or_dash(letter.reason),
                    letter.status == 0 ? "-" : std::to_string(letter.status), std::to_string(letter.attempts),
                    or_dash(letter.event_id), or_dash(letter.document_id)});
  }
  std::array<std::size_t, 7> widths{};
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t column = 0; column + 1 < row.size(); ++column) {
      fmt::format_to(std::back_inserter(out), "{:<{}}  ", row[column], widths[column]);
    }
    out += row.back() + "\n";
  }
  if (list.more > 0) {
    fmt::format_to(std::back_inserter(out), "and {} more (--limit)\n", list.more);
  }
  return out;
}

std::string list_json(const app::LetterList& list) {
  std::string out = R"({"letters":[)";
  for (const ports::DeadLetter& letter : list.letters) {
    out += (&letter == list.letters.data() ? "" : ",") + letter_json(letter);
  }
  fmt::format_to(std::back_inserter(out),
                 R"(],"more":{}}})"
                 "\n",
                 list.more);
  return out;
}

std::string show_text(const app::ShownLetter& shown) {
  const ports::DeadLetter& letter = shown.letter;
  std::string out;
  const auto line = [&out](std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(out), "{:<12}{}\n", name, or_dash(value));
  };
  line("when", time_text(letter.at));
  line("node", letter.node);
  line("reason", letter.reason);
  line("status", letter.status == 0 ? "" : std::to_string(letter.status));
  line("attempts", std::to_string(letter.attempts));
  line("event id", letter.event_id);
  line("document id", letter.document_id);
  line("detail", letter.detail);
  switch (shown.document) {
    case Document::stored:
      line("document", "stored; the event as it would be sent:");
      out += for_terminal(shown.event) + "\n";
      break;
    case Document::filtered:
      line("document", "stored, but the filter holds it back: a replay would send nothing and remove the letter");
      break;
    case Document::undecodable:
      line("document", "stored, but no health event: " + shown.reason);
      break;
    case Document::gone:
      line("document", "gone from the datastore; nothing is left to send, drop the letter");
      break;
  }
  return out;
}

std::string show_json(const app::ShownLetter& shown) {
  std::string out = fmt::format(R"({{"letter":{},"document":"{}")", letter_json(shown.letter), name_of(shown.document));
  if (shown.document == Document::stored) {
    out += R"(,"event":)" + shown.event;
  } else if (shown.document == Document::undecodable) {
    out += R"(,"problem":)" + json_string(shown.reason);
  }
  return out + "}\n";
}

std::string plan_text(const app::ReplayPlan& plan) {
  if (plan.letters == 0) {
    return "no dead letters\n";
  }
  std::string out = fmt::format("{}: {} would be sent", counted(plan.letters, "letter"), plan.sendable);
  if (plan.filtered > 0) {
    fmt::format_to(std::back_inserter(out), " · {} held back by the filter, their letters would go", plan.filtered);
  }
  if (plan.undecodable > 0) {
    fmt::format_to(std::back_inserter(out), " · {} cannot be decoded and would stay", plan.undecodable);
  }
  if (plan.gone > 0) {
    fmt::format_to(std::back_inserter(out), " · {} gone from the datastore: drop them", plan.gone);
  }
  out += "\n";
  append_counts(out, "reason", plan.by_reason);
  append_counts(out, "status", plan.by_status);
  append_counts(out, "node", plan.by_node);
  return out + "nothing was changed\n";
}

std::string plan_json(const app::ReplayPlan& plan) {
  return fmt::format(
      R"({{"letters":{},"sendable":{},"filtered":{},"undecodable":{},"gone":{},"byReason":{},"byStatus":{},"byNode":{},"unknown":{}}})"
      "\n",
      plan.letters, plan.sendable, plan.filtered, plan.undecodable, plan.gone, counts_json(plan.by_reason),
      counts_json(plan.by_status), counts_json(plan.by_node), json_array(plan.unknown));
}

std::string replay_text(const app::ReplayEnd& end) {
  const app::ReplayReport& report = end.report;
  std::string out;
  for (const std::string& note : report.notes) {
    out += for_terminal(note) + "\n";
  }
  if (report.refused + report.gone > report.notes.size()) {
    fmt::format_to(std::back_inserter(out), "... and {} more\n", report.refused + report.gone - report.notes.size());
  }
  fmt::format_to(std::back_inserter(out), "replayed {}", report.replayed);
  if (report.filtered > 0) {
    fmt::format_to(std::back_inserter(out), " · held back by the filter {}", report.filtered);
  }
  fmt::format_to(std::back_inserter(out), " · refused again {} · gone {}", report.refused, report.gone);
  return out + (report.left() > 0 ? fmt::format(" · left {}\n", report.left()) : "\n");
}

std::string replay_json(const app::ReplayEnd& end) {
  const app::ReplayReport& report = end.report;
  return fmt::format(
      R"({{"selected":{},"replayed":{},"filtered":{},"refusedAgain":{},"gone":{},"left":{},"unknown":{},"notes":{},"failure":{}}})"
      "\n",
      report.selected, report.replayed, report.filtered, report.refused, report.gone, report.left(),
      json_array(end.unknown), json_array(report.notes), end.failure ? json_string(end.failure->message) : "null");
}

}  // namespace exporter::cli
