#include "token_server.h"

#include <httplib.h>

#include <chrono>

#include "base/check.h"

namespace exporter::auth {

TokenServer::TokenServer(const TestCertificate* certificate) : tls_(certificate != nullptr) {
  if (tls_) {
    server_ = std::make_unique<httplib::SSLServer>(certificate->certificate(), certificate->key());
  } else {
    server_ = std::make_unique<httplib::Server>();
  }
  server_->set_keep_alive_max_count(1);
  server_->Post("/token", [this](const httplib::Request& request, httplib::Response& response) {
    std::unique_lock lock(mutex_);
    seen_.push_back({request.method, request.get_header_value("Content-Type"),
                     request.get_header_value("Authorization"), request.body});
    const std::string number = std::to_string(seen_.size());
    changed_.notify_all();
    changed_.wait(lock, [this] { return !corked_; });
    std::string body = body_;
    if (const std::size_t at = body.find("<n>"); at != std::string::npos) {
      body.replace(at, 3, number);
    }
    response.status = status_;
    if (status_ == 302) {
      response.set_header("Location", "/moved");
    }
    response.set_content(body, "application/json");
  });
  const auto moved = [this](const httplib::Request&, httplib::Response&) {
    const std::lock_guard lock(mutex_);
    ++moved_;
  };
  server_->Get("/moved", moved);
  server_->Post("/moved", moved);
  port_ = server_->bind_to_any_port("127.0.0.1");
  EXPORTER_CHECK(port_ > 0, "a loopback port is free");
  thread_ = std::thread([this] { server_->listen_after_bind(); });
  while (!server_->is_running()) {
    std::this_thread::yield();
  }
}

TokenServer::~TokenServer() {
  uncork();
  server_->stop();
  thread_.join();
}

std::string TokenServer::url() const {
  return std::string(tls_ ? "https" : "http") + "://127.0.0.1:" + std::to_string(port_) + "/token";
}

void TokenServer::answer(int status, std::string body) {
  const std::lock_guard lock(mutex_);
  status_ = status;
  body_ = std::move(body);
}

void TokenServer::cork() {
  const std::lock_guard lock(mutex_);
  corked_ = true;
}

void TokenServer::uncork() {
  const std::lock_guard lock(mutex_);
  corked_ = false;
  changed_.notify_all();
}

bool TokenServer::wait_for_requests(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return seen_.size() >= count; });
}

std::vector<TokenServer::Seen> TokenServer::requests() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

int TokenServer::moved_requests() const {
  const std::lock_guard lock(mutex_);
  return moved_;
}

}  // namespace exporter::auth
