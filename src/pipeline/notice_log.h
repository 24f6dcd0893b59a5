// Turns the heart's notices into log lines, folded: a sink that is down makes thousands of failed attempts a second,
// and one line a second for each cause, with the count of those left out, says as much.
// Thread-safety: owned by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "base/time.h"
#include "pipeline/heart.h"

namespace exporter::pipeline {

class NoticeLog {
 public:
  NoticeLog(std::uint32_t max_retries, Duration every) : max_retries_(max_retries), every_(every) {}

  void write(const Notice& notice, MonoTime now);

 private:
  struct Seen {
    MonoTime logged{};
    std::uint64_t left_out = 0;
  };
  using Cause = std::tuple<Notice::Kind, int, std::string>;

  std::uint32_t max_retries_;
  Duration every_;
  std::map<Cause, Seen> seen_;  // bounded: details come from the error table and a few transport failures
};

}  // namespace exporter::pipeline
