#include "checkpoint/leadership.h"

#include "base/backoff.h"
#include "base/check.h"

namespace exporter::checkpoint {

namespace {

constexpr Duration kLongestPause = std::chrono::seconds(5);

}  // namespace

Leadership::Next Leadership::next(MonoTime now) const {
  if (now < at_) {
    return {.ask = Ask::nothing, .at = at_};
  }
  return {.ask = tenure_ ? Ask::renew : take_ ? Ask::take : Ask::read, .at = now};
}

void Leadership::saw(const std::optional<ports::LeaseRecord>& record, bool dead, MonoTime now) {
  EXPORTER_CHECK(!tenure_, "a holder has no need to look");
  failures_ = 0;
  if (!first_sight_ || record != seen_) {
    first_sight_ = now;
    seen_ = record;
  }
  // A record that vanished may come back with its holder's next renewal, and the progress with it.
  const bool nobodys = record ? record->holder.empty() : !existed_;
  existed_ = existed_ || record.has_value();
  // Our own: the answer to a take-over of ours got lost.
  const bool own = record && record->holder == options_.holder;
  const MonoTime ripe = std::max(after(*first_sight_, options_.term), patient_until_);
  take_ = nobodys || own || (record && dead) || now >= ripe;
  at_ = take_ ? now : std::min(after(now, poll(options_.term)), ripe);
}

void Leadership::took(bool ours, MonoTime asked, MonoTime now) {
  EXPORTER_CHECK(!tenure_ && take_, "only what was seen can be taken");
  take_ = false;
  if (!ours) {
    at_ = after(now, poll(options_.term));
    return;
  }
  tenure_ = ports::Fence{.holder = options_.holder, .epoch = seen_ ? seen_->epoch + 1 : 1};
  existed_ = true;
  confirm(asked, now);
}

void Leadership::renewed(bool ours, MonoTime asked, MonoTime now) {
  EXPORTER_CHECK(tenure_, "only a holder renews");
  if (ours) {
    confirm(asked, now);
  } else {
    resign(now);
  }
}

void Leadership::confirm(MonoTime asked, MonoTime now) {
  held_until_ = after(asked, options_.term - margin(options_.term));
  at_ = std::max(now, after(asked, beat(options_.term)));
}

void Leadership::failed(MonoTime now) {
  take_ = false;
  // A holder has little time; a standby asks a datastore that does not answer at growing intervals.
  at_ = after(now, tenure_ ? poll(options_.term) / 2
                           : backoff_delay({.initial = poll(options_.term), .cap = kLongestPause}, ++failures_));
  // Whoever holds it may have been without an answer too. It gets the time to renew first, lest every outage of the
  // datastore end with a take-over.
  patient_until_ = after(now, options_.term / 2);
}

void Leadership::resign(MonoTime now) {
  tenure_.reset();
  held_until_ = MonoTime::min();
  seen_.reset();
  first_sight_.reset();
  take_ = false;
  at_ = now;
}

}  // namespace exporter::checkpoint
