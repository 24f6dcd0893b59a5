// Where `status` and `top` get their values from: GET /status of a running exporter.
// Thread-safety: owned by one thread.
#pragma once

#include <string>

#include "base/error.h"
#include "cli/arguments.h"
#include "status/status.h"

namespace exporter::cli {

class StatusSource {
 public:
  // `url`: http://HOST:PORT, with a path when a proxy stands before it; "/status" is put behind it. Errors: invalid.
  static Result<StatusSource> make(std::string_view url);

  struct Answer {
    std::string json;
    status::Status status;
  };
  // Takes five seconds at most. Errors, with what to look at: transient (no answer), corrupt (another answer).
  [[nodiscard]] Result<Answer> ask() const;

  [[nodiscard]] std::string address() const { return base_ + path_; }

 private:
  StatusSource(std::string base, std::string path) : base_(std::move(base)), path_(std::move(path)) {}

  std::string base_;
  std::string path_;
};

// --url and --metrics-port.
class StatusFlags {
 public:
  void declare(Arguments& arguments);
  // After the arguments were parsed. Errors: invalid.
  [[nodiscard]] Result<StatusSource> source() const;

 private:
  const Arguments* arguments_ = nullptr;
  std::string url_ = "http://127.0.0.1:2112";
  std::int64_t port_ = 2112;
};

// 0: ready and no error among the problems; otherwise 1.
[[nodiscard]] int exit_code_for(const status::Status& status);

}  // namespace exporter::cli
