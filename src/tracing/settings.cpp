#include "tracing/settings.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include "base/ascii.h"

namespace exporter::tracing {
namespace {

constexpr std::string_view kDefaultPort = "4317";
constexpr std::size_t kMostQueued = 1'000'000;
constexpr std::string_view kServiceName = "service.name";

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), ascii_lower);
  return result;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<unsigned>(c - '0');
  }
  const char folded = static_cast<char>(c | 0x20);
  return folded >= 'a' && folded <= 'f' ? std::optional(static_cast<unsigned>(folded - 'a' + 10)) : std::nullopt;
}

// RFC 3986 section 2.1; nothing when a % is not followed by two hex digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result.push_back(text[i]);
      continue;
    }
    const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (!low) {
      return std::nullopt;
    }
    result.push_back(static_cast<char>(*high * 16 + *low));
    i += 2;
  }
  return result;
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

// What a name of gRPC metadata may hold (gRPC over HTTP/2, "Custom-Metadata"); those of the protocol itself are not ours.
bool header_name(std::string_view name) {
  return !name.empty() && !name.starts_with("grpc-") && !name.ends_with("-bin") &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
         });
}

class Reader {
 public:
  Reader(const Environment& environment, const ReadFile& read_file) : environment_(environment), file_(read_file) {}

  ReadSettings read(std::string_view version);

 private:
  struct Given {
    std::string name;
    std::string value;
  };

  std::optional<Given> find(const std::string& name) const;
  // OTEL_EXPORTER_OTLP_TRACES_<what>, else OTEL_EXPORTER_OTLP_<what>.
  [[nodiscard]] std::optional<Given> find_otlp(const std::string& what) const;
  void problem(const std::string& variable, std::string text) { problems_.push_back({variable, std::move(text)}); }

  bool flag(const std::optional<Given>& given, bool otherwise);
  std::uint64_t number(const std::optional<Given>& given, std::uint64_t least, std::uint64_t most,
                       std::uint64_t otherwise);
  bool read_endpoint(const Given& given, Settings& settings);
  void read_files(Settings& settings);
  std::optional<std::string> read_pem(const std::string& what, const std::string& instead);
  void read_headers(const std::optional<Given>& given, Settings& settings);
  void read_transport(Settings& settings);
  void read_sampler(Settings& settings);
  void read_batches(Settings& settings);
  void read_resource(std::string_view version, Settings& settings);
  // "a=1,b=2", percent-encoded values; calls `take(key, value)`.
  template <class Take>
  void read_pairs(const Given& given, Take take);

  const Environment& environment_;
  const ReadFile& file_;
  std::vector<SettingProblem> problems_;
};

std::optional<Reader::Given> Reader::find(const std::string& name) const {
  const auto value = environment_(name);
  const std::string_view text = value ? trimmed(*value) : std::string_view();
  return text.empty() ? std::nullopt : std::optional(Given{name, std::string(text)});
}

std::optional<Reader::Given> Reader::find_otlp(const std::string& what) const {
  auto given = find("OTEL_EXPORTER_OTLP_TRACES_" + what);
  return given ? given : find("OTEL_EXPORTER_OTLP_" + what);
}

bool Reader::flag(const std::optional<Given>& given, bool otherwise) {
  const std::string value = given ? lower(given->value) : "";
  if (value == "true" || value == "false") {
    return value == "true";
  }
  if (given) {
    problem(given->name, std::string("is neither true nor false; ") + (otherwise ? "true" : "false") + " is used");
  }
  return otherwise;
}

std::uint64_t Reader::number(const std::optional<Given>& given, std::uint64_t least, std::uint64_t most,
                             std::uint64_t otherwise) {
  if (!given) {
    return otherwise;
  }
  std::uint64_t value = 0;
  const char* const end = given->value.data() + given->value.size();
  const auto [rest, error] = std::from_chars(given->value.data(), end, value);
  if (error == std::errc() && rest == end && value >= least && value <= most) {
    return value;
  }
  problem(given->name, "is not a whole number from " + std::to_string(least) + " to " + std::to_string(most) + "; " +
                           std::to_string(otherwise) + " is used");
  return otherwise;
}

bool Reader::read_endpoint(const Given& given, Settings& settings) {
  const auto insecure = find_otlp("INSECURE");
  std::string_view rest = given.value;
  settings.tls = !flag(insecure, false);
  if (const std::size_t colon = rest.find("://"); colon != std::string_view::npos) {
    const std::string scheme = lower(rest.substr(0, colon));
    if (scheme != "http" && scheme != "https") {
      problem(given.name, "starts with neither http:// nor https://; no traces are sent");
      return false;
    }
    settings.tls = scheme == "https";
    rest.remove_prefix(colon + 3);
  }
  if (const std::size_t slash = rest.find_first_of("/?#"); slash != std::string_view::npos) {
    if (rest.substr(slash) != "/") {
      problem(given.name, "has a path, which gRPC does not use; it is left out");
    }
    rest = rest.substr(0, slash);
  }
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    problem(given.name, "holds a user name or password, which are left out; use OTEL_EXPORTER_OTLP_HEADERS");
    rest.remove_prefix(at + 1);
  }
  const std::size_t bracket = rest.starts_with('[') ? rest.find(']') : 0;
  const std::size_t colon = bracket == std::string_view::npos ? bracket : rest.find(':', bracket);
  const std::string_view host = rest.substr(0, colon);
  const std::string_view port = colon == std::string_view::npos ? kDefaultPort : rest.substr(colon + 1);
  std::uint16_t parsed = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed);
  const bool good_port = error == std::errc() && end == port.data() + port.size() && parsed != 0;
  const bool good_host =
      !host.empty() && bracket != std::string_view::npos && printable(host) && host.find(' ') == std::string_view::npos;
  if (!good_port || !good_host) {
    problem(given.name, "is not HOST:PORT or http(s)://HOST:PORT; no traces are sent");
    return false;
  }
  settings.address = std::string(host) + ":" + std::string(port);
  return true;
}

std::optional<std::string> Reader::read_pem(const std::string& what, const std::string& instead) {
  const auto given = find_otlp(what);
  if (!given) {
    return std::nullopt;
  }
  auto text = file_(given->value);
  if (!text || text->find("-----BEGIN ") == std::string::npos) {
    problem(given->name, (text ? std::string("names a file that is not PEM")
                               : "names a file that cannot be read: " + text.error().message) +
                             "; " + instead);
    return std::nullopt;
  }
  return std::move(*text);
}

void Reader::read_files(Settings& settings) {
  settings.ca = read_pem("CERTIFICATE", "the system's authorities are trusted").value_or("");
  auto certificate = read_pem("CLIENT_CERTIFICATE", "no client certificate is shown");
  auto key = read_pem("CLIENT_KEY", "no client certificate is shown");
  if (certificate && key) {
    settings.client_certificate = std::move(*certificate);
    settings.client_key = std::move(*key);
  } else if (certificate || key) {
    problem(certificate ? "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE" : "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            "works only together with the other one of certificate and key; no client certificate is shown");
  }
}

template <class Take>
void Reader::read_pairs(const Given& given, Take take) {
  std::string_view rest = given.value;
  std::size_t place = 0;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view pair = trimmed(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    ++place;
    if (pair.empty()) {
      continue;
    }
    const std::size_t equals = pair.find('=');
    const auto value =
        equals == std::string_view::npos ? std::nullopt : percent_decoded(trimmed(pair.substr(equals + 1)));
    const std::string key(trimmed(pair.substr(0, std::min(equals, pair.size()))));
    if (!value || key.empty() || !take(key, *value)) {
      problem(given.name, "has an entry that cannot be used, the " + std::to_string(place) +
                              ". of KEY=VALUE with commas between; it is left out");
    }
  }
}

void Reader::read_headers(const std::optional<Given>& given, Settings& settings) {
  if (!given) {
    return;
  }
  read_pairs(*given, [&](const std::string& key, const std::string& value) {
    const std::string name = lower(key);
    if (!header_name(name) || !printable(value)) {
      return false;
    }
    std::erase_if(settings.headers, [&](const auto& header) { return header.first == name; });
    settings.headers.emplace_back(name, value);
    return true;
  });
}

void Reader::read_transport(Settings& settings) {
  if (const auto exporter = find("OTEL_TRACES_EXPORTER"); exporter && exporter->value != "otlp") {
    problem(exporter->name, "names an exporter that is not there; otlp is used");
  }
  if (const auto protocol = find_otlp("PROTOCOL"); protocol && lower(protocol->value) != "grpc") {
    problem(protocol->name, "names a protocol that is not there; grpc is used");
  }
  if (const auto compression = find_otlp("COMPRESSION")) {
    const std::string value = lower(compression->value);
    settings.gzip = value == "gzip";
    if (value != "gzip" && value != "none") {
      problem(compression->name, "is neither gzip nor none; none is used");
    }
  }
  constexpr std::uint64_t kLongest = 3'600'000;
  const auto timeout = number(find_otlp("TIMEOUT"), 1, kLongest, 10'000);
  const auto export_timeout = number(find("OTEL_BSP_EXPORT_TIMEOUT"), 1, kLongest, 30'000);
  settings.timeout = std::chrono::milliseconds(std::min(timeout, export_timeout));
  read_files(settings);
  read_headers(find("OTEL_EXPORTER_OTLP_HEADERS"), settings);
  read_headers(find("OTEL_EXPORTER_OTLP_TRACES_HEADERS"), settings);
}

void Reader::read_sampler(Settings& settings) {
  const auto given = find("OTEL_TRACES_SAMPLER");
  const auto argument = find("OTEL_TRACES_SAMPLER_ARG");
  std::string name = given ? lower(given->value) : settings.sampler;
  const std::string base = name.starts_with("parentbased_") ? name.substr(12) : name;
  if (base != "always_on" && base != "always_off" && base != "traceidratio") {
    problem(given->name, "names a sampler that is not there; " + settings.sampler + " is used");
    return;
  }
  settings.sampler = std::move(name);
  if (base != "traceidratio") {
    settings.ratio = base == "always_on" ? 1 : 0;
    if (argument) {
      problem(argument->name, "does nothing for the sampler " + settings.sampler);
    }
    return;
  }
  if (!argument) {
    return;
  }
  double ratio = 0;
  const char* const end = argument->value.data() + argument->value.size();
  const auto [rest, error] = std::from_chars(argument->value.data(), end, ratio);
  // The comparison is false for NaN.
  if (error == std::errc() && rest == end && ratio >= 0 && ratio <= 1) {
    settings.ratio = ratio;
  } else {
    problem(argument->name, "is not a number from 0 to 1; 1 is used");
  }
}

void Reader::read_batches(Settings& settings) {
  settings.max_queue = number(find("OTEL_BSP_MAX_QUEUE_SIZE"), 1, kMostQueued, settings.max_queue);
  const auto batch = find("OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
  settings.max_batch = number(batch, 1, kMostQueued, settings.max_batch);
  if (settings.max_batch > settings.max_queue) {
    if (batch) {
      problem(batch->name, "is more than the queue holds; " + std::to_string(settings.max_queue) + " is used");
    }
    settings.max_batch = settings.max_queue;
  }
  constexpr std::uint64_t kLongest = 3'600'000;
  settings.delay = std::chrono::milliseconds(number(find("OTEL_BSP_SCHEDULE_DELAY"), 1, kLongest, 5'000));
}

void Reader::read_resource(std::string_view version, Settings& settings) {
  settings.resource = {{"service.name", "event-exporter"},
                       {"service.version", std::string(version)},
                       {"telemetry.sdk.language", "cpp"},
                       // Not OpenTelemetry's own, whose name is reserved for it.
                       {"telemetry.sdk.name", "event-exporter"},
                       {"telemetry.sdk.version", std::string(version)}};
  const auto set = [&](const std::string& key, const std::string& value) {
    std::erase_if(settings.resource, [&](const auto& entry) { return entry.first == key; });
    settings.resource.emplace_back(key, value);
    return true;
  };
  if (const auto attributes = find("OTEL_RESOURCE_ATTRIBUTES")) {
    read_pairs(*attributes, set);
  }
  if (const auto name = find("OTEL_SERVICE_NAME")) {
    set(std::string(kServiceName), name->value);
  }
}

ReadSettings Reader::read(std::string_view version) {
  const auto endpoint = find_otlp("ENDPOINT");
  const auto exporter = find("OTEL_TRACES_EXPORTER");
  const bool disabled = flag(find("OTEL_SDK_DISABLED"), false);
  Settings settings;
  if (!endpoint || disabled || (exporter && exporter->value == "none") || !read_endpoint(*endpoint, settings)) {
    return {std::nullopt, std::move(problems_)};
  }
  read_transport(settings);
  read_sampler(settings);
  read_batches(settings);
  read_resource(version, settings);
  return {std::move(settings), std::move(problems_)};
}

}  // namespace

ReadSettings read_settings(const Environment& environment, const ReadFile& read_file, std::string_view version) {
  return Reader(environment, read_file).read(version);
}

}  // namespace exporter::tracing
