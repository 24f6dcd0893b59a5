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
#include <grpc/compression.h>
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

void add_attribute(const tracing::Attribute& attribute, proto::common::v1::KeyValue& out) {
  out.set_key(attribute.key.data(), attribute.key.size());
  proto::common::v1::AnyValue& value = *out.mutable_value();
  if (const auto* const text = std::get_if<std::string>(&attribute.value)) {
    value.set_string_value(*text);
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
  out.set_name(span.name);
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
    out.mutable_status()->set_message(span.error);
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
      attribute.set_key(key);
      attribute.mutable_value()->set_string_value(value);
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
            .error = bounded("gRPC status " + std::to_string(status.error_code()) + ": " + status.error_message())};
  }
  const auto& partial = response.partial_success();
  return {.ok = true,
          .rejected = static_cast<std::uint64_t>(std::max<std::int64_t>(partial.rejected_spans(), 0)),
          .error = bounded(partial.error_message())};
}

}  // namespace
}  // namespace exporter::otlp

// Null when the program is of another build.
extern "C" __attribute__((visibility("default"))) exporter::tracing::Sender* exporter_make_otlp_sender(
    const exporter::tracing::Settings& settings, const char* build) {
  return std::string_view(build) == EXPORTER_BUILD
             ? std::make_unique<exporter::otlp::OtlpSender>(settings, build).release()
             : nullptr;
}
