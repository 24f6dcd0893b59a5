// The sink, simulated: what it has taken, and what it answers, which is drawn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "event/answer.h"
#include "simulation/coverage.h"
#include "simulation/datastore.h"
#include "simulation/options.h"
#include "simulation/world.h"

namespace exporter::simulation {

// What the whole sink suffers from, for a stretch of time.
enum class Illness : std::uint8_t { none, not_found, failing, refusing, unauthorized, unreachable, silent };

// What comes back over the wire for one attempt.
struct Reply {
  event::TransportFailure failure = event::TransportFailure::none;
  int status = 0;
  std::optional<std::string> retry_after;
  // What the header means: so long from now on, or until then by the reader's own clock.
  std::optional<Duration> wait;
  std::optional<WallTime> date;
};

class Sink {
 public:
  Sink(const Options& options, Random& random, SimClock& clock, Coverage& coverage);

  // What the network does with an attempt before it reaches the sink: nothing, or a failure.
  [[nodiscard]] Reply on_the_way();
  // The attempt arrived. A 2xx or 409 counts in accepted(). `document`: nullptr when nobody knows the event.
  [[nodiscard]] Reply arrive(const Document* document, std::uint64_t token_generation);
  // How long one way takes.
  [[nodiscard]] Duration way();

  void revoke_tokens() { ++valid_from_; }
  void be_well();
  // The illness now; `since` when it began.
  [[nodiscard]] Illness illness() const;
  [[nodiscard]] MonoTime ill_since() const;
  [[nodiscard]] std::uint64_t valid_from() const { return valid_from_; }
  // How often a document was taken.
  [[nodiscard]] std::uint32_t accepted(const Document& document) const {
    return document.seq <= accepted_.size() ? accepted_[document.seq - 1] : 0;
  }

  void take(const Document& document);

 private:
  struct Stretch {
    MonoTime from;
    MonoTime until;
    Illness illness = Illness::none;  // none: slow
  };
  int status_of(const Document* document, std::uint64_t token_generation);
  void ask_to_wait(Reply& reply);

  const Options& options_;
  Random& random_;
  SimClock& clock_;
  Coverage& coverage_;
  std::vector<Stretch> stretches_;
  std::vector<Stretch> slow_;
  std::vector<std::uint32_t> accepted_;  // by document
  std::uint64_t valid_from_ = 1;         // tokens below this generation are revoked
  bool well_ = false;
};

}  // namespace exporter::simulation
