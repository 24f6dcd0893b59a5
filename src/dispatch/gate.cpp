#include "dispatch/gate.h"

#include <algorithm>

namespace exporter::dispatch {

Gate::Pass Gate::pass(MonoTime now) {
  if (held_until_ && now < *held_until_) {
    return Pass::none;
  }
  held_until_.reset();
  if (!shut_) {
    return Pass::all;
  }
  return !probe_ && now >= probe_at_ ? Pass::probe : Pass::none;
}

bool Gate::accepted() {
  run_ = 0;
  transport_run_ = 0;
  several_events_ = false;
  probe_.reset();
  const bool was_shut = shut_;
  shut_ = false;
  return was_shut;
}

bool Gate::failed(Ticket ticket, Cause cause, MonoTime now) {
  if (run_ == 0) {
    first_of_run_ = ticket;
    run_began_ = now;
  }
  ++run_;
  several_events_ = several_events_ || !(ticket == first_of_run_);
  transport_run_ = cause == Cause::transport ? transport_run_ + 1 : 0;
  if (shut_) {
    ended(ticket, now);
    return false;
  }
  const bool many =
      run_ >= options_.failures && several_events_ && (now - run_began_ >= options_.quiet || run_ >= options_.burst);
  if (cause != Cause::problem && transport_run_ < options_.unreachable && !many) {
    return false;
  }
  shut_ = true;
  probe_.reset();
  probe_wait_ = options_.first_probe;
  probe_at_ = after(now, probe_wait_);
  return true;
}

void Gate::ended(Ticket ticket, MonoTime now) {
  if (!shut_ || !probe_ || !(*probe_ == ticket)) {
    return;
  }
  probe_.reset();
  probe_wait_ = std::min(2 * probe_wait_, options_.last_probe);
  probe_at_ = after(now, probe_wait_);
}

void Gate::hold(MonoTime until) { held_until_ = std::max(held_until_.value_or(until), until); }

MonoTime Gate::next() const {
  if (shut_) {
    return probe_ ? kNever : std::max(probe_at_, held_until_.value_or(probe_at_));
  }
  return held_until_.value_or(kNever);
}

}  // namespace exporter::dispatch
