#include "auth/secret_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace exporter::auth {

namespace {

constexpr std::size_t kMaxSecretBytes = 64 * 1024;
constexpr const char* kRemedy = "put the client secret there or name another file with --oidc-secret-path";

}  // namespace

Result<std::string> read_secret(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) {
    return fail(ErrorKind::invalid,
                fmt::format("cannot read the OIDC client secret file {}: {}; {}", path, std::strerror(errno), kRemedy));
  }
  std::string content(kMaxSecretBytes + 1, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return fail(ErrorKind::invalid,
                fmt::format("cannot read the OIDC client secret file {}: {}; {}", path, std::strerror(errno), kRemedy));
  }
  if (content.size() > kMaxSecretBytes) {
    return fail(ErrorKind::invalid, fmt::format("the OIDC client secret file {} is longer than {} bytes; {}", path,
                                                kMaxSecretBytes, kRemedy));
  }
  constexpr const char* kSpace = " \t\r\n\v\f";
  const std::size_t first = content.find_first_not_of(kSpace);
  if (first == std::string::npos) {
    return fail(ErrorKind::invalid, fmt::format("the OIDC client secret file {} is empty; {}", path, kRemedy));
  }
  return content.substr(first, content.find_last_not_of(kSpace) - first + 1);
}

}  // namespace exporter::auth
