#include "simulation/coverage.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include <fmt/format.h>

#include "base/check.h"

namespace exporter::simulation {

namespace {

// Rows that begin with "fault: " are combined in pairs. A row that begins with '?' need not be reached.
constexpr std::string_view kRows[] = {
    "fault: kill",
    "fault: stop",
    "fault: read failed",
    "fault: save failed",
    "fault: save written, answer lost",
    "fault: letter failed",
    "fault: letter written, answer lost",
    "fault: request lost",
    "fault: answer lost",
    "fault: taken after the time-out",
    "fault: answer doubled",
    "fault: status of the error table",
    "fault: Retry-After",
    "fault: slow sink",
    "fault: sink 404 for all",
    "fault: sink 503 for all",
    "fault: sink 400 for all",
    "fault: sink 401 for all",
    "fault: sink unreachable",
    "fault: sink silent",
    "fault: token revoked",
    "fault: token fetch failed",
    "fault: change log trimmed",
    "fault: change log trimmed while healing",
    "fault: retention",
    "fault: our clock jumps",
    "fault: a writer's clock jumps",
    "fault: transaction",
    "fault: burst of one node",
    "fault: undecodable event",
    "filter: event held back",
    "fault: poison event",
    "fault: stuck event",
    "fault: ill node",
    "answer: 200",
    "answer: 202",
    "answer: 302",
    "answer: 400",
    "answer: 401",
    "answer: 403",
    "answer: 404",
    "answer: 405",
    "answer: 407",
    "answer: 408",
    "answer: 409",
    "answer: 410",
    "answer: 413",
    "answer: 415",
    "answer: 418",
    "answer: 421",
    "answer: 422",
    "answer: 425",
    "answer: 426",
    "answer: 429",
    "answer: 431",
    "answer: 500",
    "answer: 503",
    "answer: 600",
    "answer: resolve",
    "answer: connect",
    "answer: tls",
    "answer: timeout",
    "answer: reset",
    "answer: protocol",
    "answer: closed",
    "answer: late, to a ticket whose slot has a new owner",
    "Retry-After: seconds",
    "Retry-After: seconds above the ceiling",
    "Retry-After: date",
    "Retry-After: past date",
    "Retry-After: absurd date",
    "Retry-After: garbage",
    "notice: attempt failed",
    "notice: exhausted",
    "notice: refused, waiting",
    "notice: set aside",
    "notice: dead letter failed",
    "notice: backfill complete",
    "notice: sink paused",
    "notice: sink recovered",
    "letter: undecodable",
    "letter: refused",
    "letter: exhausted",
    "gate: shut by an answer that is the same for all",
    "gate: shut by no answer",
    "gate: shut by many failures",
    "gate: probe",
    "gate: probe failed",
    "gate: opened by a probe",
    "gate: opened by an answer from before it shut",
    "gate: held while open",
    "gate: held while shut",
    "lane: relaxed",
    "lane: two of a node in flight",
    "token: rejected",
    "reader: history",
    "reader: history read again after a lost position",
    "restart: a pending event is read by its id",
    "restart: a pending event is gone",
    "reader: lost again while the history was read",
    "reader: held back by the bytes",
    "restart: first start",
    "restart: in the stream",
    "restart: in the history",
    "restart: load failed",
    "stop: drained",
    "stop: cut off",
    "stop: given up",
    "sink: repeat",
    "retention: what was not settled",
    "outage: rate checked",
    "end: with stuck events",
};
static_assert(std::size(kRows) <= Coverage::kMost);

std::string_view name_of(std::size_t row) { return kRows[row].starts_with('?') ? kRows[row].substr(1) : kRows[row]; }

bool is_fault(std::size_t row) { return name_of(row).starts_with("fault: "); }

std::size_t row_of(std::string_view name) {
  static const auto kIndex = [] {
    std::unordered_map<std::string_view, std::size_t> index;
    for (std::size_t row = 0; row < std::size(kRows); ++row) {
      index.emplace(name_of(row), row);
    }
    return index;
  }();
  const auto found = kIndex.find(name);
  if (found == kIndex.end()) {
    fmt::print(stderr, "no row for \"{}\"\n", name);
  }
  EXPORTER_CHECK(found != kIndex.end(), "what is counted stands in the list");
  return found->second;
}

}  // namespace

void Coverage::hit(std::string_view name) {
  const std::size_t row = row_of(name);
  ++counts_[row];
  in_this_run_.set(row);
}

void Coverage::end_run() {
  together_.resize(std::size(kRows));
  for (std::size_t row = 0; row < std::size(kRows); ++row) {
    if (in_this_run_[row] && is_fault(row)) {
      together_[row] |= in_this_run_;
    }
  }
  in_this_run_.reset();
}

void Coverage::add(const Coverage& other) {
  for (std::size_t row = 0; row < std::size(kRows); ++row) {
    counts_[row] += other.counts_[row];
  }
  together_.resize(std::size(kRows));
  for (std::size_t row = 0; row < other.together_.size(); ++row) {
    together_[row] |= other.together_[row];
  }
}

std::uint64_t Coverage::count(std::string_view row) const { return counts_[row_of(row)]; }

std::vector<std::string_view> Coverage::missing() const {
  std::vector<std::string_view> names;
  for (std::size_t row = 0; row < std::size(kRows); ++row) {
    if (counts_[row] == 0 && !kRows[row].starts_with('?')) {
      names.push_back(kRows[row]);
    }
  }
  return names;
}

std::string Coverage::table() const {
  std::string text;
  for (std::size_t row = 0; row < std::size(kRows); ++row) {
    fmt::format_to(std::back_inserter(text), "  {:55} {:>10}\n", name_of(row), counts_[row]);
  }
  std::size_t possible = 0;
  std::size_t reached = 0;
  std::string apart;
  for (std::size_t a = 0; a < std::size(kRows); ++a) {
    for (std::size_t b = a + 1; b < std::size(kRows); ++b) {
      if (!is_fault(a) || !is_fault(b)) {
        continue;
      }
      ++possible;
      if (a < together_.size() && together_[a][b]) {
        ++reached;
      } else {
        fmt::format_to(std::back_inserter(apart), "    {} + {}\n", name_of(a).substr(7), name_of(b).substr(7));
      }
    }
  }
  fmt::format_to(std::back_inserter(text), "  {} of {} pairs of faults occurred in one run{}\n", reached, possible,
                 reached == possible       ? ""
                 : reached + 20 < possible ? ""
                                           : "; never together:");
  if (reached != possible && reached + 20 >= possible) {
    text += apart;
  }
  return text;
}

}  // namespace exporter::simulation
