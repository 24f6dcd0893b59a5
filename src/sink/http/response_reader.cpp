#include "sink/http/response_reader.h"

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

namespace exporter::http {
namespace {

namespace beast = boost::beast;
using State = ResponseReader::State;

constexpr std::size_t kKeptValueBytes = 128;
// "0" CRLF CRLF. Beast 1.81 asserts (basic_parser.ipp, parse_chunk_header) when the first chunk is the last one and
// comes in smaller pieces.
constexpr std::size_t kShortestChunkedBody = 5;
constexpr int kMostInterimResponses = 16;
constexpr std::string_view kHeaderEnd = "\r\n\r\n";
constexpr std::string_view kProtocol = "HTTP/1.";

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

// Beast's parser with what we keep of a response; everything else is dropped as it passes.
class Parser final : public beast::http::basic_parser<false> {
 public:
  explicit Parser(const ResponseReader::Limits& limits) : excerpt_bytes_(limits.excerpt_bytes) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    body_limit(boost::none);  // ours counts the bytes as sent
    eager(true);
  }

  int status = 0;
  std::optional<std::string> retry_after;
  std::optional<std::string> date;
  std::string excerpt;

 private:
  using Code = beast::error_code;
  using Text = beast::string_view;

  void on_request_impl(beast::http::verb, Text, Text, int, Code&) override {}
  void on_response_impl(int code, Text, int, Code&) override { status = code; }
  void on_field_impl(beast::http::field name, Text, Text value, Code&) override {
    // Not from trailers: they come too late to be trusted with it (RFC 9110 section 6.5.1).
    if (header_done_ || value.size() > kKeptValueBytes) {
      return;
    }
    if (name == beast::http::field::retry_after) {
      retry_after = std::string(view(value));
    } else if (name == beast::http::field::date && status / 100 != 2) {  // every answer has one; few need it
      date = std::string(view(value));
    }
  }
  void on_header_impl(Code&) override { header_done_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(Text body, Code&) override { return keep(view(body)); }
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Code&) override { return keep(view(body)); }
  void on_finish_impl(Code&) override {}

  std::size_t keep(std::string_view body) {
    excerpt.append(body.substr(0, excerpt_bytes_ - std::min(excerpt_bytes_, excerpt.size())));
    return body.size();
  }

  std::size_t excerpt_bytes_;
  bool header_done_ = false;
};

}  // namespace

struct ResponseReader::Impl {
  explicit Impl(Limits given) : limits(given) {}

  void start();
  // Consumes from the front of `bytes` what can be parsed now; the rest must be given again with more behind it.
  std::size_t consume(std::string_view bytes);
  std::size_t take_header(std::string_view bytes);
  std::size_t take_body(std::string_view bytes);
  std::size_t put(std::string_view bytes);
  void refuse(std::string text);
  void complete(bool may_reuse);

  const Limits limits;
  std::optional<Parser> parser;
  State state = State::reading;
  bool started = false;
  bool reusable = false;
  int interim_responses = 0;
  std::size_t header_scanned = 0;  // bytes of `held` known not to start the header's end
  std::size_t body_bytes = 0;
  std::string held;  // came, but cannot be parsed yet; at most header_bytes or body_bytes and one chunk
  std::string problem;
};

void ResponseReader::Impl::start() {
  parser.emplace(limits);
  state = State::reading;
  started = false;
  reusable = false;
  interim_responses = 0;
  header_scanned = 0;
  body_bytes = 0;
  held.clear();
  problem.clear();
}

void ResponseReader::Impl::refuse(std::string text) {
  state = State::malformed;
  reusable = false;
  problem = std::move(text);
}

void ResponseReader::Impl::complete(bool may_reuse) {
  state = State::complete;
  reusable = may_reuse;
}

std::size_t ResponseReader::Impl::put(std::string_view bytes) {
  beast::error_code error;
  const auto used = parser->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error && error != beast::http::error::need_more) {
    refuse(error.message());
  }
  return used;
}

std::size_t ResponseReader::Impl::take_header(std::string_view bytes) {
  // At the first wrong byte, so that a server of another protocol is not waited for.
  const auto compared = std::min(bytes.size(), kProtocol.size());
  if (bytes.substr(0, compared) != kProtocol.substr(0, compared)) {
    refuse("it does not start with \"HTTP/1.\"");
    return 0;
  }
  const auto window = bytes.substr(0, limits.header_bytes);
  const auto end = window.find(kHeaderEnd, header_scanned);
  if (end == std::string_view::npos) {
    header_scanned = window.size() - std::min(window.size(), kHeaderEnd.size() - 1);
    if (bytes.size() >= limits.header_bytes) {
      refuse("its header is larger than our bound");
    }
    return 0;
  }
  header_scanned = 0;
  const auto header = bytes.substr(0, end + kHeaderEnd.size());
  put(header);
  if (state != State::reading) {
    return header.size();
  }
  if (!parser->is_header_done()) {
    refuse("its header does not end where it says");
  } else if (parser->status < 100 || parser->status > 599) {
    refuse("its status is not between 100 and 599");
  } else if (parser->status == 101) {
    refuse("it switches protocols, which nobody asked for");
  } else if (parser->status < 200) {
    if (++interim_responses > kMostInterimResponses) {
      refuse("it has too many interim responses");
    } else {
      parser.emplace(limits);
    }
  } else if (parser->is_done()) {
    complete(parser->keep_alive());
  }
  return header.size();
}

std::size_t ResponseReader::Impl::take_body(std::string_view bytes) {
  const auto allowed = limits.body_bytes - body_bytes;
  const auto piece = bytes.substr(0, allowed);
  if (parser->chunked() && body_bytes == 0 && piece.size() < std::min(kShortestChunkedBody, allowed)) {
    return 0;
  }
  const auto used = put(piece);
  body_bytes += used;
  if (state != State::reading) {
    return used;
  }
  if (parser->is_done()) {
    complete(parser->keep_alive());
  } else if (piece.size() == allowed) {
    complete(false);
  }
  return used;
}

std::size_t ResponseReader::Impl::consume(std::string_view bytes) {
  std::size_t used = 0;
  while (state == State::reading && used < bytes.size()) {
    const auto rest = bytes.substr(used);
    const auto taken = parser->is_header_done() ? take_body(rest) : take_header(rest);
    if (taken == 0) {
      break;
    }
    used += taken;
  }
  return used;
}

ResponseReader::ResponseReader(Limits limits) : impl_(std::make_unique<Impl>(limits)) { impl_->start(); }
ResponseReader::~ResponseReader() = default;

void ResponseReader::start() { impl_->start(); }

State ResponseReader::feed(std::string_view bytes) {
  auto& self = *impl_;
  if (bytes.empty()) {
    return self.state;
  }
  if (self.state != State::reading) {
    self.reusable = false;
    return self.state;
  }
  self.started = true;
  std::size_t left = 0;
  if (self.held.empty()) {
    const auto used = self.consume(bytes);
    left = bytes.size() - used;
    if (self.state == State::reading) {
      self.held.assign(bytes.substr(used));
    }
  } else {
    self.held.append(bytes);
    self.held.erase(0, self.consume(self.held));
    left = self.held.size();
  }
  // Bytes behind a response that nobody asked for belong to no request of ours: never read on such a connection.
  if (self.state != State::reading && left != 0) {
    self.reusable = false;
  }
  return self.state;
}

State ResponseReader::end_of_stream() {
  auto& self = *impl_;
  self.reusable = false;
  if (self.state != State::reading) {
    return self.state;
  }
  const bool ends_here = self.parser->is_header_done() && self.parser->need_eof();
  self.state = ends_here ? State::complete : State::cut_short;
  return self.state;
}

bool ResponseReader::started() const { return impl_->started; }
int ResponseReader::status() const { return impl_->parser->status; }
const std::optional<std::string>& ResponseReader::retry_after() const { return impl_->parser->retry_after; }
const std::optional<std::string>& ResponseReader::date() const { return impl_->parser->date; }
std::string_view ResponseReader::excerpt() const { return impl_->parser->excerpt; }
bool ResponseReader::reusable() const { return impl_->reusable; }
std::string_view ResponseReader::problem() const { return impl_->problem; }

}  // namespace exporter::http
