// OTLP over gRPC, with opentelemetry-cpp's protocol classes. Built as event-exporter-otlp.so; see tracing/sender.h.
//
// The SDK's own exporter is not used: a call under way cannot be cancelled there, it does not tell which errors may be
// tried again or what the collector rejected, and Debian's build of it knows no client certificates.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <google/protobuf/arena.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/compression.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <opentelemetry/proto/collector/trace/v1/trace_service.grpc.pb.h>

#include "tracing/sender.h"

#ifndef EXPORTER_BUILD
#error "the build names itself"
#endif

namespace exporter::otlp {
namespace {

using tracing::Sent;
using tracing::Settings;
using tracing::Span;
namespace proto = opentelemetry::proto;
namespace trace_service = proto::collector::trace::v1;

constexpr const char* kScope = "event-exporter";
constexpr std::size_t kMostErrorBytes = 300;
constexpr int kLongestReconnectMs = 10'000;
// Flags of a span and of a link: sampled, and whether it came from another process (opentelemetry/proto/trace/v1,
// SpanFlags).
constexpr std::uint32_t kSampled = 0x01;
constexpr std::uint32_t kKnowsRemote = 0x100;
constexpr std::uint32_t kIsRemote = 0x200;

template <class Id>
std::string bytes(const Id& id) {
  return {id.begin(), id.end()};
}

std::uint64_t nanoseconds(WallTime time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

// How many bytes the UTF-8 sequence at the start of `text` has (RFC 3629); 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80                     ? 1
                             : first >= 0xc2 && first <= 0xdf ? 2
                             : first >= 0xe0 && first <= 0xef ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) {
      return 0;
    }
  }
  const bool bad_second = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
                          (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f);
  return bad_second ? 0 : length;
}

// A collector refuses a whole batch for one byte that is not UTF-8, so such bytes become question marks.
std::string utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      out += '?';
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

void set_text(std::string_view text, std::string& out) {
  unsigned char all = 0;
  for (const char c : text) {
    all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
  }
  if (all < 0x80) {
    out.assign(text);  // the rule
  } else {
    out = utf8(text);
  }
}

void add_attribute(const tracing::Attribute& attribute, proto::common::v1::KeyValue& out) {
  out.set_key(attribute.key.data(), attribute.key.size());
  proto::common::v1::AnyValue& value = *out.mutable_value();
  if (const auto* const text = std::get_if<std::string>(&attribute.value)) {
    set_text(*text, *value.mutable_string_value());
  } else if (const auto* const view = std::get_if<std::string_view>(&attribute.value)) {
    set_text(*view, *value.mutable_string_value());
  } else if (const auto* const number = std::get_if<std::int64_t>(&attribute.value)) {
    value.set_int_value(*number);
  } else {
    value.set_double_value(std::get<double>(attribute.value));
  }
}

void write_span(const Span& span, proto::trace::v1::Span& out) {
  out.set_trace_id(bytes(span.context.trace_id));
  out.set_span_id(bytes(span.context.span_id));
  out.set_flags(kSampled | kKnowsRemote);
  if (span.parent != event::SpanId{}) {
    out.set_parent_span_id(bytes(span.parent));
  }
  set_text(span.name, *out.mutable_name());
  out.set_kind(span.kind == Span::Kind::client ? proto::trace::v1::Span::SPAN_KIND_CLIENT
                                               : proto::trace::v1::Span::SPAN_KIND_INTERNAL);
  out.set_start_time_unix_nano(nanoseconds(span.start));
  out.set_end_time_unix_nano(nanoseconds(span.start + span.took));
  for (const tracing::Attribute& attribute : span.attributes) {
    add_attribute(attribute, *out.add_attributes());
  }
  if (span.linked.valid()) {
    proto::trace::v1::Span::Link& link = *out.add_links();
    link.set_trace_id(bytes(span.linked.trace_id));
    link.set_span_id(bytes(span.linked.span_id));
    link.set_flags(kSampled | kKnowsRemote | kIsRemote);
  }
  if (span.failed) {
    out.mutable_status()->set_code(proto::trace::v1::Status::STATUS_CODE_ERROR);
    set_text(span.error, *out.mutable_status()->mutable_message());
  }
}

// OTLP specification, "OTLP/gRPC Response": the codes after which a client may try again. RESOURCE_EXHAUSTED only when
// the server says when, which is not looked at: it counts as final.
bool may_try_again(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DATA_LOSS:
      return true;
    default:
      return false;
  }
}

// A peer's words, for a log line.
std::string bounded(std::string text) {
  text.resize(std::min(text.size(), kMostErrorBytes));
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, ' ');
  return text;
}

// Which variable to look at, where the library's words tell; else nothing. They are words of its version, and nothing
// but the log line depends on them.
std::string_view remedy(const std::string& words, bool tls) {
  const auto said = [&](std::string_view part) { return words.find(part) != std::string::npos; };
  if (tls && said("wrong version number")) {
    return "; check OTEL_EXPORTER_OTLP_ENDPOINT: the collector speaks no TLS here";
  }
  if (tls && said("certificate verify failed")) {
    return "; check OTEL_EXPORTER_OTLP_CERTIFICATE: the authorities to trust; or the collector's certificate has ended";
  }
  if (tls && said("Peer name")) {
    return "; check OTEL_EXPORTER_OTLP_ENDPOINT: the collector's certificate is for another host";
  }
  if (tls && said("Socket closed")) {
    return "; check OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, if the collector asks for one";
  }
  if (!tls && said("Socket closed")) {
    return "; check OTEL_EXPORTER_OTLP_ENDPOINT: a collector that speaks TLS needs https://";
  }
  return {};
}

std::shared_ptr<grpc::ChannelCredentials> credentials_for(const Settings& settings) {
  if (!settings.tls) {
    return grpc::InsecureChannelCredentials();
  }
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = settings.ca;
  options.pem_private_key = settings.client_key;
  options.pem_cert_chain = settings.client_certificate;
  return grpc::SslCredentials(options);
}

class OtlpSender final : public tracing::Sender {
 public:
  OtlpSender(Settings settings, const std::string& build) : settings_(std::move(settings)), build_(build) {
    for (const auto& [key, value] : settings_.resource) {
      proto::common::v1::KeyValue& attribute = *resource_.add_attributes();
      attribute.set_key(utf8(key));
      attribute.mutable_value()->set_string_value(utf8(value));
    }
  }

  Sent send(std::span<const Span> spans, Duration patience) override;
  void cancel() override;

 private:
  // The call may be cancelled from now on; null: it already is.
  std::unique_ptr<grpc::ClientContext> begin(Duration patience);
  void end();

  const Settings settings_;
  const std::string build_;
  proto::resource::v1::Resource resource_;
  std::unique_ptr<trace_service::TraceService::Stub> stub_;  // made at the first send, on its thread
  google::protobuf::Arena arena_;                            // of one request; keeps its memory for the next

  std::mutex mutex_;
  grpc::ClientContext* call_ = nullptr;  // under the mutex, like the next
  bool cancelled_ = false;
};

std::unique_ptr<grpc::ClientContext> OtlpSender::begin(Duration patience) {
  if (stub_ == nullptr) {
    grpc::ChannelArguments arguments;
    arguments.SetUserAgentPrefix("event-exporter/" + build_);
    // The library's own two minutes are longer than a batch is kept.
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLongestReconnectMs);
    if (settings_.gzip) {
      arguments.SetCompressionAlgorithm(GRPC_COMPRESS_GZIP);
    }
    stub_ = trace_service::TraceService::NewStub(
        grpc::CreateCustomChannel(settings_.address, credentials_for(settings_), arguments));
  }
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::duration_cast<std::chrono::system_clock::duration>(patience));
  for (const auto& [name, value] : settings_.headers) {
    context->AddMetadata(name, value);
  }
  const std::lock_guard lock(mutex_);
  if (cancelled_) {
    return nullptr;
  }
  call_ = context.get();
  return context;
}

void OtlpSender::end() {
  const std::lock_guard lock(mutex_);
  call_ = nullptr;
}

void OtlpSender::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (call_ != nullptr) {
    call_->TryCancel();
  }
}

Sent OtlpSender::send(std::span<const Span> spans, Duration patience) {
  const auto context = begin(patience);
  if (context == nullptr) {
    return {.error = "shutting down"};
  }
  arena_.Reset();
  auto& request = *google::protobuf::Arena::CreateMessage<trace_service::ExportTraceServiceRequest>(&arena_);
  proto::trace::v1::ResourceSpans& of_resource = *request.add_resource_spans();
  *of_resource.mutable_resource() = resource_;
  proto::trace::v1::ScopeSpans& of_scope = *of_resource.add_scope_spans();
  of_scope.mutable_scope()->set_name(kScope);
  of_scope.mutable_spans()->Reserve(static_cast<int>(spans.size()));
  for (const Span& span : spans) {
    write_span(span, *of_scope.add_spans());
  }
  trace_service::ExportTraceServiceResponse response;
  const grpc::Status status = stub_->Export(context.get(), request, &response);
  end();
  if (!status.ok()) {
    return {.again = may_try_again(status.error_code()),
            .error = bounded("gRPC status " + std::to_string(status.error_code()) + ": " + status.error_message())
                         .append(remedy(status.error_message(), settings_.tls))};
  }
  const auto& partial = response.partial_success();
  return {.ok = true,
          .rejected = static_cast<std::uint64_t>(std::max<std::int64_t>(partial.rejected_spans(), 0)),
          .error = bounded(partial.error_message())};
}

}  // namespace
}  // namespace exporter::otlp

// Null when the program is of another build. What the libraries would print between the program's lines is left out: what
// failed comes back as an error.
extern "C" __attribute__((visibility("default"))) exporter::tracing::Sender* exporter_make_otlp_sender(
    const exporter::tracing::Settings& settings, const char* build) {
  gpr_set_log_function([](gpr_log_func_args*) {});
  google::protobuf::SetLogHandler(nullptr);
  return std::string_view(build) == EXPORTER_BUILD
             ? std::make_unique<exporter::otlp::OtlpSender>(settings, build).release()
             : nullptr;
}
