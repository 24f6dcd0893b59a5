// A token endpoint on 127.0.0.1 with controls: what to answer, a cork that holds answers back, a list of what it saw.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "test_certificate.h"

namespace httplib {
class Server;
}

namespace exporter::auth {

class TokenServer {
 public:
  struct Seen {
    std::string method;
    std::string content_type;
    std::string authorization;
    std::string body;
    bool operator==(const Seen&) const = default;
  };

  // With a certificate it speaks TLS.
  explicit TokenServer(const TestCertificate* certificate = nullptr);
  ~TokenServer();

  [[nodiscard]] std::string url() const;

  // Answers with this status and body from now on; "<n>" in the body becomes the request's number. 302 points to
  // /moved.
  void answer(int status, std::string body);
  void cork();
  void uncork();

  // Blocks until so many requests have come; false after ten seconds.
  [[nodiscard]] bool wait_for_requests(std::size_t count);
  [[nodiscard]] std::vector<Seen> requests() const;
  [[nodiscard]] int moved_requests() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int status_ = 200;
  std::string body_ = R"({"access_token":"token-<n>","expires_in":100,"token_type":"Bearer"})";
  bool corked_ = false;
  int moved_ = 0;
  std::vector<Seen> seen_;
  const bool tls_;
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace exporter::auth
