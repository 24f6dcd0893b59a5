// event-exporter lab audit | read: what the store holds, compared with what arrived and with how fast it can be read.
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "admin/fetch.h"
#include "base/clock.h"
#include "base/number_text.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/lab_store.h"
#include "event/raw_batch.h"
#include "lab/audit.h"
#include "transform/event_id.h"

namespace exporter::cli {
namespace {

constexpr int kUsageError = 2;
constexpr std::size_t kPage = 500;
constexpr std::size_t kReadBytes = 1 << 20;
constexpr auto kFetchTimeout = std::chrono::seconds(30);
constexpr std::size_t kLongestPage = std::size_t{1} << 30;

int complain(const Error& error) {
  fmt::print(stderr, "event-exporter lab: {}\n", error.message);
  return error.kind == ErrorKind::invalid ? kUsageError : 1;
}

// Calls `visit` for each stored document that was committed before now, oldest first.
template <class Visit>
Result<void> for_each_stored(app::Datastore& store, Visit visit) {
  auto head = store.source->head();
  if (!head) {
    return fail(head.error());
  }
  auto plan =
      store.history->plan({.not_before = {}, .max_events = std::numeric_limits<std::int64_t>::max(), .until = *head});
  if (!plan) {
    return fail(plan.error());
  }
  event::RawBatch batch;
  std::string cursor = plan->cursor;
  while (true) {
    if (auto read = store.history->page(cursor, kPage, batch); !read) {
      return fail(read.error());
    }
    if (batch.empty()) {
      return {};
    }
    for (std::size_t index = 0; index < batch.size(); ++index) {
      visit(batch[index]);
    }
    cursor = batch[batch.size() - 1].after.position.token;
  }
}

Result<lab::AuditReport> audit(app::Datastore& store, const std::string& sink) {
  auto page = admin::fetch(sink, "/audit/ids", kFetchTimeout, kLongestPage);
  if (!page) {
    return fail(page.error());
  }
  auto delivered = lab::parse_id_counts(*page);
  if (!delivered) {
    return fail(delivered.error());
  }
  lab::Audit audit(std::move(*delivered));
  transform::EventIds ids(transform::EventIds::Mode::stable, store.names);
  auto read = for_each_stored(store, [&](const event::RawChange& change) {
    audit.add_stored(change.document_id, event::to_string(ids.make(change.document_id)));
  });
  if (!read) {
    return fail(read.error());
  }
  const auto count = store.dead_letters->count();
  if (!count) {
    return fail(count.error());
  }
  return audit.report(*count);
}

// What one bare reader managed.
struct ReadRate {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  double seconds = 0;
  std::string_view by;
};

// The stream from the saved progress to its end, as the exporter reads it.
Result<void> read_stream(ports::Source& source, const event::Position& from, Clock& clock, ReadRate& rate) {
  if (auto opened = source.open(from); !opened) {
    return fail(opened.error());
  }
  event::RawBatch batch;
  while (true) {
    if (auto read = source.next(batch, kReadBytes, clock.now(), {}); !read) {
      return fail(read.error());
    }
    if (batch.empty()) {
      return {};
    }
    rate.events += batch.size();
    rate.bytes += batch.bytes();
  }
}

// With saved progress the stream from there, else all stored documents page by page, as a backfill reads them.
Result<ReadRate> read_store(app::Datastore& store, Clock& clock) {
  auto saved = store.checkpoints->load();
  if (!saved) {
    return fail(saved.error());
  }
  ReadRate rate;
  const MonoTime start = clock.now();
  if (*saved) {
    rate.by = "stream";
    if (auto read = read_stream(*store.source, (*saved)->position, clock, rate); !read) {
      return fail(read.error());
    }
  } else {
    rate.by = "history";
    auto read = for_each_stored(store, [&](const event::RawChange& change) {
      ++rate.events;
      rate.bytes += change.document.size();
    });
    if (!read) {
      return fail(read.error());
    }
  }
  rate.seconds = std::chrono::duration<double>(clock.now() - start).count();
  return rate;
}

}  // namespace

int run_lab_audit(std::span<const std::string> arguments) {
  std::string datastore;
  std::string sink;
  bool json = false;
  Arguments parser("event-exporter lab audit", "Compares what is stored with what the lab's sink has received.");
  parser.option("datastore", datastore, std::string(kLabStoreHelp));
  parser.option("sink", sink, "the lab sink, for example http://127.0.0.1:8443");
  parser.flag("json", json, "print one JSON object");
  if (const auto code = parser.parse(arguments)) {
    return *code;
  }
  if (datastore.empty() || sink.empty()) {
    return complain({ErrorKind::invalid, "--datastore and --sink are needed"});
  }
  SystemClock clock;
  auto store = open_lab_store(datastore, clock);
  const auto report = store ? audit(*store, sink) : fail(store.error());
  if (!report) {
    return complain(report.error());
  }
  fmt::print("{}", json ? lab::to_json(*report) + "\n" : lab::to_text(*report));
  return report->holds() ? 0 : 1;
}

int run_lab_read(std::span<const std::string> arguments) {
  std::string datastore;
  bool json = false;
  Arguments parser("event-exporter lab read",
                   "Reads the store as the exporter does, does nothing with it, and tells how fast.");
  parser.option("datastore", datastore, std::string(kLabStoreHelp));
  parser.flag("json", json, "print one JSON object");
  if (const auto code = parser.parse(arguments)) {
    return *code;
  }
  if (datastore.empty()) {
    return complain({ErrorKind::invalid, "--datastore is needed"});
  }
  SystemClock clock;
  auto store = open_lab_store(datastore, clock);
  const auto rate = store ? read_store(*store, clock) : fail(store.error());
  if (!rate) {
    return complain(rate.error());
  }
  const double per_second = rate->seconds > 0 ? static_cast<double>(rate->events) / rate->seconds : 0;
  if (json) {
    fmt::print(R"({{"by":"{}","events":{},"bytes":{},"seconds":{:.6f},"eventsPerSecond":{:.0f}}})"
               "\n",
               rate->by, rate->events, rate->bytes, rate->seconds, per_second);
  } else {
    fmt::print("{} events read by {} in {:.3f} s: {} a second\n", with_thousands(rate->events), rate->by, rate->seconds,
               with_thousands(static_cast<std::uint64_t>(per_second)));
  }
  return 0;
}

}  // namespace exporter::cli
