#include "simulation/sink.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace exporter::simulation {

using namespace std::chrono_literals;
using event::TransportFailure;

namespace {

// Rows of the error table that any event may be answered with now and then.
constexpr std::array kStatuses = {302, 403, 404, 405, 407, 408, 410, 415, 421, 425, 426, 429, 500, 503, 600};

constexpr std::string_view row_of(Illness illness) {
  switch (illness) {
    case Illness::none:
      break;
    case Illness::not_found:
      return "fault: sink 404 for all";
    case Illness::failing:
      return "fault: sink 503 for all";
    case Illness::refusing:
      return "fault: sink 400 for all";
    case Illness::unauthorized:
      return "fault: sink 401 for all";
    case Illness::unreachable:
      return "fault: sink unreachable";
    case Illness::silent:
      return "fault: sink silent";
  }
  return {};
}

}  // namespace

Sink::Sink(const Options& options, Random& random, SimClock& clock, Coverage& coverage)
    : options_(options), random_(random), clock_(clock), coverage_(coverage) {
  MonoTime from{};
  for (std::uint32_t i = 0; i < options_.illnesses; ++i) {
    from += random_.between(1s, 20s);
    const MonoTime until = from + random_.between(1s, 40s);
    stretches_.push_back({from, until, static_cast<Illness>(1 + random_.below(6))});
    from = until;
  }
  for (MonoTime at{}; options_.slow > 0 && at < MonoTime(60s); at += 5s) {
    if (random_.chance(options_.slow)) {
      slow_.push_back({at, at + 5s, Illness::none});
    }
  }
}

Illness Sink::illness() const {
  const auto now = std::ranges::find_if(
      stretches_, [&](const Stretch& stretch) { return stretch.from <= clock_.now() && clock_.now() < stretch.until; });
  return now == stretches_.end() || well_ ? Illness::none : now->illness;
}

MonoTime Sink::ill_since() const {
  const auto now = std::ranges::find_if(
      stretches_, [&](const Stretch& stretch) { return stretch.from <= clock_.now() && clock_.now() < stretch.until; });
  return now == stretches_.end() ? clock_.now() : now->from;
}

void Sink::be_well() { well_ = true; }

Duration Sink::way() {
  const bool slow = !well_ && std::ranges::any_of(slow_, [&](const Stretch& stretch) {
    return stretch.from <= clock_.now() && clock_.now() < stretch.until;
  });
  if (slow) {
    coverage_.hit("fault: slow sink");
    return random_.between(100ms, 900ms);
  }
  return random_.between(1ms, 40ms);
}

Reply Sink::on_the_way() {
  Reply reply;
  switch (illness()) {
    case Illness::unreachable:
      coverage_.hit(row_of(Illness::unreachable));
      reply.failure =
          std::array{TransportFailure::resolve, TransportFailure::connect, TransportFailure::tls}[random_.below(3)];
      return reply;
    case Illness::silent:
      coverage_.hit(row_of(Illness::silent));
      reply.failure = TransportFailure::timeout;
      return reply;
    default:
      break;
  }
  if (!well_ && random_.chance(options_.request_lost)) {
    coverage_.hit("fault: request lost");
    reply.failure = std::array{TransportFailure::timeout, TransportFailure::connect, TransportFailure::reset,
                               TransportFailure::protocol}[random_.below(4)];
  }
  return reply;
}

int Sink::status_of(const Document* document, std::uint64_t token_generation) {
  const Illness now = illness();
  if (now != Illness::none) {
    coverage_.hit(row_of(now));
  }
  switch (now) {
    case Illness::not_found:
      return 404;
    case Illness::failing:
      return 503;
    case Illness::refusing:
      return 400;
    case Illness::unauthorized:
      return 401;
    default:
      break;
  }
  if (token_generation < valid_from_) {
    return 401;
  }
  if (!well_ && random_.chance(options_.status)) {
    coverage_.hit("fault: status of the error table");
    return kStatuses[random_.below(kStatuses.size())];
  }
  if (document != nullptr && document->refusal != 0) {
    coverage_.hit("fault: poison event");
    return document->refusal;
  }
  if (document != nullptr && document->stuck) {
    coverage_.hit(options_.ill_node && document->node == 0 ? "fault: ill node" : "fault: stuck event");
    return document->seq % 2 == 0 ? 500 : 503;
  }
  if (document != nullptr && options_.remembers && accepted(*document) > 0) {
    return 409;
  }
  return random_.chance(0.5) ? 200 : 202;
}

Reply Sink::arrive(const Document* document, std::uint64_t token_generation) {
  Reply reply;
  reply.status = status_of(document, token_generation);
  const bool taken = reply.status / 100 == 2 || reply.status == 409;
  if (!taken && !well_ && random_.chance(options_.retry_after)) {
    ask_to_wait(reply);
  }
  if (taken && document != nullptr) {
    take(*document);
  }
  return reply;
}

void Sink::take(const Document& document) {
  accepted_.resize(std::max<std::size_t>(accepted_.size(), document.seq));
  if (++accepted_[document.seq - 1] > 1) {
    coverage_.hit("sink: repeat");
  }
}

void Sink::ask_to_wait(Reply& reply) {
  const auto date = [&](Duration from_now) {
    const auto at = std::chrono::floor<std::chrono::seconds>(clock_.wall_now() + from_now);
    const std::time_t seconds = at.time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    reply.retry_after = fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", parts);
    reply.date = at;
  };
  switch (random_.below(6)) {
    case 0: {
      coverage_.hit("Retry-After: seconds");
      const std::uint64_t seconds = random_.below(8);
      reply.retry_after = std::to_string(seconds);
      reply.wait = std::chrono::seconds(seconds);
      break;
    }
    case 1:
      coverage_.hit("Retry-After: date");
      date(std::chrono::seconds(random_.below(8)));
      break;
    case 2:
      coverage_.hit("Retry-After: past date");
      date(-std::chrono::hours(1 + random_.below(1000)));
      break;
    case 3:
      coverage_.hit("Retry-After: garbage");
      reply.retry_after = std::array{"", "soon", "-3", "1e9", "Thu, 99 Foo 2026 10:00:00 GMT"}[random_.below(5)];
      break;
    case 4:
      // Rare, because five minutes is all that the program obeys, and a run's faults last one.
      if (random_.chance(0.02)) {
        coverage_.hit("Retry-After: absurd date");
        reply.retry_after = "Fri, 31 Dec 9999 23:59:59 GMT";
        reply.date = WallTime::max();
      }
      break;
    default:
      if (random_.chance(0.02)) {
        coverage_.hit("Retry-After: seconds above the ceiling");
        reply.retry_after = "86400";
        reply.wait = 86400s;
      }
      break;
  }
  if (reply.retry_after) {
    coverage_.hit("fault: Retry-After");
  }
}

}  // namespace exporter::simulation
