#include "config/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "config/check_filter.h"
#include "config/check_mongodb.h"
#include "config/duration.h"
#include "config/text.h"
#include "config/url.h"

namespace exporter::config {

namespace {

constexpr std::int64_t kLargestBatch = 10'000;
constexpr std::int64_t kSmallestQueue = 64 << 10;
constexpr std::int64_t kLargestQueue = std::int64_t{4} << 30;
constexpr Duration kShortestTerm = std::chrono::seconds(1);
constexpr Duration kLongestTerm = std::chrono::hours(1);

void require(Draft& draft, std::string_view key, bool present, std::string remedy) {
  if (!present) {
    draft.error(key, "is required", std::move(remedy));
  }
}

void check_metadata(Draft& draft) {
  const auto& metadata = draft.config.metadata;
  const bool named = std::any_of(metadata.begin(), metadata.end(),
                                 [](const auto& entry) { return entry.first == "cluster" && !entry.second.empty(); });
  require(draft, "exporter.metadata.cluster", named, R"(name the cluster, like cluster = "prod-1")");
}

// `secret`: what travels unencrypted when the endpoint is not TLS.
void check_url(Draft& draft, std::string_view key, std::string& value, std::string_view example,
               std::string_view secret) {
  const std::string like = fmt::format("write it like \"{}\"", example);
  if (value.empty()) {
    return require(draft, key, false, like);
  }
  const Result<Url> url = parse_url(value);
  if (!url) {
    return draft.error(key, in_quotes(redact_url(value)) + " " + url.error().message, like);
  }
  if (url->had_user_info) {
    draft.warning(key, "the user and password in it are not sent", "remove them from the URL");
  }
  if (url->had_fragment) {
    draft.warning(key, "the part after # is not sent", "remove it from the URL");
  }
  if (!url->tls && !is_loopback(url->host)) {
    draft.warning(key, fmt::format("{} travels unencrypted", secret), "use https");
  }
  value = url->text;
}

void check_verification(Draft& draft, std::string_view table, std::string_view url, bool skip,
                        std::string_view ca_file) {
  if (!skip) {
    return;
  }
  if (fold(url).starts_with("https:")) {
    draft.warning(fmt::format("{}.insecure_skip_verify", table), "the server's certificate is not checked",
                  "use ca_file for an authority of your own");
  }
  if (!ca_file.empty()) {
    draft.warning(fmt::format("{}.ca_file", table), "has no effect while insecure_skip_verify is true",
                  "remove one of them");
  }
}

void check_endpoints(Draft& draft) {
  auto& [endpoint, timeout, skip, ca_file] = draft.config.sink;
  check_url(draft, "exporter.sink.endpoint", endpoint, "https://events.example.com/api/v1/events", "the access token");
  check_verification(draft, "exporter.sink", endpoint, skip, ca_file);
  if (timeout < Duration::zero()) {
    draft.warning("exporter.sink.timeout", "is negative and means no limit", R"(write "0s" for no limit)");
    timeout = Duration::zero();
  }
  Config::Oidc& oidc = draft.config.oidc;
  check_url(draft, "exporter.oidc.token_url", oidc.token_url, "https://auth.example.com/oauth2/token",
            "the client secret");
  require(draft, "exporter.oidc.client_id", !oidc.client_id.empty(),
          "give the id of the client at the identity provider");
  require(draft, "exporter.oidc.scope", !oidc.scope.empty(), R"(give the scope to ask for, like "events:write")");
  check_verification(draft, "exporter.oidc", oidc.token_url, oidc.insecure_skip_verify, oidc.ca_file);
}

void check_backfill(Draft& draft) {
  Config::Backfill& backfill = draft.config.backfill;
  if (backfill.max_age < Duration::zero()) {
    backfill.max_age = Duration::zero();
  }
  if (backfill.enabled && backfill.max_age == Duration::zero()) {
    draft.warning("exporter.backfill.max_age", "no stored event is that young, the backfill finds nothing",
                  R"(write it like "720h")");
  }
  if (backfill.enabled && backfill.max_events <= 0) {
    draft.error("exporter.backfill.max_events", fmt::format("is {}, but the backfill is enabled", backfill.max_events),
                "give a number above 0, like 1000000, or set exporter.backfill.enabled = false");
  }
  if (backfill.batch_size > kLargestBatch) {
    draft.warning("exporter.backfill.batch_size",
                  fmt::format("{} is more than {}, which is used", backfill.batch_size, kLargestBatch), "give less");
  }
  backfill.batch_size = std::clamp<std::int64_t>(backfill.batch_size, 0, kLargestBatch);
  backfill.rate_limit = std::max<std::int64_t>(backfill.rate_limit, 0);
}

// The incumbent's odd values never stop the program, and never make it lose an event or spin.
void check_failure_handling(Draft& draft) {
  Config::FailureHandling& retry = draft.config.failure_handling;
  if (retry.max_retries < 0) {
    draft.warning("exporter.failure_handling.max_retries", "is negative and means 0: one attempt, then the event waits",
                  "give 0 or more");
    retry.max_retries = 0;
  }
  if (retry.initial_backoff < Duration::zero()) {
    draft.warning("exporter.failure_handling.initial_backoff", "is negative and means 0s", R"(write it like "1s")");
    retry.initial_backoff = Duration::zero();
  }
  if (retry.max_backoff < Duration::zero()) {
    draft.warning("exporter.failure_handling.max_backoff", "is negative and means no limit",
                  R"(write "0s" for no limit)");
    retry.max_backoff = Duration::zero();
  }
  if (!std::isfinite(retry.backoff_multiplier) || retry.backoff_multiplier < 0) {
    draft.warning("exporter.failure_handling.backoff_multiplier", "is not a usable factor, the delay stays constant",
                  "give 0 for a constant delay, or 1 or more");
    retry.backoff_multiplier = 0;
  }
}

// Keys that only we have: nothing to be compatible with, so what makes no sense is an error.
void check_own_keys(Draft& draft) {
  const Config& config = draft.config;
  if (config.delivery.ordering_relax_after < 0) {
    draft.error("exporter.delivery.ordering_relax_after", "is negative", "give 0 for never, or a number of events");
  }
  if (config.delivery.queue_bytes < kSmallestQueue || config.delivery.queue_bytes > kLargestQueue) {
    draft.error("exporter.delivery.queue_bytes", fmt::format("{} is out of range", config.delivery.queue_bytes),
                fmt::format("give {} to {} bytes", kSmallestQueue, kLargestQueue));
  }
  if (config.checkpoint.interval <= Duration::zero()) {
    draft.error("exporter.checkpoint.interval", format_duration(config.checkpoint.interval) + " is not above 0",
                R"(write it like "1s")");
  }
  if (config.lease.term < kShortestTerm || config.lease.term > kLongestTerm) {
    draft.error("exporter.lease.term", format_duration(config.lease.term) + " is out of range", R"(give "1s" to "1h")");
  }
  if (config.readiness.max_export_lag < Duration::zero()) {
    draft.error("exporter.readiness.max_export_lag", "is negative", R"(write "0s" for no limit, or a time like "1h")");
  }
  if (config.shutdown.drain_timeout < Duration::zero()) {
    draft.error("exporter.shutdown.drain_timeout", "is negative", R"(write "0s" for no waiting, or a time like "20s")");
  }
}

void check_datastore(Draft& draft) {
  const std::string_view key = "exporter.datastore.provider";
  if (draft.is_broken(key)) {
    return;
  }
  switch (draft.config.datastore.provider) {
    case Provider::sqlite:
      return require(draft, "exporter.datastore.path", !draft.config.datastore.path.empty(),
                     "give the file of the sqlite datastore, here or by DATASTORE_PATH");
    case Provider::mongodb:
      return check_mongodb(draft);
    case Provider::postgresql:
      return draft.error(key, "\"postgresql\" is not built into this version",
                         R"(set it to "mongodb" or "sqlite", here or by DATASTORE_PROVIDER)");
  }
}

}  // namespace

void check_values(Draft& draft) {
  check_metadata(draft);
  check_endpoints(draft);
  check_backfill(draft);
  check_failure_handling(draft);
  check_filter(draft);
  check_own_keys(draft);
  check_datastore(draft);
}

}  // namespace exporter::config
