#include "cli/status_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "admin/fetch.h"
#include "base/terminal_text.h"
#include "status/read_json.h"

namespace exporter::cli {

namespace {

constexpr auto kPatience = std::chrono::seconds(5);
constexpr std::string_view kScheme = "http://";
constexpr std::string_view kPath = "/status";

}  // namespace

Result<StatusSource> StatusSource::make(std::string_view url) {
  const std::string_view rest = url.starts_with(kScheme) ? url.substr(kScheme.size()) : std::string_view();
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  if (slash == 0 || rest.find_first_of("?#@ ") != std::string_view::npos) {
    return fail(ErrorKind::invalid,
                fmt::format("--url {} is not http://HOST:PORT, which may have a path behind it", for_terminal(url)));
  }
  std::string_view path = rest.substr(slash);
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  if (path.ends_with(kPath)) {
    path.remove_suffix(kPath.size());
  }
  return StatusSource(std::string(kScheme) + std::string(rest.substr(0, slash)),
                      std::string(path) + std::string(kPath));
}

Result<StatusSource::Answer> StatusSource::ask() const {
  auto body = admin::fetch(base_, path_, kPatience, status::kMaxStatusBytes);
  if (!body) {
    return fail(
        ErrorKind::transient,
        fmt::format("no status from {}; does the exporter run, and is --metrics-port the port it listens on? In "
                    "a cluster: kubectl port-forward POD 2112",
                    for_terminal(body.error().message)));
  }
  auto status = status::from_json(*body);
  if (!status) {
    return fail(ErrorKind::corrupt, fmt::format("{}: {}; is it another program that listens there?",
                                                for_terminal(address()), status.error().message));
  }
  return Answer{.json = std::move(*body), .status = std::move(*status)};
}

void StatusFlags::declare(Arguments& arguments) {
  arguments_ = &arguments;
  arguments.option("url", url_, "where the exporter's port for metrics is reached");
  arguments.option("metrics-port", port_, "that port, on this machine");
}

Result<StatusSource> StatusFlags::source() const {
  if (!arguments_->given("metrics-port")) {
    return StatusSource::make(url_);
  }
  if (arguments_->given("url")) {
    return fail(ErrorKind::invalid, "give either --url or --metrics-port");
  }
  if (port_ < 1 || port_ > 65535) {
    return fail(ErrorKind::invalid, fmt::format("--metrics-port {} is not in 1..65535", port_));
  }
  return StatusSource::make(fmt::format("http://127.0.0.1:{}", port_));
}

int exit_code_for(const status::Status& status) {
  const auto is_error = [](const status::Problem& problem) { return problem.severity == status::Severity::error; };
  const bool errors = std::any_of(status.problems.begin(), status.problems.end(), is_error);
  return status.not_ready || status.unhealthy || errors ? 1 : 0;
}

}  // namespace exporter::cli
