#include "app/traces.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include <dlfcn.h>

#include "app/datastore.h"
#include "app/service.h"
#include "config/load.h"
#include "config/url.h"
#include "observability/log.h"
#include "sink/http/endpoint.h"
#include "tracing/traced_dead_letters.h"

namespace exporter::app {
namespace {

// As sqlite and the adapter name them (docs/embedded-store.md).
constexpr const char* kEventTable = "health_events";
constexpr const char* kLetterTable = "dead_letters";

// Beside the program, or where a package puts libraries of one program.
std::vector<std::filesystem::path> library_places() {
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  return {folder / tracing::kSenderLibrary, folder / "../lib/event-exporter" / tracing::kSenderLibrary};
}

// Never unloaded: gRPC's threads live as long as the process.
Result<tracing::MakeSender> load_library() {
  std::string problem;
  for (const std::filesystem::path& place : library_places()) {
    std::error_code ignored;
    if (!std::filesystem::exists(place, ignored)) {
      continue;
    }
    void* const library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* const function = library != nullptr ? dlsym(library, tracing::kMakeSender) : nullptr;
    if (function != nullptr) {
      return reinterpret_cast<tracing::MakeSender>(function);
    }
    const char* const said = dlerror();
    problem = said != nullptr ? said : place.string() + " is another library";
  }
  return fail(ErrorKind::invalid, problem.empty() ? std::string(tracing::kSenderLibrary) +
                                                        " is not beside the program; install the whole package"
                                                  : problem);
}

Result<std::unique_ptr<tracing::Sender>> make_sender(const tracing::Settings& settings) {
  const auto make = load_library();
  if (!make) {
    return fail(make.error());
  }
  std::unique_ptr<tracing::Sender> sender((*make)(settings, EXPORTER_BUILD));
  if (sender == nullptr) {
    return fail(ErrorKind::invalid, std::string(tracing::kSenderLibrary) +
                                        " is of another build than the program; install both from one package");
  }
  return sender;
}

tracing::SinkAttributes sink_attributes(const config::Config& config) {
  tracing::SinkAttributes sink{.url = config::redact_url(config.sink.endpoint), .address = {}, .port = 0};
  if (const auto endpoint = http::parse_endpoint(config.sink.endpoint)) {
    sink.address = endpoint->host;
    sink.port = endpoint->port;
  }
  return sink;
}

// The first host of a connection string, without its port.
std::string first_host(std::string_view uri) {
  const std::size_t scheme = uri.find("://");
  uri = uri.substr(scheme == std::string_view::npos ? 0 : scheme + 3);
  uri = uri.substr(0, uri.find_first_of("/?"));
  if (const std::size_t at = uri.rfind('@'); at != std::string_view::npos) {
    uri = uri.substr(at + 1);
  }
  uri = uri.substr(0, uri.find(','));
  if (uri.starts_with('[')) {
    return std::string(uri.substr(1, uri.find(']') - 1));
  }
  return std::string(uri.substr(0, uri.find(':')));
}

tracing::DatabaseAttributes database_attributes(const config::Config& config) {
  if (config.datastore.provider == config::Provider::sqlite) {
    return {.system = "sqlite", .collection = kEventTable, .count = "SELECT", .read = "SELECT", .peer = {}};
  }
  return {.system = "mongodb",
          .collection = mongodb_options(config.datastore.mongodb).collection,
          .count = "aggregate",
          .read = "find",
          .peer = first_host(config.datastore.mongodb.uri)};
}

tracing::ExportOptions export_options(const tracing::Settings& settings) {
  return {.max_queue = settings.max_queue,
          .max_batch = settings.max_batch,
          .delay = settings.delay,
          .timeout = settings.timeout};
}

}  // namespace

tracing::ReadSettings trace_settings() {
  return tracing::read_settings(config::process_environment(), config::process_files().read, build_version().version);
}

std::unique_ptr<Traces> Traces::start(const config::Config& config, const Clock& clock, metrics::Metrics& metrics) {
  const tracing::ReadSettings read = trace_settings();
  for (const tracing::SettingProblem& problem : read.problems) {
    log::warn(
        "A variable of OpenTelemetry cannot be used as it is",
        {{"variable", problem.variable}, {"problem", problem.text}, {"action", "set it as docs/tracing.md says"}});
  }
  if (!read.settings) {
    return nullptr;
  }
  auto sender = make_sender(*read.settings);
  if (!sender) {
    log::warn("OpenTelemetry tracing cannot start; no traces are sent",
              {{"error", sender.error()}, {"action", "install the whole package; events are delivered all the same"}});
    return nullptr;
  }
  log::info("OpenTelemetry tracing initialized", {{"endpoint", read.settings->address},
                                                  {"tls", read.settings->tls},
                                                  {"sampler", read.settings->sampler},
                                                  {"ratio", read.settings->ratio}});
  return std::unique_ptr<Traces>(new Traces(config, *read.settings, std::move(*sender), clock, metrics));
}

Traces::Traces(const config::Config& config, const tracing::Settings& settings, std::unique_ptr<tracing::Sender> sender,
               const Clock& clock, metrics::Metrics& metrics)
    : config_(config),
      clock_(clock),
      sampler_(settings.ratio),
      exporter_(export_options(settings), tracing::EventSpans(sink_attributes(config), tracing::random_seed()),
                std::move(sender), metrics),
      events_(exporter_, clock, sampler_, tracing::random_seed()) {}

std::unique_ptr<ports::History> Traces::around(ports::History& history) {
  return std::make_unique<tracing::TracedHistory>(history, database_attributes(config_), exporter_, clock_, sampler_,
                                                  tracing::random_seed());
}

std::unique_ptr<ports::DeadLetters> Traces::around(ports::DeadLetters& letters) {
  tracing::DatabaseAttributes database = database_attributes(config_);
  const bool sqlite = config_.datastore.provider == config::Provider::sqlite;
  database.collection = sqlite ? kLetterTable : mongodb_options(config_.datastore.mongodb).token_collection;
  return std::make_unique<tracing::TracedDeadLetters>(letters, std::move(database), sqlite ? "INSERT" : "update",
                                                      exporter_, clock_, tracing::random_seed());
}

}  // namespace exporter::app
