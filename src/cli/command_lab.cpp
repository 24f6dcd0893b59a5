// event-exporter lab sink | generate: the lab's parts that make and take events, joined with a datastore.
#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/number_text.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/lab_store.h"
#include "config/duration.h"
#include "lab/audit.h"
#include "lab/feeder.h"
#include "lab/http_server.h"
#include "lab/sink.h"

namespace exporter::cli {
namespace {

constexpr int kUsageError = 2;

int complain(std::string_view what, int code) {
  fmt::print(stderr, "event-exporter lab: {}\n", what);
  return code;
}

int complain(const Error& error) { return complain(error.message, error.kind == ErrorKind::invalid ? kUsageError : 1); }

// The value of the option `name`, in Go's syntax.
Result<Duration> duration_option(std::string_view name, std::string_view text) {
  Result<Duration> duration = config::parse_duration(text);
  if (!duration) {
    return fail(ErrorKind::invalid, fmt::format("--{}: \"{}\" {}", name, text, duration.error().message));
  }
  if (*duration < Duration::zero()) {
    return fail(ErrorKind::invalid, fmt::format("--{} is negative", name));
  }
  return duration;
}

// The whole file without white space at its ends.
Result<std::string> read_secret(const std::string& path) {
  std::ifstream file(path);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (!file.good() && !file.eof()) {
    return fail(ErrorKind::invalid, fmt::format("{} cannot be read", path));
  }
  if (first == std::string::npos) {
    return fail(ErrorKind::invalid, fmt::format("{} is missing or empty", path));
  }
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// The port in decimal, all at once: whoever waits for the file never reads half of it.
Result<void> write_ready_file(const std::string& path, std::uint16_t port) {
  const std::string draft = path + ".new";
  std::ofstream file(draft);
  file << port << '\n';
  file.close();
  std::error_code error;
  if (file) {
    std::filesystem::rename(draft, path, error);
  }
  if (!file || error) {
    return fail(ErrorKind::invalid, fmt::format("{} cannot be written", path));
  }
  return {};
}

// The sink's command line.
struct SinkArguments {
  std::string address = "127.0.0.1";
  std::int64_t port = 0;
  std::string delay = "0s";
  std::string jitter = "0s";
  std::string status_rates;
  std::int64_t retry_after = -1;
  std::string poison;
  std::int64_t poison_status = 400;
  double cut_rate = 0;
  std::string expires_in = "1h";
  std::string client_id = "event-exporter";
  std::string secret_file;
  std::int64_t seed = 1;
  std::string ready_file;

  void declare(Arguments& arguments) {
    arguments.option("port", port, "port to listen on; 0 takes a free one, which is printed");
    arguments.option("address", address, "IP address to listen on");
    arguments.option("delay", delay, "wait before each answer to an event, for example 50ms");
    arguments.option("jitter", jitter, "wait up to this much longer");
    arguments.option("status-rate", status_rates, "shares of other answers, for example 503:0.1,429:0.05");
    arguments.option("retry-after", retry_after, "seconds in the Retry-After header of 429 and 503; -1 for none");
    arguments.option("poison", poison, "never take events that hold this text");
    arguments.option("poison-status", poison_status, "answer these with this status");
    arguments.option("cut-rate", cut_rate,
                     "share of requests whose connection is cut, half of them after taking the event");
    arguments.option("expires-in", expires_in, "lifetime of tokens: seconds, or for example 1h");
    arguments.option("client-id", client_id, "who may have tokens");
    arguments.option("client-secret-file", secret_file,
                     "file with the client's secret; without it anybody gets a token");
    arguments.option("seed", seed, "of everything drawn by chance");
    arguments.option("ready-file", ready_file, "file to write the port to once it is open");
  }

  [[nodiscard]] Result<lab::SinkOptions> options() const {
    lab::SinkOptions options;
    options.seed = static_cast<std::uint64_t>(seed);
    auto rates = lab::parse_status_rates(status_rates);
    if (!rates) {
      return fail(rates.error().with_context("--status-rate"));
    }
    const auto wait = duration_option("delay", delay);
    if (!wait) {
      return fail(wait.error());
    }
    const auto more = duration_option("jitter", jitter);
    if (!more) {
      return fail(more.error());
    }
    if (poison_status < 200 || poison_status > 599) {
      return fail(ErrorKind::invalid, fmt::format("--poison-status {} is not in 200..599", poison_status));
    }
    options.faults = {*wait, *more, std::move(*rates), retry_after, poison, static_cast<int>(poison_status), cut_rate};
    if (auto checked = lab::check_faults(options.faults); !checked) {
      return fail(checked.error());
    }
    const bool plain_seconds = !expires_in.empty() && expires_in.find_first_not_of("0123456789") == std::string::npos;
    const auto lifetime = duration_option("expires-in", plain_seconds ? expires_in + "s" : expires_in);
    if (!lifetime) {
      return fail(lifetime.error());
    }
    options.tokens.expires_in = *lifetime;
    options.tokens.client_id = client_id;
    if (!secret_file.empty()) {
      auto secret = read_secret(secret_file);
      if (!secret) {
        return fail(secret.error());
      }
      options.tokens.client_secret = std::move(*secret);
    }
    return options;
  }
};

// Serves until SIGINT or SIGTERM.
void serve(lab::HttpServer& server) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // the thread below inherits it, so that sigwait() gets them
  std::jthread thread([&server](std::stop_token stop) { server.run(std::move(stop)); });
  int signal = 0;
  sigwait(&ends, &signal);
}

// Health events as JSON lines on stdout, for `event-exporter ingest`.
class LineWriter final : public lab::DocumentWriter {
 public:
  Result<void> add(const lab::GeneratedEvent& event) override {
    lines_.append(event.health_event).append(1, '\n');
    return {};
  }
  Result<void> commit() override {
    const bool written =
        std::fwrite(lines_.data(), 1, lines_.size(), stdout) == lines_.size() && std::fflush(stdout) == 0;
    lines_.clear();
    if (!written) {
      return fail(ErrorKind::transient, "standard output is closed");
    }
    return {};
  }

 private:
  std::string lines_;
};

struct GenerateArguments {
  std::string datastore;
  std::string format = "store";
  std::int64_t count = 0;
  double rate = 0;
  std::string duration = "10s";
  std::int64_t nodes = 256;
  std::int64_t seed = 1;
  std::string backlog_age = "1h";
  std::int64_t batch = 500;

  void declare(Arguments& arguments) {
    arguments.option("datastore", datastore, std::string(kLabStoreHelp));
    arguments.option("count", count, "how many events; without --rate as a backlog of the past");
    arguments.option("rate", rate, "events a second that happen now");
    arguments.option("duration", duration, "with --rate and without --count: for how long");
    arguments.option("nodes", nodes, "how many nodes the events come from");
    arguments.option("seed", seed, "of everything drawn by chance");
    arguments.option("backlog-age", backlog_age, "age of the backlog's oldest event");
    arguments.option("batch", batch, "events a transaction");
    arguments.option("format", format, "store, or jsonl for health events on standard output");
  }

  [[nodiscard]] Result<void> check() const {
    if (format != "store" && format != "jsonl") {
      return fail(ErrorKind::invalid, "--format is store or jsonl");
    }
    if (format == "store" && datastore.empty()) {
      return fail(ErrorKind::invalid, "--datastore is missing");
    }
    if (nodes < 1 || nodes > 1'000'000) {
      return fail(ErrorKind::invalid, "--nodes is not in 1..1000000");
    }
    if (batch < 1 || batch > 100'000) {
      return fail(ErrorKind::invalid, "--batch is not in 1..100000");
    }
    if (!(rate >= 0 && rate <= 1e6) || count < 0) {
      return fail(ErrorKind::invalid, "--rate or --count is out of range");
    }
    if (rate <= 0 && count == 0) {
      return fail(ErrorKind::invalid, "give --count, or --rate and --duration");
    }
    return {};
  }
};

Result<std::unique_ptr<lab::DocumentWriter>> open_writer(const GenerateArguments& given) {
  if (given.format == "jsonl") {
    return std::make_unique<LineWriter>();
  }
  return open_lab_writer(given.datastore);
}

Result<std::uint64_t> generate(const GenerateArguments& given) {
  if (auto checked = given.check(); !checked) {
    return fail(checked.error());
  }
  const auto age = duration_option("backlog-age", given.backlog_age);
  if (!age) {
    return fail(age.error());
  }
  const auto duration = duration_option("duration", given.duration);
  if (!duration) {
    return fail(duration.error());
  }
  auto writer = open_writer(given);
  if (!writer) {
    return fail(writer.error());
  }

  SystemClock clock;
  // Microseconds since 1970: a later run's sequences are above those of an earlier one.
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(clock.wall_now().time_since_epoch());
  lab::Generator generator(
      {static_cast<std::size_t>(given.nodes), static_cast<std::uint64_t>(given.seed), now.count()});
  auto count = static_cast<std::uint64_t>(given.count);
  const auto batch = static_cast<std::size_t>(given.batch);
  if (given.rate <= 0) {
    return lab::feed_backlog(generator, **writer, count, *age, batch, clock, {});
  }
  if (count == 0) {
    count = static_cast<std::uint64_t>(given.rate * std::chrono::duration<double>(*duration).count());
  }
  return lab::feed_live(generator, **writer, count, given.rate, batch, clock, {});
}

}  // namespace

int run_lab_sink(std::span<const std::string> arguments) {
  SinkArguments given;
  Arguments parser("event-exporter lab sink", "A token endpoint and an event endpoint to try an exporter against.");
  given.declare(parser);
  if (const auto code = parser.parse(arguments)) {
    return *code;
  }
  if (given.port < 0 || given.port > 65535) {
    return complain("--port is not in 0..65535", kUsageError);
  }
  auto options = given.options();
  if (!options) {
    return complain(options.error());
  }

  const SystemClock clock;
  lab::Sink sink(std::move(*options), clock);
  auto server = lab::HttpServer::listen(given.address, static_cast<std::uint16_t>(given.port), sink);
  if (!server) {
    return complain(server.error());
  }
  const std::uint16_t port = (*server)->port();
  fmt::print("lab sink: http://{0}:{1}/events, tokens at http://{0}:{1}/token, audit at http://{0}:{1}/audit\n",
             given.address, port);
  std::fflush(stdout);
  if (!given.ready_file.empty()) {
    if (auto written = write_ready_file(given.ready_file, port); !written) {
      return complain(written.error());
    }
  }
  serve(**server);
  return 0;
}

int run_lab_generate(std::span<const std::string> arguments) {
  GenerateArguments given;
  Arguments parser("event-exporter lab generate", "Writes realistic GPU health events into a datastore.");
  given.declare(parser);
  if (const auto code = parser.parse(arguments)) {
    return *code;
  }
  const auto written = generate(given);
  if (!written) {
    return complain(written.error());
  }
  fmt::print(stderr, "{} events written\n", with_thousands(*written));
  return 0;
}

}  // namespace exporter::cli
