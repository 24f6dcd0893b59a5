// Waits until somebody writes to an SQLite file's write-ahead log, or a stop, or a time-out. Internal to this folder.
//
// inotify(7) on "<file>-wal". The log keeps its name and inode while any connection is open, and the source holds one,
// so watching the directory is not needed; arm() is repeated anyway, cheaply, for a log that was not there yet.
// A write is seen *before* its rows are: the last step of a commit changes only the mapped index "-shm", which sends no
// notification. So a caller looks again for a while after each wake-up. Thread-safety: used by one thread; a stop may
// be requested from any.
#pragma once

#include <stop_token>
#include <string>

#include "base/time.h"

namespace exporter::sqlite {

class WalWatch {
 public:
  explicit WalWatch(const std::string& database_path);
  ~WalWatch();
  WalWatch(const WalWatch&) = delete;
  WalWatch& operator=(const WalWatch&) = delete;

  // Makes sure that the log is watched. False when it cannot be (no log yet, no watches left): then only time-outs
  // wake.
  bool arm();

  enum class Woke { written, timeout, stopped };
  Woke wait(Duration timeout, const std::stop_token& stop);
  // The same, but writes do not end it, and those until its end are forgotten: the caller is about to look.
  Woke pause(Duration timeout, const std::stop_token& stop);

 private:
  Woke poll_for(Duration timeout, const std::stop_token& stop, bool writes);

  std::string log_path_;
  int inotify_;  // -1: the machine has no instances left
  int stop_event_;
};

}  // namespace exporter::sqlite
