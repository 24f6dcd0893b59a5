#include "lab/fetch.h"

#include <fmt/format.h>
#include <httplib.h>

namespace exporter::lab {

Result<std::string> fetch(const std::string& base, const std::string& path, Duration timeout) {
  httplib::Client client(base);
  if (!client.is_valid()) {
    return fail(ErrorKind::transient, fmt::format("{} is not an http:// address", base));
  }
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  const httplib::Result answer = client.Get(path);
  if (!answer) {
    return fail(ErrorKind::transient, fmt::format("{}{}: {}", base, path, httplib::to_string(answer.error())));
  }
  if (answer->status != 200) {
    return fail(ErrorKind::transient, fmt::format("{}{} answered {}", base, path, answer->status));
  }
  return answer->body;
}

}  // namespace exporter::lab
