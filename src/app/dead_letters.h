// Looking through the dead letters and taking some away: what the `dlq` commands do, but for the replay (replay.h).
//
// Letters are read in pages and never all held at once; of a selection only the document ids are kept.
// Thread-safety: free functions over ports that belong to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "event/prepared_event.h"
#include "pipeline/preparer.h"
#include "ports/dead_letters.h"
#include "ports/documents.h"

namespace exporter::app {

// Empty: any.
struct LetterFilter {
  std::string reason;
  std::string node;
  [[nodiscard]] bool matches(const ports::DeadLetter& letter) const {
    return (reason.empty() || letter.reason == reason) && (node.empty() || letter.node == node);
  }
};

struct LetterList {
  std::vector<ports::DeadLetter> letters;  // oldest first
  std::uint64_t more = 0;                  // that match and were left out
};

// The oldest `limit` letters that match. Errors: of the port.
Result<LetterList> list_letters(ports::DeadLetters& letters, const LetterFilter& filter, std::uint64_t limit);

// Which letters are meant: those with these ids (of document or event), else all that match.
struct LetterSelection {
  std::vector<std::string> ids;
  LetterFilter filter;
};

struct SelectedLetters {
  std::vector<std::string> document_ids;  // oldest letter first, each once
  std::vector<std::string> unknown;       // ids given that no letter has
};

// Errors: of the port.
Result<SelectedLetters> select_letters(ports::DeadLetters& letters, const LetterSelection& selection);

struct ShownLetter {
  enum class Document : std::uint8_t { stored, filtered, undecodable, gone };
  ports::DeadLetter letter;
  Document document = Document::gone;
  std::string event;   // stored: the CloudEvent as it would be sent
  std::string reason;  // undecodable: why
};

// Nothing when no letter has that id. Errors: of the ports.
Result<std::optional<ShownLetter>> show_letter(ports::DeadLetters& letters, ports::Documents& documents,
                                               pipeline::Preparer& preparer, const std::string& id, WallTime now);

struct ReplayPlan {
  std::uint64_t letters = 0;
  std::uint64_t sendable = 0;     // stored and decodable, and the filter lets it pass
  std::uint64_t filtered = 0;     // stored; a replay would send nothing and remove the letter
  std::uint64_t undecodable = 0;  // stored; a replay would set them aside again
  std::uint64_t gone = 0;
  std::map<std::string, std::uint64_t> by_reason;
  std::map<std::string, std::uint64_t> by_node;
  std::map<int, std::uint64_t> by_status;
  std::vector<std::string> unknown;  // as of SelectedLetters
};

// What a replay of the selection would find. Changes nothing. Errors: of the ports.
Result<ReplayPlan> plan_replay(ports::DeadLetters& letters, ports::Documents& documents, pipeline::Preparer& preparer,
                               const LetterSelection& selection, WallTime now);

}  // namespace exporter::app
