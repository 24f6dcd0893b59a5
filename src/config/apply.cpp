#include "config/apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "config/text.h"

namespace exporter::config {

namespace {

// Every request in flight holds a connection; nobody means more than this.
constexpr std::int64_t kMostWorkers = 4096;

void apply_log_level(const Environment& environment, Draft& draft) {
  const auto value = set_variable(environment, "LOG_LEVEL");
  if (!value) {
    return;
  }
  draft.came_from("LOG_LEVEL", Origin{Origin::Kind::environment, "LOG_LEVEL", 0});
  draft.config.log_level = *value;
  constexpr std::array<std::string_view, 5> kLevels = {"debug", "info", "warn", "warning", "error"};
  if (std::find(kLevels.begin(), kLevels.end(), fold(trimmed(*value))) == kLevels.end()) {
    draft.warning("LOG_LEVEL", in_quotes(*value) + " is not a level, info is used",
                  "set it to debug, info, warn or error");
  }
}

void apply_log_format(const Environment& environment, Draft& draft) {
  const auto value = set_variable(environment, "LOG_FORMAT");
  if (!value) {
    return;
  }
  draft.came_from("LOG_FORMAT", Origin{Origin::Kind::environment, "LOG_FORMAT", 0});
  draft.config.log_format = *value;
  const std::string format = fold(trimmed(*value));
  if (format != "json" && format != "text") {
    draft.warning("LOG_FORMAT", in_quotes(*value) + " is not a format; text is used on a terminal, and JSON elsewhere",
                  "set it to json or text");
  }
}

void apply_metrics_port(const std::string& text, Draft& draft) {
  draft.came_from("--metrics-port", Origin{Origin::Kind::flag, "--metrics-port", 0});
  std::uint32_t port = 0;
  const std::string_view digits = std::string_view(text).substr(text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port > 65535) {
    draft.error("--metrics-port", in_quotes(text) + " is not a port",
                "give a number of 0 to 65535 (0 = any free port)");
  } else {
    draft.config.metrics_port = static_cast<std::uint16_t>(port);
  }
}

void apply_workers(std::int64_t workers, Draft& draft) {
  draft.came_from("--workers", Origin{Origin::Kind::flag, "--workers", 0});
  if (workers > kMostWorkers) {
    draft.warning("--workers", fmt::format("{} is more than {}, which is used", workers, kMostWorkers), "give fewer");
  }
  draft.config.workers = static_cast<std::uint32_t>(std::clamp<std::int64_t>(workers, 1, kMostWorkers));
}

}  // namespace

std::optional<std::string> set_variable(const Environment& environment, const std::string& name) {
  auto value = environment(name);
  if (value && value->empty()) {
    value.reset();
  }
  return value;
}

std::optional<Given> given_variable(const Environment& environment, const std::string& name) {
  const auto value = set_variable(environment, name);
  return value ? std::optional(Given{*value, Origin{Origin::Kind::environment, name, 0}}) : std::nullopt;
}

void apply_environment(const Environment& environment, Draft& draft) {
  apply_log_level(environment, draft);
  apply_log_format(environment, draft);
}

void apply_flags(const Flags& flags, Draft& draft) {
  if (flags.config_path) {
    draft.config.config_path = *flags.config_path;
    draft.came_from("--config", Origin{Origin::Kind::flag, "--config", 0});
  }
  if (flags.oidc_secret_path) {
    draft.config.oidc_secret_path = *flags.oidc_secret_path;
    draft.came_from("--oidc-secret-path", Origin{Origin::Kind::flag, "--oidc-secret-path", 0});
  }
  if (flags.metrics_port) {
    apply_metrics_port(*flags.metrics_port, draft);
  }
  if (flags.workers) {
    apply_workers(*flags.workers, draft);
  }
}

}  // namespace exporter::config
