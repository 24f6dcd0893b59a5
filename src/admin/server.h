// The admin port: /metrics for Prometheus, /healthz and /readyz for the kubelet (with ?verbose as JSON), /status for
// programs, plain HTTP.
//
// It is served before the first position is known, so that a slow database does not look like a dead process. It reads
// what others publish and touches nothing else: the callbacks run on the server's threads and must not block. A
// connection carries one request, because an idle one would hold one of the few threads.
// Thread-safety: one owner calls start() and stop(); port() may be called from any thread after start().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace exporter::admin {

// Why not; empty: well. Shown with 503; no secrets.
using Reasons = std::vector<std::string>;

// What the pages say, asked at each request.
struct Pages {
  std::function<std::string()> metrics;  // /metrics, in Prometheus' text format
  std::function<Reasons()> health;       // /healthz
  std::function<Reasons()> readiness;    // /readyz
  std::function<std::string()> status;   // /status, JSON
};

class AdminServer {
 public:
  struct Options {
    std::uint16_t port = 2112;   // 0: any free one, see port()
    std::string address = "::";  // every interface, by IPv6 and IPv4
    // Taken instead when the machine has no such address: its kernel has no IPv6.
    std::string fallback_address = "0.0.0.0";
  };

  AdminServer(Options options, Pages pages);
  ~AdminServer();  // stops
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Listens and serves until stop(). Once only. ErrorKind::invalid when the address cannot be had (port in use).
  [[nodiscard]] Result<void> start();

  // The port listened on; 0 before start().
  [[nodiscard]] std::uint16_t port() const;

  // Closes the port, ends requests under way (at most two seconds) and joins. May be called again.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::admin
