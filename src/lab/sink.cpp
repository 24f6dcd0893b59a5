#include "lab/sink.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/json_text.h"

namespace exporter::lab {
namespace {

constexpr std::string_view kEventType = "application/cloudevents+json";

void refuse(HttpAnswer& answer, int status, std::string_view error) {
  answer.status = status;
  answer.body = R"({"error":)";
  append_json_string(answer.body, error);
  answer.body += '}';
}

}  // namespace

void Sink::RecentEvents::add(std::string_view body) {
  if (bodies_.size() < kKept) {
    bodies_.emplace_back(body);
    return;
  }
  bodies_[next_].assign(body);
  next_ = (next_ + 1) % kKept;
}

std::string_view Sink::RecentEvents::last() const {
  if (bodies_.empty()) {
    return {};
  }
  return bodies_[(next_ + bodies_.size() - 1) % bodies_.size()];
}

std::string Sink::RecentEvents::list_json(std::uint64_t count) const {
  std::string json = fmt::format(R"({{"count":{},"events":[)", count);
  for (std::size_t index = 0; index < bodies_.size(); ++index) {
    if (index > 0) {
      json += ',';
    }
    json += bodies_[(next_ + index) % bodies_.size()];
  }
  return json + "]}";
}

void Sink::RecentEvents::clear() {
  bodies_.clear();
  next_ = 0;
}

Sink::Sink(SinkOptions options, const Clock& clock)
    : clock_(clock),
      tokens_(std::move(options.tokens), options.seed),
      faults_(std::move(options.faults), options.seed) {}

void Sink::handle(const HttpRequest& request, std::size_t in_flight, HttpAnswer& answer) {
  if (request.method != "POST") {
    return show(request, answer);
  }
  if (request.target == "/events") {
    ledger_.saw_in_flight(in_flight);
    take_event(request, answer);
    ledger_.answered(answer.cut ? 0 : answer.status);
  } else if (request.target == "/token") {
    give_token(request, answer);
  } else if (request.target == "/tokens/revoke") {
    tokens_.revoke_all();
    answer.body = R"({"status":"revoked"})";
  } else if (request.target == "/faults") {
    change_faults(request, answer);
  } else if (request.target == "/audit/reset") {
    ledger_.clear();
    recent_.clear();
    answer.body = R"({"status":"reset"})";
  } else {
    refuse(answer, 404, "no such page");
  }
}

void Sink::take_event(const HttpRequest& request, HttpAnswer& answer) {
  const Fate fate = faults_.next(request.body);
  answer.delay = fate.delay;
  if (!tokens_.accepts(request.authorization, clock_.now())) {
    return refuse(answer, 401, "no valid bearer token");
  }
  if (request.content_type != kEventType) {
    return refuse(answer, 415, "content type is not application/cloudevents+json");
  }
  if (fate.cut == Cut::before) {
    answer.cut = true;
    return;
  }
  if (fate.status != 0) {
    if (fate.status == 429 || fate.status == 503) {
      answer.retry_after = faults_.faults().retry_after;
    }
    return refuse(answer, fate.status, "as the fault plan wants it");
  }
  const Result<Delivery> delivery = reader_.read(request.body);
  if (!delivery) {
    return refuse(answer, 400, delivery.error().message);
  }
  ledger_.record(*delivery, clock_.wall_now());
  recent_.add(request.body);
  answer.cut = fate.cut == Cut::after;
  answer.status = 202;
  answer.body = R"({"status":"accepted"})";
}

void Sink::give_token(const HttpRequest& request, HttpAnswer& answer) {
  TokenAnswer granted = tokens_.grant(request.authorization, request.content_type, request.body, clock_.now());
  ledger_.token_requested(granted.status == 200);
  answer.status = granted.status;
  answer.body = std::move(granted.body);
}

void Sink::change_faults(const HttpRequest& request, HttpAnswer& answer) {
  Result<Faults> faults = faults_from_json(request.body, faults_.faults());
  if (!faults) {
    return refuse(answer, 400, faults.error().message);
  }
  faults_.change(std::move(*faults));
  answer.body = faults_to_json(faults_.faults());
}

void Sink::show(const HttpRequest& request, HttpAnswer& answer) const {
  if (request.method != "GET") {
    return refuse(answer, 405, "GET or POST");
  }
  if (request.target == "/audit") {
    answer.body = ledger_.to_json();
  } else if (request.target == "/audit/ids") {
    list_ids(answer);
  } else if (request.target == "/events/list") {
    answer.body = recent_.list_json(ledger_.received());
  } else if (request.target == "/events/last") {
    if (recent_.last().empty()) {
      return refuse(answer, 404, "no event yet");
    }
    answer.content_type = kEventType;
    answer.body = recent_.last();
  } else if (request.target == "/faults") {
    answer.body = faults_to_json(faults_.faults());
  } else if (request.target == "/metrics") {
    show_metrics(answer);
  } else if (request.target == "/healthz") {
    answer.body = R"({"status":"ok"})";
  } else {
    refuse(answer, 404, "no such page");
  }
}

void Sink::list_ids(HttpAnswer& answer) const {
  answer.content_type = "text/plain; charset=utf-8";
  ledger_.ids().for_each([&](std::string_view id, std::uint32_t count) {
    fmt::format_to(std::back_inserter(answer.body), "{} {}\n", id, count);
  });
}

void Sink::show_metrics(HttpAnswer& answer) const {
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = fmt::format(
      "# HELP mock_token_requests_total Requests to the token endpoint.\n"
      "# TYPE mock_token_requests_total counter\n"
      "mock_token_requests_total {}\n"
      "# HELP mock_events_received_total Events accepted, repeats included.\n"
      "# TYPE mock_events_received_total counter\n"
      "mock_events_received_total {}\n",
      ledger_.token_requests(), ledger_.received());
}

}  // namespace exporter::lab
