// Who holds the lease: a text that names this process and no other, and by which another process on the same machine
// can prove that it is dead.
//
//   gpu-7:4711:9f2c61d07b5ae843a1c2d3e4f5061728:3b1f0d5e-...:4026531840
//   host  pid  random                           boot id      network namespace
//
// The process keeps an abstract Unix socket bound that is named by the random part. Such a name belongs to its network
// namespace, exists once in it, and goes with the last process that has the socket (unix(7)). So who has the same boot
// id (random(4)), lives in the same network namespace, and can bind the name, knows: this process is dead. It need not
// wait for the term, which makes a restart after a crash, also of a container within its pod, as quick as one after a
// clean stop. A process that is frozen keeps its name; on another machine nothing is proven, and the term decides.
//
// Where the socket or the two identities cannot be had, the last two parts are empty and nobody can prove anything.
// Thread-safety: const functions from any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace exporter::app {

class HolderName {
 public:
  HolderName();
  ~HolderName();
  HolderName(const HolderName&) = delete;
  HolderName& operator=(const HolderName&) = delete;

  [[nodiscard]] const std::string& text() const { return text_; }

  // Whether the process that this holder's text names is proven to be dead. False: alive, or nobody knows.
  [[nodiscard]] bool proves_dead(std::string_view holder) const;

 private:
  std::string boot_id_;
  std::string network_;  // inode of the network namespace
  std::string text_;
  int socket_ = -1;
};

}  // namespace exporter::app
