// The Status of the running service, put together from what its parts show.
//
// Thread-safety: all functions, any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "config/config.h"
#include "config/load.h"
#include "pipeline/board.h"
#include "pipeline/lease_keeper.h"
#include "pipeline/readiness.h"
#include "status/problems.h"
#include "status/recent.h"
#include "status/status.h"

namespace exporter::app {

class LiveStatus {
 public:
  // All of it must outlive this object. `settings`: the effective ones, as check-config prints them.
  LiveStatus(const config::Config& config, std::vector<config::Setting> settings, const pipeline::Board& board,
             const Clock& clock);

  // Every status::Recent::kStep, for rates and plots.
  void sample();

  // Where events come from, once that is known.
  void datastore(std::string provider, std::string place);
  // The token endpoint answered: with a token that is usable until then; with none; the one that there was has ended.
  void token_fetched(MonoTime ends_at);
  void token_failed();
  void token_gone();

  // What only the service knows.
  struct Service {
    std::optional<std::string> unhealthy;
    std::map<pipeline::Readiness::Cause, std::string> causes;  // of the pipeline
    std::optional<std::string> lease_trouble;
    std::optional<pipeline::LeaseKeeper::View> lease;  // empty: no lease is used
    bool standby = false;
    bool stopping = false;

    // Why it is not ready, one by one; empty: it is.
    [[nodiscard]] std::vector<std::string> not_ready() const;
  };
  [[nodiscard]] status::Status status(const Service& service) const;

 private:
  [[nodiscard]] std::optional<Duration> since(std::optional<MonoTime> moment, MonoTime now) const;
  void show_board(status::Status& shown, MonoTime now) const;
  void show_token(status::Status& shown, MonoTime now) const EXPORTER_REQUIRES(mutex_);

  const config::Config& config_;
  const pipeline::Board& board_;
  const Clock& clock_;
  const MonoTime started_;
  const std::vector<config::Setting> settings_;

  mutable Mutex mutex_;
  status::Recent recent_ EXPORTER_GUARDED_BY(mutex_);
  std::string provider_ EXPORTER_GUARDED_BY(mutex_);
  std::string place_ EXPORTER_GUARDED_BY(mutex_);
  struct Token {
    std::optional<MonoTime> fetched_at;
    MonoTime ends_at{};
    std::uint64_t refreshes = 0;
    std::uint64_t failures = 0;
  };
  Token token_ EXPORTER_GUARDED_BY(mutex_);
};

}  // namespace exporter::app
