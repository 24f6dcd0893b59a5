#include "lab/request_reader.h"

#include <charconv>

namespace exporter::lab {
namespace {

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A')) : character;
}

// `name` is in lower case.
bool same_name(std::string_view text, std::string_view name) {
  if (text.size() != name.size()) {
    return false;
  }
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (lower(text[index]) != name[index]) {
      return false;
    }
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

Reading bad(int status) {
  Reading reading;
  reading.state = Reading::State::bad;
  reading.status = status;
  return reading;
}

struct Head {
  HttpRequest request;
  std::size_t body_size = 0;
  bool has_length = false;
  bool expects_continue = false;
};

// 0, or the status to refuse with.
int take_request_line(std::string_view line, Head& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == 0 || first == std::string_view::npos || last <= first + 1) {
    return 400;
  }
  head.request.method = line.substr(0, first);
  head.request.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (version == "HTTP/1.0") {
    head.request.keep_alive = false;
  } else if (version != "HTTP/1.1") {
    return version.starts_with("HTTP/") ? 505 : 400;
  }
  return head.request.target.find(' ') == std::string_view::npos ? 0 : 400;
}

int take_length(std::string_view value, Head& head) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
  if (error == std::errc::result_out_of_range) {
    return 413;
  }
  if (error != std::errc() || end != value.data() + value.size()) {
    return 400;
  }
  // RFC 9112 section 6.3: lengths that disagree are how requests are smuggled.
  if (head.has_length && size != head.body_size) {
    return 400;
  }
  head.has_length = true;
  head.body_size = size;
  return size > kMostBodyBytes ? 413 : 0;
}

int take_field(std::string_view line, Head& head) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) {
    return 400;
  }
  const std::string_view name = line.substr(0, colon);
  // Also a folded line (RFC 9112 section 5.2) and a space before the colon (5.1).
  if (name.find_first_of(" \t") != std::string_view::npos) {
    return 400;
  }
  const std::string_view value = trimmed(line.substr(colon + 1));
  switch (name.size()) {
    case 6:
      if (same_name(name, "expect")) {
        head.expects_continue = same_name(value, "100-continue");
      }
      break;
    case 10:
      if (same_name(name, "connection") && same_name(value, "close")) {
        head.request.keep_alive = false;
      }
      if (same_name(name, "connection") && same_name(value, "keep-alive")) {
        head.request.keep_alive = true;
      }
      break;
    case 12:
      if (same_name(name, "content-type")) {
        head.request.content_type = value;
      }
      break;
    case 13:
      if (same_name(name, "authorization")) {
        head.request.authorization = value;
      }
      break;
    case 14:
      if (same_name(name, "content-length")) {
        return take_length(value, head);
      }
      break;
    case 17:
      if (same_name(name, "transfer-encoding")) {
        return 501;
      }
      break;
    default:
      break;
  }
  return 0;
}

}  // namespace

Reading read_request(std::string_view buffer) {
  static constexpr std::string_view kLineEnd = "\r\n";
  const std::size_t head_end = buffer.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    return buffer.size() > kMostHeadBytes ? bad(431) : Reading();
  }
  if (head_end > kMostHeadBytes) {
    return bad(431);
  }

  Head head;
  std::string_view lines = buffer.substr(0, head_end + kLineEnd.size());
  bool first = true;
  while (!lines.empty()) {
    const std::size_t end = lines.find(kLineEnd);
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + kLineEnd.size());
    if (const int status = first ? take_request_line(line, head) : take_field(line, head)) {
      return bad(status);
    }
    first = false;
  }

  Reading reading;
  const std::size_t body_start = head_end + 4;
  reading.size = body_start + head.body_size;
  if (buffer.size() < reading.size) {
    reading.expects_continue = head.expects_continue && buffer.size() == body_start;
    return reading;
  }
  reading.state = Reading::State::complete;
  reading.request = head.request;
  reading.request.body = buffer.substr(body_start, head.body_size);
  return reading;
}

}  // namespace exporter::lab
