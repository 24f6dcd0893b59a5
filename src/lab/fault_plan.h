// What goes wrong at the reference sink, and when: drawn from a seed, so that a run can be repeated.
//
// Thread-safety: a plain object, used by one thread at a time.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace exporter::lab {

struct Faults {
  Duration delay{};                                  // before each answer
  Duration jitter{};                                 // up to this much more, evenly spread
  std::vector<std::pair<int, double>> status_rates;  // status -> share of the requests (0..1)
  std::int64_t retry_after = -1;                     // seconds in the Retry-After header of 429 and 503; < 0: none
  std::string poison;                                // events that hold this text are never taken; empty: none
  int poison_status = 400;                           // what they are answered
  double cut_rate = 0;  // share of the requests whose connection is cut instead of being answered
};

enum class Cut : std::uint8_t {
  none,
  before,  // the event was not taken
  after,   // the event was taken, and only its answer is lost: the sender must repeat it
};

struct Fate {
  Duration delay{};
  int status = 0;  // 0: the sink answers as it finds
  Cut cut = Cut::none;
};

class FaultPlan {
 public:
  explicit FaultPlan(Faults faults, std::uint64_t seed);

  // For the next request. `body` is looked at for the poison text only.
  [[nodiscard]] Fate next(std::string_view body);

  [[nodiscard]] const Faults& faults() const { return faults_; }
  // The seeded draw goes on where it was.
  void change(Faults faults) { faults_ = std::move(faults); }

 private:
  double draw();  // 0 <= x < 1

  Faults faults_;
  std::mt19937_64 random_;  // its sequence is fixed by the standard, unlike that of the distributions
};

// "503:0.1,429:0.05". Errors: invalid.
[[nodiscard]] Result<std::vector<std::pair<int, double>>> parse_status_rates(std::string_view text);

// What is wrong with `faults`, if anything: rates outside 0..1 or more than 1 in all, negative times, a
// poison status that is none of 200..599. Errors: invalid.
[[nodiscard]] Result<void> check_faults(const Faults& faults);

// A JSON object with any of delayMs, jitterMs, statusRates {"503": 0.1}, retryAfter, poison, poisonStatus, cutRate;
// what it does not name stays as in `base`. Errors: invalid.
[[nodiscard]] Result<Faults> faults_from_json(std::string_view json, const Faults& base);
[[nodiscard]] std::string faults_to_json(const Faults& faults);

}  // namespace exporter::lab
