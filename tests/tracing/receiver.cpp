// A small OTLP gRPC receiver for tests, benchmarks and for people who want to look:
//
//   otlp_receiver [--port N] [--ready-file FILE] [--spans-file FILE] [--print] [--fail N] [--delay-ms N] [--quiet]
//                 [--tls-cert FILE --tls-key FILE [--client-ca FILE]]
//
// Takes traces on 127.0.0.1 until SIGTERM or SIGINT. --spans-file: one JSON object a span, in the order of arrival, each
// batch before it is answered. --print: the tree of all spans, trace by trace, at the end. --fail: the first N exports
// are answered UNAVAILABLE. --delay-ms: before each answer. --quiet: counts only. --tls-cert and
// --tls-key: TLS with this certificate; with --client-ca only for clients whose certificate is of that authority. All
// three are PEM files. Prints its counts at the end.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <opentelemetry/proto/collector/trace/v1/trace_service.grpc.pb.h>

namespace {

namespace proto = opentelemetry::proto;
namespace trace_service = proto::collector::trace::v1;
using ProtoSpan = proto::trace::v1::Span;

struct Options {
  int port = 0;
  std::string ready_file;
  std::string spans_file;
  bool print = false;
  bool quiet = false;
  int fail = 0;
  int delay_ms = 0;
  std::string tls_cert;
  std::string tls_key;
  std::string client_ca;
};

std::string hex(const std::string& bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0x0f];
  }
  return text;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

std::string value_text(const proto::common::v1::AnyValue& value) {
  switch (value.value_case()) {
    case proto::common::v1::AnyValue::kIntValue:
      return std::to_string(value.int_value());
    case proto::common::v1::AnyValue::kDoubleValue:
      return std::to_string(value.double_value());
    default:
      return quoted(value.string_value());
  }
}

template <class Attributes>
std::string attributes_text(const Attributes& attributes) {
  std::string out = "{";
  for (const auto& attribute : attributes) {
    out += (out.size() > 1 ? "," : "") + quoted(attribute.key()) + ":" + value_text(attribute.value());
  }
  return out + "}";
}

std::string span_text(const ProtoSpan& span, const std::string& resource, const std::string& scope) {
  std::string out =
      "{\"trace\":\"" + hex(span.trace_id()) + "\",\"span\":\"" + hex(span.span_id()) + "\",\"parent\":\"" +
      hex(span.parent_span_id()) + "\",\"name\":" + quoted(span.name()) + ",\"kind\":" + std::to_string(span.kind()) +
      ",\"start\":" + std::to_string(span.start_time_unix_nano()) +
      ",\"end\":" + std::to_string(span.end_time_unix_nano()) + ",\"flags\":" + std::to_string(span.flags()) +
      ",\"status\":" + std::to_string(span.status().code()) + ",\"message\":" + quoted(span.status().message()) +
      ",\"attributes\":" + attributes_text(span.attributes()) + ",\"links\":[";
  for (int i = 0; i < span.links_size(); ++i) {
    out += std::string(i > 0 ? "," : "") + "{\"trace\":\"" + hex(span.links(i).trace_id()) + "\",\"span\":\"" +
           hex(span.links(i).span_id()) + "\",\"flags\":" + std::to_string(span.links(i).flags()) + "}";
  }
  return out + "],\"resource\":" + resource + ",\"scope\":" + quoted(scope) + "}";
}

class Receiver final : public trace_service::TraceService::Service {
 public:
  explicit Receiver(const Options& options) : options_(options), failures_left_(options.fail) {
    if (!options.spans_file.empty()) {
      file_.open(options.spans_file, std::ios::trunc);
    }
  }

  grpc::Status Export(grpc::ServerContext* context, const trace_service::ExportTraceServiceRequest* request,
                      trace_service::ExportTraceServiceResponse* /*response*/) override {
    if (options_.delay_ms > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(options_.delay_ms));
    }
    const std::lock_guard lock(mutex_);
    ++exports_;
    if (failures_left_ > 0) {
      --failures_left_;
      return {grpc::StatusCode::UNAVAILABLE, "asked to fail"};
    }
    for (const auto& of_resource : request->resource_spans()) {
      const std::string resource = options_.quiet ? "" : attributes_text(of_resource.resource().attributes());
      for (const auto& of_scope : of_resource.scope_spans()) {
        spans_ += static_cast<std::uint64_t>(of_scope.spans_size());
        for (const ProtoSpan& span : of_scope.spans()) {
          take(span, resource, of_scope.scope().name());
        }
      }
    }
    for (const auto& [name, value] : context->client_metadata()) {
      if (name == "x-test" && file_.is_open()) {
        file_ << "{\"header\":" << quoted({value.data(), value.size()}) << "}\n";
      }
    }
    file_.flush();
    return grpc::Status::OK;
  }

  void show() {
    const std::lock_guard lock(mutex_);
    if (options_.print) {
      for (const std::string& trace : order_) {
        std::vector<ProtoSpan>& kept = traces_[trace];
        std::sort(kept.begin(), kept.end(), [](const ProtoSpan& a, const ProtoSpan& b) {
          return a.start_time_unix_nano() < b.start_time_unix_nano();
        });
        std::cout << "trace " << trace << "\n";
        print(trace, "", 1);
      }
    }
    std::cout << spans_ << " spans in " << exports_ << " exports" << std::endl;
  }

 private:
  void take(const ProtoSpan& span, const std::string& resource, const std::string& scope) {
    if (options_.quiet) {
      return;
    }
    if (file_.is_open()) {
      file_ << span_text(span, resource, scope) << "\n";
    }
    if (options_.print) {
      std::vector<ProtoSpan>& kept = traces_[hex(span.trace_id())];
      if (kept.empty()) {
        order_.push_back(hex(span.trace_id()));
      }
      kept.push_back(span);
    }
  }

  void print(const std::string& trace, const std::string& parent, int depth) {
    for (const ProtoSpan& span : traces_[trace]) {
      if (span.parent_span_id() != parent) {
        continue;
      }
      std::cout << std::string(2 * static_cast<std::size_t>(depth), ' ') << span.name() << "  "
                << (span.end_time_unix_nano() - span.start_time_unix_nano()) / 1000 << " us";
      if (span.status().code() == proto::trace::v1::Status::STATUS_CODE_ERROR) {
        std::cout << "  ERROR " << span.status().message();
      }
      std::cout << "  span " << hex(span.span_id());
      for (const auto& link : span.links()) {
        std::cout << "  link " << hex(link.trace_id()) << "/" << hex(link.span_id());
      }
      std::cout << "\n";
      for (const auto& attribute : span.attributes()) {
        std::cout << std::string(2 * static_cast<std::size_t>(depth) + 4, ' ') << attribute.key() << " = "
                  << value_text(attribute.value()) << "\n";
      }
      print(trace, span.span_id(), depth + 1);
    }
  }

  const Options options_;
  std::mutex mutex_;
  int failures_left_;
  std::uint64_t spans_ = 0;
  std::uint64_t exports_ = 0;
  std::ofstream file_;
  std::map<std::string, std::vector<ProtoSpan>> traces_;
  std::vector<std::string> order_;
};

Options parse(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    const auto value = [&] { return i + 1 < arguments.size() ? arguments[++i] : std::string(); };
    if (name == "--port") {
      options.port = std::atoi(value().c_str());
    } else if (name == "--ready-file") {
      options.ready_file = value();
    } else if (name == "--spans-file") {
      options.spans_file = value();
    } else if (name == "--fail") {
      options.fail = std::atoi(value().c_str());
    } else if (name == "--delay-ms") {
      options.delay_ms = std::atoi(value().c_str());
    } else if (name == "--tls-cert") {
      options.tls_cert = value();
    } else if (name == "--tls-key") {
      options.tls_key = value();
    } else if (name == "--client-ca") {
      options.client_ca = value();
    } else if (name == "--print") {
      options.print = true;
    } else if (name == "--quiet") {
      options.quiet = true;
    } else {
      std::cerr << "unknown argument " << name << "\n";
      std::exit(2);
    }
  }
  return options;
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (text.empty()) {
    std::cerr << path << " cannot be read\n";
    std::exit(2);
  }
  return text;
}

std::shared_ptr<grpc::ServerCredentials> credentials_for(const Options& options) {
  if (options.tls_cert.empty()) {
    return grpc::InsecureServerCredentials();
  }
  grpc::SslServerCredentialsOptions tls(options.client_ca.empty()
                                            ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                            : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_key_cert_pairs.push_back({content(options.tls_key), content(options.tls_cert)});
  if (!options.client_ca.empty()) {
    tls.pem_root_certs = content(options.client_ca);
  }
  return grpc::SslServerCredentials(tls);
}

}  // namespace

int main(int count, char** values) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const Options options = parse({values + 1, values + count});
  Receiver receiver(options);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(options.port), credentials_for(options), &port);
  builder.RegisterService(&receiver);
  const auto server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::cerr << "cannot listen\n";
    return 1;
  }
  if (!options.ready_file.empty()) {
    std::ofstream(options.ready_file) << port << std::endl;
  }
  std::cout << "listening on 127.0.0.1:" << port << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  receiver.show();
  return 0;
}
