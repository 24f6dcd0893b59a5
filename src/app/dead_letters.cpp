#include "app/dead_letters.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace exporter::app {

namespace {

// Neither store has an index by time, so each page looks at all letters: few large ones.
constexpr std::size_t kPage = 5000;
constexpr std::size_t kDocumentBytes = 4 << 20;

// Calls `visit(letters)` with each page, oldest first, until it returns an error.
template <class Visit>
Result<void> for_each_page(ports::DeadLetters& letters, Visit visit) {
  std::optional<ports::DeadLetterKey> after;
  for (;;) {
    auto page = letters.page(after, kPage);
    if (!page) {
      return fail(std::move(page.error()));
    }
    const bool last = page->size() < kPage;
    if (!page->empty()) {
      after = {.at = page->back().at, .document_id = page->back().document_id};
    }
    if (Result<void> visited = visit(*page); !visited || last) {
      return visited;
    }
  }
}

// Calls `visit(letters)` with the selected letters, some at a time, oldest first. Ids that no letter has go to
// `unknown`. A letter that is put again meanwhile may come twice.
template <class Visit>
Result<void> for_each_selected(ports::DeadLetters& letters, const LetterSelection& selection,
                               std::vector<std::string>& unknown, Visit visit) {
  if (selection.ids.empty()) {
    return for_each_page(letters, [&](std::vector<ports::DeadLetter>& page) {
      std::erase_if(page, [&](const ports::DeadLetter& letter) { return !selection.filter.matches(letter); });
      return visit(page);
    });
  }
  std::vector<ports::DeadLetter> found;
  for (const std::string& id : selection.ids) {
    auto letter = letters.find(id);
    if (!letter) {
      return fail(std::move(letter.error()));
    }
    if (*letter) {
      found.push_back(std::move(**letter));
    } else {
      unknown.push_back(id);
    }
  }
  const auto key = [](const ports::DeadLetter& letter) { return std::tie(letter.at, letter.document_id); };
  std::sort(found.begin(), found.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  found.erase(std::unique(found.begin(), found.end(), [&](const auto& a, const auto& b) { return key(a) == key(b); }),
              found.end());
  return visit(found);
}

ShownLetter::Document document_of(event::PreparedEvent::Kind kind) {
  switch (kind) {
    case event::PreparedEvent::Kind::deliver:
      return ShownLetter::Document::stored;
    case event::PreparedEvent::Kind::filtered:
      return ShownLetter::Document::filtered;
    case event::PreparedEvent::Kind::undecodable:
      break;
  }
  return ShownLetter::Document::undecodable;
}

std::uint64_t& counter_of(event::PreparedEvent::Kind kind, ReplayPlan& plan) {
  switch (kind) {
    case event::PreparedEvent::Kind::deliver:
      return plan.sendable;
    case event::PreparedEvent::Kind::filtered:
      return plan.filtered;
    case event::PreparedEvent::Kind::undecodable:
      break;
  }
  return plan.undecodable;
}

}  // namespace

Result<LetterList> list_letters(ports::DeadLetters& letters, const LetterFilter& filter, std::uint64_t limit) {
  LetterList list;
  if (filter.reason.empty() && filter.node.empty()) {
    auto count = letters.count();
    auto page = count && limit > 0 ? letters.page({}, limit) : Result<std::vector<ports::DeadLetter>>();
    if (!count || !page) {
      return fail(count ? std::move(page.error()) : std::move(count.error()));
    }
    list.letters = std::move(*page);
    list.more = *count - std::min<std::uint64_t>(*count, list.letters.size());
    return list;
  }
  auto read = for_each_page(letters, [&](std::vector<ports::DeadLetter>& page) -> Result<void> {
    for (ports::DeadLetter& letter : page) {
      if (!filter.matches(letter)) {
        continue;
      }
      if (list.letters.size() < limit) {
        list.letters.push_back(std::move(letter));
      } else {
        ++list.more;
      }
    }
    return {};
  });
  return read ? Result<LetterList>(std::move(list)) : fail(std::move(read.error()));
}

Result<SelectedLetters> select_letters(ports::DeadLetters& letters, const LetterSelection& selection) {
  SelectedLetters selected;
  std::unordered_set<std::string> seen;
  auto read = for_each_selected(letters, selection, selected.unknown,
                                [&](std::vector<ports::DeadLetter>& some) -> Result<void> {
                                  for (ports::DeadLetter& letter : some) {
                                    if (seen.insert(letter.document_id).second) {
                                      selected.document_ids.push_back(std::move(letter.document_id));
                                    }
                                  }
                                  return {};
                                });
  return read ? Result<SelectedLetters>(std::move(selected)) : fail(std::move(read.error()));
}

Result<std::optional<ShownLetter>> show_letter(ports::DeadLetters& letters, ports::Documents& documents,
                                               pipeline::Preparer& preparer, const std::string& id, WallTime now) {
  auto letter = letters.find(id);
  if (!letter) {
    return fail(std::move(letter.error()));
  }
  if (!*letter) {
    return std::nullopt;
  }
  ShownLetter shown{.letter = std::move(**letter), .event = {}, .reason = {}};
  event::RawBatch batch;
  std::vector<std::size_t> gone;
  if (auto read = documents.read({&shown.letter.document_id, 1}, kDocumentBytes, batch, gone); !read) {
    return fail(std::move(read.error()));
  }
  if (!batch.empty()) {
    event::PreparedEvent prepared = preparer.prepare(batch[0], now);
    shown.document = document_of(prepared.kind);
    shown.event = std::move(prepared.body);
    shown.reason = std::move(prepared.reason);
  }
  return shown;
}

Result<ReplayPlan> plan_replay(ports::DeadLetters& letters, ports::Documents& documents, pipeline::Preparer& preparer,
                               const LetterSelection& selection, WallTime now) {
  ReplayPlan plan;
  event::RawBatch batch;
  std::vector<std::size_t> gone;
  std::vector<std::string> ids;
  auto read =
      for_each_selected(letters, selection, plan.unknown, [&](std::vector<ports::DeadLetter>& some) -> Result<void> {
        ids.clear();
        for (ports::DeadLetter& letter : some) {
          ++plan.letters;
          ++plan.by_reason[letter.reason];
          ++plan.by_node[letter.node];
          ++plan.by_status[letter.status];
          ids.push_back(std::move(letter.document_id));
        }
        std::span<const std::string> left(ids);
        while (!left.empty()) {
          auto done = documents.read(left, kDocumentBytes, batch, gone);
          if (!done) {
            return fail(std::move(done.error()));
          }
          plan.gone += gone.size();
          for (std::size_t index = 0; index < batch.size(); ++index) {
            ++counter_of(preparer.prepare(batch[index], now).kind, plan);
          }
          left = left.subspan(*done);
        }
        return {};
      });
  return read ? Result<ReplayPlan>(std::move(plan)) : fail(std::move(read.error()));
}

}  // namespace exporter::app
