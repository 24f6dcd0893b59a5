// Who sends and saves: the holder of the lease (ports/lease.h). One contender's view of it, as a state machine: it is
// told what was read and written and what time it is, and it answers with what to ask the store for next, and when.
//
//   standby   reads the record every poll(), and less often while it gets no answer. Takes the lease over when it was
//             given back or nobody ever had it, when its holder is known to be dead, and else when it has seen one and
//             the same record for `term`.
//   holder    renews every beat(). May send until held_until(): `term` less margin() after the moment BEFORE it asked
//             for the last confirmed renewal. Renewals that get no answer do not depose it, they only let that time
//             pass: if one succeeds later, nobody had the lease in between. An answer "not yours any more" deposes it
//             at once.
//
// Why there are never two at a time who may send: the others have seen the last beat no earlier than the holder asked
// for it, and wait for a whole term from then; the holder stops a margin earlier, by which the two clocks may run apart
// meanwhile. No wall clock is compared, and no time is written anywhere. What a holder does after all, because it was
// frozen in the middle of it, is fenced off by the epoch: it cannot move the saved progress.
//
// Thread-safety: owned by one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "ports/lease.h"

namespace exporter::checkpoint {

struct LeaseOptions {
  std::string holder;                       // who we are: a text of this process alone; see app/holder_name.h
  Duration term = std::chrono::seconds(4);  // the same for all contenders
};

class Leadership {
 public:
  enum class Ask : std::uint8_t {
    nothing,  // until `at`
    read,
    take,   // what was read last: seen()
    renew,  // tenure()
  };
  struct Next {
    Ask ask = Ask::nothing;
    MonoTime at{};
  };

  explicit Leadership(LeaseOptions options) : options_(std::move(options)) {}

  [[nodiscard]] Next next(MonoTime now) const;

  // The answers. `asked`: when the question was put, `now`: when the answer was there.
  // `dead`: the holder in the record is known to be dead (app/holder_name.h).
  void saw(const std::optional<ports::LeaseRecord>& record, bool dead, MonoTime now);
  void took(bool ours, MonoTime asked, MonoTime now);
  void renewed(bool ours, MonoTime asked, MonoTime now);
  // To any question: no answer came, so nobody knows whether it was done.
  void failed(MonoTime now);

  // Holds it no more: about to give it back, or nothing of ours works under it any more. A standby from now on.
  void resign(MonoTime now);

  // A tenure of ours began and is not over, as far as we know; whether it may be used now is another matter.
  [[nodiscard]] bool holder() const { return tenure_.has_value(); }
  [[nodiscard]] bool may_send(MonoTime now) const { return tenure_ && now < held_until_; }
  [[nodiscard]] MonoTime held_until() const { return held_until_; }
  [[nodiscard]] const std::optional<ports::Fence>& tenure() const { return tenure_; }
  // The record that was read last.
  [[nodiscard]] const std::optional<ports::LeaseRecord>& seen() const { return seen_; }

  // How often a standby looks: often enough that a lease given back is taken within a second.
  [[nodiscard]] static constexpr Duration poll(Duration term) {
    return std::min<Duration>(term / 4, std::chrono::milliseconds(500));
  }
  // How often a holder renews. With a long term not so rarely that a record that somebody removed stays away for long:
  // nothing can be saved meanwhile.
  [[nodiscard]] static constexpr Duration beat(Duration term) {
    return std::min<Duration>(term / 4, std::chrono::seconds(5));
  }
  // So much earlier than its term's end a holder stops.
  [[nodiscard]] static constexpr Duration margin(Duration term) {
    return std::min<Duration>(term / 4, std::chrono::seconds(1));
  }

 private:
  void confirm(MonoTime asked, MonoTime now);

  LeaseOptions options_;
  std::optional<ports::Fence> tenure_;
  MonoTime held_until_ = MonoTime::min();
  std::optional<ports::LeaseRecord> seen_;
  std::optional<MonoTime> first_sight_;       // of seen_, without a change since; nothing before the first look
  bool existed_ = false;                      // there was a record once
  bool take_ = false;                         // as seen_ is, it may be taken
  MonoTime patient_until_ = MonoTime::min();  // no take-over before, unless the lease is nobody's
  std::uint32_t failures_ = 0;                // of a standby, in a row
  MonoTime at_ = MonoTime::min();             // of the next question
};

}  // namespace exporter::checkpoint
