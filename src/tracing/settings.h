// Whether and how traces are sent: OpenTelemetry's environment variables -> typed settings.
//
// All of them are read here and none by a library, so that a value that cannot be used is told, with what happens instead;
// delivery never depends on them. Those of traces win over the general ones (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT over
// OTEL_EXPORTER_OTLP_ENDPOINT). Source: OpenTelemetry specification 1.39, "Environment Variable Specification" and
// "OpenTelemetry Protocol Exporter"; an empty value means unset, as it says. docs/tracing.md lists them.
// Pure. Thread-safety: free functions without state.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace exporter::tracing {

struct Settings {
  std::string address;  // host:port of the collector
  bool tls = true;
  // PEM text, empty: the system's authorities; no client certificate.
  std::string ca;
  std::string client_certificate;
  std::string client_key;
  std::vector<std::pair<std::string, std::string>> headers;  // lower-case names; values may be secret
  bool gzip = false;
  Duration timeout = std::chrono::seconds(10);  // of one export

  std::string sampler = "parentbased_always_on";
  double ratio = 1;

  std::size_t max_queue = 2048;  // spans
  std::size_t max_batch = 512;   // spans
  Duration delay = std::chrono::seconds(5);

  std::vector<std::pair<std::string, std::string>> resource;  // service.name among them, each key once
};

// A variable whose value cannot be used as it stands.
struct SettingProblem {
  std::string variable;
  std::string text;  // what is wrong and what happens instead; never the value of a header
  friend bool operator==(const SettingProblem&, const SettingProblem&) = default;
};

struct ReadSettings {
  std::optional<Settings> settings;  // nothing: tracing is off
  std::vector<SettingProblem> problems;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
using ReadFile = std::function<Result<std::string>(const std::string& path)>;

// `version`: ours, for the resource.
[[nodiscard]] ReadSettings read_settings(const Environment& environment, const ReadFile& read_file,
                                         std::string_view version);

}  // namespace exporter::tracing
