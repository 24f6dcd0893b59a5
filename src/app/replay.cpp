#include "app/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <utility>

#include "app/datastore.h"
#include "app/module_options.h"
#include "app/replay_ports.h"
#include "app/signals.h"
#include "config/duration.h"
#include "observability/metrics.h"
#include "pipeline/pipeline.h"
#include "pipeline/worker_thread.h"
#include "sink/http/asio_reactor.h"

namespace exporter::app {

namespace {

constexpr Duration kGoodbye = std::chrono::seconds(1);
// Somebody waits for the end, and what was taken before an interrupted one is sent again under the same ids.
constexpr Duration kLongestDrain = std::chrono::seconds(5);
// A refused letter is tried three times in all, within a second: many of one node wait for each other.
constexpr std::uint32_t kRetries = 2;
constexpr BackoffOptions kBackoff{
    .initial = std::chrono::milliseconds(250), .cap = std::chrono::seconds(1), .multiplier = 2};

enum class Ended { not_yet, settled, gave_up, by_signal };

pipeline::PipelineOptions pipeline_options(const config::Config& config, const Clock& clock) {
  pipeline::PipelineOptions options = delivery_options(config, clock);
  pipeline::HeartOptions& heart = options.heart;
  heart.max_retries = kRetries;
  heart.on_exhausted = pipeline::OnExhausted::dead_letter;
  heart.backoff = kBackoff;
  // Letters are few, and an outage must not spend their retries: the gate shuts before the first of them is exhausted.
  heart.gate.unreachable = kRetries;
  heart.gate.quiet = Duration::zero();
  heart.lanes.ordering = dispatch::Ordering::strict;
  options.drain_timeout = std::min(options.drain_timeout, kLongestDrain);
  return options;
}

std::optional<Error> why(Ended ended, const Result<void>& result, const ReplayBook& book,
                         const ports::Credentials& credentials, Duration patience) {
  if (!result) {
    return result.error();
  }
  if (ended == Ended::gave_up) {
    const std::string trouble = book.last_trouble();
    const char* const otherwise = credentials.current() ? "the sink does not answer" : "there is no token for the sink";
    return Error{ErrorKind::transient,
                 fmt::format("gave up, nothing went forward for {} (--patience): {}", config::format_duration(patience),
                             credentials.current() && !trouble.empty() ? trouble : otherwise)};
  }
  if (ended == Ended::by_signal) {
    return Error{ErrorKind::cancelled, "stopped by a signal"};
  }
  return std::nullopt;
}

// Stops the pipeline when the book shows no progress for too long.
void watch(const ReplayBook& book, Duration patience, Clock& clock, const std::stop_token& stop,
           const std::function<void()>& give_up) {
  for (;;) {
    const MonoTime deadline = after(book.last_progress(), patience);
    if (clock.now() >= deadline) {
      give_up();
      return;
    }
    if (!clock.sleep_until(deadline, stop)) {
      return;
    }
  }
}

}  // namespace

int run_replay(const config::Config& config, const ReplayOptions& options,
               const std::function<int(const ReplayEnd&)>& finish) {
  SystemClock clock;
  metrics::Metrics metrics;
  ReplayEnd end;
  const auto failed = [&](const Error& error) {
    end.failure = error;
    return finish(end);
  };
  auto credentials = auth::OidcCredentials::create(oidc_options(config), clock, {});
  if (!credentials) {
    return failed(credentials.error());
  }
  http::AsioReactor reactor;
  auto sink = http::make_http_sink(reactor, sink_options(config));
  if (!sink) {
    return failed(sink.error());
  }
  auto store = open_letter_store(config.datastore);
  if (!store) {
    return failed(store.error());
  }
  auto selected = select_letters(*store->letters, options.selection);
  if (!selected) {
    return failed(selected.error());
  }
  end.unknown = std::move(selected->unknown);
  if (selected->document_ids.empty()) {
    return finish(end);
  }

  ReplayBook book(std::move(selected->document_ids), clock.now());
  std::atomic<Ended> ended = Ended::not_yet;
  pipeline::Pipeline* running = nullptr;
  const auto stop = [&](Ended by) {
    Ended not_yet = Ended::not_yet;
    ended.compare_exchange_strong(not_yet, by);
    running->stop();
  };
  ReplaySource source(book, *store->documents, clock);
  NoHistory history;
  ReplayCheckpoints checkpoints(book, *store->letters, [&] { stop(Ended::settled); });
  ReplayLetters letters(book, *store->letters);
  ReplaySink listening(book, **sink, clock);
  transform::CloudEventWriter writer(transform_options(config));
  transform::EventIds ids(id_mode(config), store->names);
  pipeline::Preparer preparer(*store->decoder, writer, ids, event_filter(config));
  preparer.on_filtered([&book](const std::string& document_id) { book.filtered(document_id); });
  const auto conclude = [&](const Result<void>& result) {
    end.report = book.report();
    end.failure = why(ended, result, book, **credentials, options.patience);
    return finish(end);
  };
  const auto leave = [&](const Result<void>& result) { std::_Exit(conclude(result)); };
  pipeline::Pipeline pipeline(pipeline_options(config, clock), {.source = source,
                                                                .history = history,
                                                                .documents = *store->documents,
                                                                .preparer = preparer,
                                                                .checkpoints = checkpoints,
                                                                .dead_letters = letters,
                                                                .sink = listening,
                                                                .credentials = **credentials,
                                                                .reactor = reactor,
                                                                .clock = clock,
                                                                .metrics = metrics,
                                                                .abandon = leave});
  running = &pipeline;
  const SignalThread signals([&] { stop(Ended::by_signal); });
  (*credentials)->start();
  Result<void> result;
  {
    pipeline::WorkerThread watcher("patience", [&](const std::stop_token& end_of_watch) {
      watch(book, options.patience, clock, end_of_watch, [&] { stop(Ended::gave_up); });
    });
    result = pipeline.run();
  }
  (*credentials)->stop();
  // Saying good-bye to a server takes as long as finding out that it is gone.
  pipeline::WorkerThread closing("close", [&store](const std::stop_token&) { *store = {}; });
  if (!closing.ended_within(kGoodbye)) {
    leave(result);
  }
  return conclude(result);
}

}  // namespace exporter::app
