#include "status/json.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/json_text.h"

namespace exporter::status {

namespace {

void append_value(std::string& out, std::string_view text) { append_json_string(out, text); }
void append_value(std::string& out, const std::string& text) { append_json_string(out, text); }
void append_value(std::string& out, bool value) { out += value ? "true" : "false"; }
void append_value(std::string& out, int value) { fmt::format_to(std::back_inserter(out), "{}", value); }
void append_value(std::string& out, std::uint64_t value) { fmt::format_to(std::back_inserter(out), "{}", value); }

// JSON has no infinity and no NaN (RFC 8259 section 6).
void append_value(std::string& out, double value) {
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out), "{:.6g}", value);
  } else {
    out += "null";
  }
}

// Seconds to the microsecond, however many they are.
void append_value(std::string& out, Duration duration) {
  const std::string text = fmt::format("{:.6f}", std::chrono::duration<double>(duration).count());
  out.append(text, 0, std::max(text.find_last_not_of('0') + 1, text.find('.') + 2));
}

void append_value(std::string& out, WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(time - seconds).count();
  const std::chrono::system_clock::time_point whole(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(seconds.time_since_epoch()));
  fmt::format_to(std::back_inserter(out), "\"{:%Y-%m-%dT%H:%M:%S}.{:03}Z\"", fmt::gmtime(whole), millis);
}

template <class T>
void append_value(std::string& out, const std::optional<T>& value) {
  if (value) {
    append_value(out, *value);
  } else {
    out += "null";
  }
}

// One object: its members are written in the order of the calls. Nothing of it may be used after end().
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }

  template <class T>
  Object& add(std::string_view key, const T& value) {
    name(key);
    append_value(out_, value);
    return *this;
  }
  // An object that `fill` writes.
  template <class Fill>
  Object& object(std::string_view key, Fill&& fill) {
    name(key);
    Object inner(out_);
    fill(inner);
    inner.end();
    return *this;
  }
  template <class Items, class Write>
  Object& array(std::string_view key, const Items& items, Write&& write) {
    name(key);
    out_ += '[';
    bool first = true;
    for (const auto& item : items) {
      if (!std::exchange(first, false)) {
        out_ += ',';
      }
      write(item);
    }
    out_ += ']';
    return *this;
  }
  template <class Items, class Fill>
  Object& objects(std::string_view key, const Items& items, Fill&& fill) {
    return array(key, items, [&](const auto& item) {
      Object inner(out_);
      fill(inner, item);
      inner.end();
    });
  }
  // One member of each sample, as an array of its own.
  template <auto Member>
  Object& column(std::string_view key, const std::vector<Sample>& samples) {
    return array(key, samples, [this](const Sample& sample) { append_value(out_, sample.*Member); });
  }
  void null(std::string_view key) {
    name(key);
    out_ += "null";
  }
  void end() { out_ += '}'; }

 private:
  void name(std::string_view key) {
    if (!std::exchange(first_, false)) {
      out_ += ',';
    }
    append_json_string(out_, key);
    out_ += ':';
  }

  std::string& out_;
  bool first_ = true;
};

void write_sink(Object& out, const Sink& sink) {
  out.add("endpoint", sink.endpoint)
      .add("state", std::string_view(sink.paused ? "paused" : "open"))
      .add("lastAcceptedSecondsAgo", sink.last_accepted_ago);
  if (sink.last_failure) {
    out.object("lastFailure", [&](Object& failure) {
      failure.add("what", sink.last_failure->what)
          .add("status", sink.last_failure->status)
          .add("secondsAgo", sink.last_failure->ago);
    });
  } else {
    out.null("lastFailure");
  }
}

void write_load(Object& out, const Status& status) {
  const Queue& queue = status.queue;
  out.object("queue", [&](Object& o) {
    o.add("events", queue.events)
        .add("bytes", queue.bytes)
        .add("bytesLimit", queue.bytes_limit)
        .add("inFlight", queue.in_flight)
        .add("concurrencyLimit", queue.concurrency_limit)
        .add("workers", queue.workers)
        .add("waitingForRetry", queue.waiting_for_retry)
        .add("readQueueBytes", queue.read_queue_bytes);
  });
  out.object("lanes", [&](Object& o) {
    o.add("active", status.lanes.active).objects("busiest", status.lanes.busiest, [](Object& item, const Lane& lane) {
      item.add("node", lane.node)
          .add("waiting", lane.waiting)
          .add("out", lane.out)
          .add("parallel", lane.parallel)
          .add("stuck", lane.stuck);
    });
  });
}

void write_headroom(Object& out, std::optional<Duration> headroom) {
  const bool unlimited = headroom == Duration::max();
  out.add("state", std::string_view(unlimited  ? "unlimited"
                                    : headroom ? "known"
                                               : "unknown"))
      .add("seconds", unlimited ? std::nullopt : headroom);
}

void write_progress(Object& out, const Status& status) {
  const Position& position = status.position;
  out.object("position", [&](Object& o) {
    o.add("provider", position.provider)
        .add("place", position.place)
        .add("token", position.token)
        .add("watermark", position.watermark)
        .add("savedSecondsAgo", position.saved_ago)
        .add("unsavedSeconds", position.unsaved)
        .add("settledAhead", position.settled_ahead)
        .object("headroom", [&](Object& headroom) { write_headroom(headroom, position.headroom); });
  });
  out.object("deadLetters", [&](Object& o) { o.add("stored", status.dead_letters); });
  out.object("backfill", [&](Object& o) {
    o.add("state", to_string(status.backfill.state))
        .add("settled", status.backfill.settled)
        .add("total", status.backfill.total);
  });
}

void write_identity(Object& out, const Status& status) {
  out.object("token", [&](Object& o) {
    o.add("usable", status.token.usable)
        .add("ageSeconds", status.token.age)
        .add("expiresInSeconds", status.token.expires_in)
        .add("refreshes", status.token.refreshes)
        .add("failures", status.token.failures);
  });
  if (!status.lease) {
    out.null("lease");
    return;
  }
  out.object("lease", [&](Object& o) {
    o.add("role", to_string(status.lease->role))
        .add("self", status.lease->self)
        .add("holder", status.lease->holder)
        .add("termSeconds", status.lease->term);
  });
}

void write_flow(Object& out, const Status& status) {
  out.object("lag", [&](Object& o) {
    o.add("exportSeconds", status.lag.exported)
        .add("readSeconds", status.lag.read)
        .add("oldestUnsettledSeconds", status.lag.oldest_unsettled)
        .add("limitSeconds", status.lag.limit);
  });
  out.object("rates", [&](Object& o) {
    o.add("deliveredPerSecond", status.rates.delivered)
        .add("failedAttemptsPerSecond", status.rates.failed_attempts)
        .add("receivedPerSecond", status.rates.received);
  });
  out.object("latency",
             [&](Object& o) { o.add("p50Seconds", status.latency.p50).add("p99Seconds", status.latency.p99); });
  out.object("totals", [&](Object& o) {
    o.add("received", status.totals.received)
        .add("delivered", status.totals.delivered)
        .add("heldBack", status.totals.held_back)
        .add("failedAttempts", status.totals.failed_attempts)
        .add("setAside", status.totals.set_aside);
  });
}

}  // namespace

std::string to_json(const Status& status) {
  std::string text;
  text.reserve(16 << 10);
  Object out(text);
  out.add("version", status.version)
      .add("commit", status.commit)
      .add("now", status.now)
      .add("uptimeSeconds", status.uptime)
      .add("state", to_string(status.state))
      .add("summary", status.summary)
      .add("healthy", !status.unhealthy)
      .add("healthyReason", status.unhealthy.value_or(""))
      .add("ready", !status.not_ready)
      .add("readyReason", status.not_ready.value_or(""))
      .objects("problems", status.problems, [](Object& o, const Problem& problem) {
        o.add("id", problem.id)
            .add("severity", to_string(problem.severity))
            .add("what", problem.what)
            .add("remedy", problem.remedy);
      });
  write_flow(out, status);
  write_load(out, status);
  out.object("sink", [&](Object& o) { write_sink(o, status.sink); });
  write_identity(out, status);
  write_progress(out, status);
  out.object("recent", [&](Object& o) {
    o.add("stepSeconds", status.step)
        .column<&Sample::delivered>("delivered", status.samples)
        .column<&Sample::failed>("failed", status.samples)
        .column<&Sample::p50>("p50", status.samples)
        .column<&Sample::p99>("p99", status.samples)
        .column<&Sample::lag>("lag", status.samples);
  });
  out.objects("settings", status.settings, [](Object& o, const Setting& setting) {
    o.add("key", setting.key).add("value", setting.value).add("origin", setting.origin);
  });
  out.end();
  return text;
}

}  // namespace exporter::status
