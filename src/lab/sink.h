// The reference sink: a token endpoint and an event endpoint on one port, with faults on demand and a page that tells
// what it got.
//
// It does what the published requirements ask of a sink (bearer token, content type compared as a string, CloudEvents
// 1.0) and offers the paths of the mock that NVSentinel's own end-to-end tests use, so that either exporter can be
// tried against it. docs/lab.md describes each path. Thread-safety: one thread at a time (that of the HTTP server).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "lab/cloud_event.h"
#include "lab/delivery_ledger.h"
#include "lab/fault_plan.h"
#include "lab/http_server.h"
#include "lab/token_book.h"

namespace exporter::lab {

struct SinkOptions {
  TokenRules tokens;
  Faults faults;
  std::uint64_t seed = 1;
};

class Sink final : public HttpHandler {
 public:
  // `clock` must outlive the sink.
  Sink(SinkOptions options, const Clock& clock);

  void handle(const HttpRequest& request, std::size_t in_flight, HttpAnswer& answer) override;

 private:
  // The last events, in the order of arrival.
  class RecentEvents {
   public:
    void add(std::string_view body);
    [[nodiscard]] std::string_view last() const;
    [[nodiscard]] std::string list_json(std::uint64_t count) const;
    void clear();

   private:
    static constexpr std::size_t kKept = 100;
    std::vector<std::string> bodies_;
    std::size_t next_ = 0;
  };

  void take_event(const HttpRequest& request, HttpAnswer& answer);
  void give_token(const HttpRequest& request, HttpAnswer& answer);
  void change_faults(const HttpRequest& request, HttpAnswer& answer);
  void show(const HttpRequest& request, HttpAnswer& answer) const;
  void list_ids(HttpAnswer& answer) const;
  void show_metrics(HttpAnswer& answer) const;

  const Clock& clock_;
  TokenBook tokens_;
  FaultPlan faults_;
  CloudEventReader reader_;
  DeliveryLedger ledger_;
  RecentEvents recent_;
};

}  // namespace exporter::lab
