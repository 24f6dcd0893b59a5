#include "admin/fetch.h"

#include <fmt/format.h>
#include <httplib.h>

namespace exporter::admin {

Result<std::string> fetch(const std::string& base, const std::string& path, Duration timeout, std::size_t most) {
  httplib::Client client(base);
  if (!client.is_valid()) {
    return fail(ErrorKind::transient, fmt::format("{} is not an http:// address", base));
  }
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::string body;
  bool too_long = false;
  bool too_late = false;
  const httplib::Result answer = client.Get(path, [&](const char* data, std::size_t size) {
    too_long = size > most - body.size();
    too_late = std::chrono::steady_clock::now() > deadline;  // a server that answers a byte a second
    if (too_long || too_late) {
      return false;
    }
    body.append(data, size);
    return true;
  });
  if (too_long) {
    return fail(ErrorKind::transient, fmt::format("{}{}: the answer is longer than {} bytes", base, path, most));
  }
  if (too_late) {
    return fail(ErrorKind::transient, fmt::format("{}{}: the answer takes too long", base, path));
  }
  if (!answer) {
    const std::string why = answer.error() == httplib::Error::Connection ? "nothing accepts a connection there"
                                                                         : httplib::to_string(answer.error());
    return fail(ErrorKind::transient, fmt::format("{}{}: {}", base, path, why));
  }
  if (answer->status != 200) {
    return fail(ErrorKind::transient, fmt::format("{}{} answered {}", base, path, answer->status));
  }
  return body;
}

}  // namespace exporter::admin
