#include "app/holder_name.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <optional>
#include <random>

namespace exporter::app {

namespace {

struct Parts {
  std::string_view random;
  std::string_view boot_id;
  std::string_view network;
};

std::optional<Parts> split(std::string_view holder) {
  std::array<std::string_view, 5> parts;
  for (std::size_t index = 0; index < parts.size(); ++index) {
    const std::size_t end = holder.find(':');
    if ((end == std::string_view::npos) != (index + 1 == parts.size())) {
      return std::nullopt;
    }
    parts[index] = holder.substr(0, end);
    holder.remove_prefix(std::min(parts[index].size() + 1, holder.size()));
  }
  return Parts{.random = parts[2], .boot_id = parts[3], .network = parts[4]};
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') {
    return "unknown";
  }
  std::string text(name.data());
  std::replace_if(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~' || c == ':'; }, '_');
  return text;
}

std::string random_part() {
  std::random_device device;
  std::string text;
  for (int word = 0; word < 4; ++word) {
    text += fmt::format("{:08x}", device());
  }
  return text;
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id.find(':') == std::string::npos ? id : std::string();
}

std::string network_namespace() {
  struct stat found{};
  return ::stat("/proc/self/ns/net", &found) == 0 ? fmt::format("{}", found.st_ino) : std::string();
}

// A socket that is bound to the name; -1 when somebody has it or none can be had, with errno.
int bind_name(std::string_view random) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A first byte of zero makes it abstract.
  const std::string name = fmt::format("{}event-exporter-{}", '\0', random);
  if (name.size() > sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  std::memcpy(address.sun_path, name.data(), name.size());
  const int handle = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle < 0) {
    return -1;
  }
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (::bind(handle, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    ::close(handle);
    return -1;
  }
  return handle;
}

}  // namespace

HolderName::HolderName() : boot_id_(boot_id()), network_(network_namespace()) {
  const std::string random = random_part();
  socket_ = bind_name(random);
  const bool provable = socket_ >= 0 && !boot_id_.empty() && !network_.empty();
  text_ = fmt::format("{}:{}:{}:{}:{}", host_name(), ::getpid(), random, provable ? boot_id_ : "",
                      provable ? network_ : "");
}

HolderName::~HolderName() {
  if (socket_ >= 0) {
    ::close(socket_);
  }
}

bool HolderName::proves_dead(std::string_view holder) const {
  const auto parts = split(holder);
  if (!parts || parts->random.empty() || parts->boot_id.empty() || parts->boot_id != boot_id_ ||
      parts->network.empty() || parts->network != network_) {
    return false;
  }
  const int handle = bind_name(parts->random);
  if (handle < 0) {
    return false;
  }
  ::close(handle);
  return true;
}

}  // namespace exporter::app
