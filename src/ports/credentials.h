// The bearer token for the sink.
//
// The adapter refreshes ahead of need on a thread of its own; whoever asks gets the current token without waiting.
// Thread-safety: all functions may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace exporter::ports {

struct BearerToken {
  std::string value;             // never logged
  std::uint64_t generation = 0;  // grows with each token fetched; the first is 1
};

class Credentials {
 public:
  virtual ~Credentials() = default;

  // The newest token that is not known to be bad, or null when there is none (not fetched yet, expired, rejected).
  [[nodiscard]] virtual std::shared_ptr<const BearerToken> current() const = 0;

  // The sink answered 401 to this generation: fetch a new token now. One fetch happens, however many ask; a generation
  // older than the current one is ignored. current() is null until the new one is there.
  virtual void reject(std::uint64_t generation) = 0;

  // Called, from the adapter's thread, after each change of current() and after each failed fetch. May be replaced at
  // any time; when this returns, the former handler is not running and is never called again.
  virtual void on_change(std::function<void()> handler) = 0;
};

}  // namespace exporter::ports
