// Ranged reads of health_events by (created_at, id), a page by a key and not by a count, so that a page costs the same
// at the start of the table and at its end.
//
// The cursor is text and holds the whole range: "h1.<file>.<bound>.<end>.<created_at>.<id>".
//   bound  the greatest `seq` that the range holds. Rows and their changes are made in the same order, so "inserted not
//          after the stream position" is "seq <= bound", exactly, whatever created_at says.
//   end    the greatest created_at in the range: a read past it would walk over everything inserted since.
//   created_at, id  the last row read. Before the first: the row before it, or the window's start and an id below all.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "source/sqlite/position.h"
#include "source/sqlite/schema.h"
#include "source/sqlite/store.h"

namespace exporter::sqlite {

namespace {

constexpr std::size_t kPageBytes = std::size_t{4} << 20;  // a page ends here however many documents were asked for

constexpr std::string_view kBound =
    "SELECT ifnull((SELECT row_seq - 1 FROM datastore_changelog WHERE id > ?1 ORDER BY id LIMIT 1),"
    " ifnull((SELECT max(seq) FROM health_events), 0))";
constexpr std::string_view kEnd =
    "SELECT created_at FROM health_events WHERE created_at >= ?1 AND seq <= ?2 ORDER BY created_at DESC, id DESC LIMIT "
    "1";
constexpr std::string_view kCount =
    "SELECT count(*) FROM health_events WHERE created_at BETWEEN ?1 AND ?2 AND seq <= ?3";
constexpr std::string_view kNewestCut =
    "SELECT created_at, id FROM health_events WHERE created_at BETWEEN ?1 AND ?2 AND seq <= ?3"
    " ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET ?4";
constexpr std::string_view kPage =
    "SELECT created_at, id, document FROM health_events"
    " WHERE (created_at, id) > (?1, ?2) AND created_at <= ?3 AND seq <= ?4 ORDER BY created_at, id";

struct Cursor {
  std::int64_t bound = 0;
  std::int64_t end = 0;
  std::int64_t created_at = 0;
  std::string_view id;
};

std::string make_cursor(const Cursor& cursor, std::string_view fingerprint) {
  return fmt::format("h1.{}.{}.{}.{}.{}", fingerprint, cursor.bound, cursor.end, cursor.created_at, cursor.id);
}

std::string_view take_field(std::string_view& rest) {
  const std::string_view field = rest.substr(0, rest.find('.'));
  rest.remove_prefix(std::min(field.size() + 1, rest.size()));
  return field;
}

std::optional<Cursor> parse_cursor(std::string_view text, std::string_view fingerprint) {
  if (take_field(text) != "h1" || take_field(text) != fingerprint) {
    return std::nullopt;
  }
  Cursor cursor;
  for (std::int64_t* const number : {&cursor.bound, &cursor.end, &cursor.created_at}) {
    const std::string_view field = take_field(text);
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), *number);
    if (error != std::errc() || end != field.data() + field.size()) {
      return std::nullopt;
    }
  }
  cursor.id = text;
  return cursor;
}

class SqliteHistory final : public ports::History {
 public:
  SqliteHistory(Store store, Statement page) : store_(std::move(store)), page_(std::move(page)) {}

  Result<ports::HistoryPlan> plan(const ports::HistoryWindow& window) override;
  Result<void> page(const std::string& cursor, std::size_t limit, event::RawBatch& batch) override;

 private:
  // The first row of a query with integer parameters, stepped onto; nothing when there is none.
  Result<std::optional<Statement>> first_row(std::string_view sql, std::initializer_list<std::int64_t> parameters);

  Store store_;
  Statement page_;
};

Result<std::optional<Statement>> SqliteHistory::first_row(std::string_view sql,
                                                          std::initializer_list<std::int64_t> parameters) {
  auto statement = store_.connection.prepare(sql);
  if (!statement) {
    return fail(statement.error().with_context("planning a read of the history"));
  }
  int index = 0;
  for (const std::int64_t parameter : parameters) {
    statement->bind(++index, parameter);
  }
  auto row = statement->step();
  if (!row) {
    return fail(row.error().with_context("planning a read of the history"));
  }
  return *row ? std::optional(std::move(*statement)) : std::nullopt;
}

Result<ports::HistoryPlan> SqliteHistory::plan(const ports::HistoryWindow& window) {
  EXPORTER_CHECK(window.max_events > 0, "a window holds at least one event");
  const auto until = parse_position(window.until, store_.fingerprint);
  if (!until) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is no position in this file", window.until.token));
  }
  // Counting walks the index once; it is the only thing here that grows with the range.
  const std::int64_t start = to_micros(window.not_before);
  auto bound = first_row(kBound, {*until});
  if (!bound) {
    return fail(std::move(bound.error()));
  }
  Cursor cursor{bound->value().integer(0), start, start, {}};
  auto end = first_row(kEnd, {start, cursor.bound});
  if (!end) {
    return fail(std::move(end.error()));
  }
  if (!end->has_value()) {
    return ports::HistoryPlan{make_cursor(cursor, store_.fingerprint), 0, 0};
  }
  cursor.end = (*end)->integer(0);
  auto counted = first_row(kCount, {start, cursor.end, cursor.bound});
  if (!counted) {
    return fail(std::move(counted.error()));
  }
  const auto found = static_cast<std::uint64_t>((*counted)->integer(0));
  if (found <= window.max_events) {
    return ports::HistoryPlan{make_cursor(cursor, store_.fingerprint), found, 0};
  }
  const auto kept = static_cast<std::int64_t>(window.max_events);
  auto newest_cut = first_row(kNewestCut, {start, cursor.end, cursor.bound, kept});
  if (!newest_cut) {
    return fail(std::move(newest_cut.error()));
  }
  if (newest_cut->has_value()) {  // else rows were deleted since the count, and none is cut
    cursor.created_at = (*newest_cut)->integer(0);
    cursor.id = (*newest_cut)->text(1);
  }
  return ports::HistoryPlan{make_cursor(cursor, store_.fingerprint), window.max_events, found - window.max_events};
}

Result<void> SqliteHistory::page(const std::string& cursor, std::size_t limit, event::RawBatch& batch) {
  EXPORTER_CHECK(limit > 0, "a page holds at least one document");
  batch.clear();
  auto at = parse_cursor(cursor, store_.fingerprint);
  if (!at) {
    return fail(
        ErrorKind::invalid,
        fmt::format("\"{}\" is no cursor into the history of this file; put back a copy of the row in resume_tokens, "
                    "or delete it to start anew",
                    cursor));
  }
  const ResetAtEnd reset(page_);
  page_.bind(1, at->created_at);
  page_.bind(2, at->id);
  page_.bind(3, at->end);
  page_.bind(4, at->bound);
  while (batch.size() < limit && batch.bytes() < kPageBytes) {
    auto row = page_.step();
    if (!row) {
      return fail(row.error().with_context("reading the history"));
    }
    if (!*row) {
      break;
    }
    const std::string_view id = page_.text(1);
    const Cursor here{at->bound, at->end, page_.integer(0), id};
    // created_at is the writer's clock and not the stream's, so it is not handed out as the time of the change.
    batch.add(id, page_.text(2), {event::Mark::Phase::history, {make_cursor(here, store_.fingerprint)}, {}, {}},
              from_micros(here.created_at));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<ports::History>> open_history(const Options& options) {
  auto store = open_store(options, Purpose::read);
  if (!store) {
    return fail(std::move(store.error()));
  }
  auto page = store->connection.prepare(kPage);
  if (!page) {
    return fail(std::move(page.error()));
  }
  return std::make_unique<SqliteHistory>(std::move(*store), std::move(*page));
}

}  // namespace exporter::sqlite
