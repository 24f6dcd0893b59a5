#include "pipeline/lease_keeper.h"

#include <chrono>
#include <utility>

#include "base/failpoint.h"
#include "observability/log.h"

namespace exporter::pipeline {

using checkpoint::Leadership;
using checkpoint::Tenure;

namespace {

constexpr std::string_view kLost = "Another exporter has taken the lease over; becoming standby";
constexpr std::string_view kAfterLost =
    "none; if it happens often, look why this process or its datastore stood still, or choose a longer lease.term";

// What people know a holder by: host and process id, the first two parts of its text (app/holder_name.h).
std::string short_name(std::string_view holder) {
  const std::size_t host = holder.find(':');
  return std::string(holder.substr(0, host == std::string_view::npos ? host : holder.find(':', host + 1)));
}

}  // namespace

LeaseKeeper::LeaseKeeper(checkpoint::LeaseOptions options, Parts parts)
    : options_(std::move(options)), parts_(std::move(parts)), machine_(options_) {}

Result<std::shared_ptr<const Tenure>> LeaseKeeper::acquire(std::stop_token stop) {
  MutexLock lock(mutex_);
  giving_back_ = giving_back_ || tenure_ != nullptr;
  wanted_ = true;
  wake();
  const bool come = changed_.wait(
      lock, std::move(stop), [this]() EXPORTER_REQUIRES(mutex_) { return failure_ || (tenure_ && !giving_back_); });
  wanted_ = false;
  if (failure_) {
    return fail(*failure_);
  }
  if (!come) {
    return fail(ErrorKind::cancelled, "stopped while waiting for the lease");
  }
  return tenure_;
}

bool LeaseKeeper::release(Duration patience) {
  MutexLock lock(mutex_);
  if (!tenure_) {
    return true;
  }
  giving_back_ = true;
  wake();
  return changed_.wait_for(lock, patience, [this]() EXPORTER_REQUIRES(mutex_) { return !giving_back_; });
}

std::optional<std::string> LeaseKeeper::not_ready() const {
  MutexLock lock(mutex_);
  if (tenure_ && parts_.clock.now() < tenure_->until()) {
    return std::nullopt;
  }
  if (tenure_) {
    return "the lease is not renewed: " + (trouble_.empty() ? "no answer of the datastore" : trouble_);
  }
  if (!trouble_.empty()) {
    return "waiting for the lease: " + trouble_;
  }
  return holder_.empty() ? std::optional<std::string>("waiting for the lease") : std::nullopt;
}

std::optional<std::string> LeaseKeeper::standby() const {
  MutexLock lock(mutex_);
  if (tenure_ || holder_.empty()) {
    return std::nullopt;
  }
  return "standby: " + short_name(holder_) + " holds the lease";
}

LeaseKeeper::View LeaseKeeper::view() const {
  MutexLock lock(mutex_);
  View view{.held = tenure_ != nullptr, .self = short_name(options_.holder), .holder = {}};
  view.holder = view.held ? view.self : short_name(holder_);
  return view;
}

void LeaseKeeper::run(std::stop_token stop) {
  const std::stop_callback ends(stop, [this] {
    MutexLock lock(mutex_);
    wake();
  });
  while (!stop.stop_requested()) {
    std::stop_token woken;
    {
      MutexLock lock(mutex_);
      // Before anything is looked at, so that no request is slept through.
      wake_ = {};
      woken = wake_.get_token();
    }
    if (!stop.stop_requested()) {
      step(woken);
    }
  }
}

void LeaseKeeper::step(const std::stop_token& woken) {
  bool giving_back = false;
  bool idle = false;
  {
    MutexLock lock(mutex_);
    giving_back = giving_back_;
    idle = !machine_.holder() && (!wanted_ || failure_);
  }
  if (giving_back) {
    return give_back();
  }
  const auto next =
      idle ? Leadership::Next{.ask = Leadership::Ask::nothing, .at = kNever} : machine_.next(parts_.clock.now());
  switch (next.ask) {
    case Leadership::Ask::nothing:
      parts_.clock.sleep_until(next.at, woken);
      return;
    case Leadership::Ask::read:
      return read();
    case Leadership::Ask::take:
      return take();
    case Leadership::Ask::renew:
      return renew();
  }
}

void LeaseKeeper::give_back() {
  bool goes_on = false;
  {
    MutexLock lock(mutex_);
    goes_on = wanted_;
  }
  const auto tenure = machine_.tenure();
  machine_.resign(parts_.clock.now());
  end_tenure();
  if (tenure) {
    EXPORTER_FAILPOINT("lease.before_release");
    const auto done = parts_.store.release(*tenure);
    if (!done) {
      log::warn("The lease could not be given back; another exporter takes it over after its term",
                {{"error", done.error()}, {"action", "look whether the datastore runs and can be reached"}});
    } else if (*done) {
      log::info("Gave the lease back", {{"epoch", tenure->epoch}});
    } else if (goes_on) {  // a save that was refused told the pipeline before a renewal could tell us
      log::warn(kLost, {{"epoch", tenure->epoch}, {"action", kAfterLost}}, log::Repeats::written);
    }
  }
  MutexLock lock(mutex_);
  giving_back_ = false;
  changed_.notify_all();
}

void LeaseKeeper::read() {
  const auto record = parts_.store.read();
  if (!record) {
    return on_failure(record.error());
  }
  machine_.saw(*record, *record && parts_.is_dead((*record)->holder), parts_.clock.now());
  {
    MutexLock lock(mutex_);
    trouble_.clear();
    holder_ = *record ? (*record)->holder : std::string();
  }
  if (!*record || machine_.next(parts_.clock.now()).ask == Leadership::Ask::take) {
    return;
  }
  const ports::Fence seen{.holder = (*record)->holder, .epoch = (*record)->epoch};
  if (told_ != seen) {
    told_ = seen;
    log::info("Standby: another exporter holds the lease",
              {{"holder", short_name(seen.holder)}, {"epoch", seen.epoch}, {"term", options_.term}});
  }
}

void LeaseKeeper::take() {
  if (const auto ready = parts_.before_take(); !ready) {
    return on_failure(ready.error());
  }
  const MonoTime asked = parts_.clock.now();
  const auto done = parts_.store.take(machine_.seen(), options_.holder);
  if (!done) {
    return on_failure(done.error());
  }
  const std::string before = machine_.seen() ? short_name(machine_.seen()->holder) : "";
  machine_.took(*done, asked, parts_.clock.now());
  if (!*done) {
    return;
  }
  EXPORTER_FAILPOINT("lease.taken");
  parts_.metrics.lease_takeovers.add();
  parts_.metrics.lease_held.set(1);
  log::info("Holding the lease",
            {{"holder", short_name(options_.holder)}, {"epoch", machine_.tenure()->epoch}, {"takenFrom", before}});
  told_.reset();
  MutexLock lock(mutex_);
  trouble_.clear();
  holder_.clear();
  tenure_ = std::make_shared<Tenure>(*machine_.tenure(), machine_.held_until());
  changed_.notify_all();
}

void LeaseKeeper::renew() {
  const MonoTime asked = parts_.clock.now();
  const auto tenure = *machine_.tenure();
  const auto done = parts_.store.renew(tenure);
  if (!done) {
    return on_failure(done.error());
  }
  const MonoTime now = parts_.clock.now();
  const bool lapsed = !machine_.may_send(now);
  machine_.renewed(*done, asked, now);
  if (!*done) {
    log::warn(kLost, {{"epoch", tenure.epoch}, {"action", kAfterLost}}, log::Repeats::written);
    return end_tenure();
  }
  {
    MutexLock lock(mutex_);
    trouble_.clear();
    tenure_->extend(machine_.held_until());
  }
  if (lapsed) {
    parts_.changed();
  }
}

void LeaseKeeper::on_failure(const Error& error) {
  const MonoTime now = parts_.clock.now();
  const bool holder = machine_.holder();
  machine_.failed(now);
  if (!holder && (error.kind == ErrorKind::corrupt || error.kind == ErrorKind::invalid)) {
    MutexLock lock(mutex_);
    failure_ = error;
    changed_.notify_all();
    return;
  }
  {
    MutexLock lock(mutex_);
    trouble_ = error.message;
  }
  if (!holder) {
    log::warn("The datastore does not answer, trying again", {{"error", error},
                                                              {"retryIn", machine_.next(now).at - now},
                                                              {"action", "look whether it runs and can be reached"}});
  } else {
    log::warn(
        "Renewing the lease failed, trying again",
        {{"error", error},
         {"action", "look whether the datastore runs and takes writes; if it goes on, nothing is sent until it does"}});
  }
}

void LeaseKeeper::end_tenure() {
  parts_.metrics.lease_held.set(0);
  {
    MutexLock lock(mutex_);
    if (!tenure_) {
      return;
    }
    tenure_->end();
    tenure_.reset();
  }
  parts_.changed();
}

}  // namespace exporter::pipeline
