#include "auth/token_client.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

#include "auth/token_response.h"
#include "base/check.h"

namespace exporter::auth {

namespace {

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Multi = std::unique_ptr<CURLM, MultiDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;

// What the callbacks fill. Headers count too, or a server could feed us headers for ever.
struct Received {
  std::string body;
  std::size_t header_bytes = 0;
  bool too_long = false;
};

// A callback that returns another number than it was given ends the transfer (CURLOPT_WRITEFUNCTION(3)).
std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& received = *static_cast<Received*>(user);
  if (size * count > kMaxAnswerBytes - received.body.size()) {
    received.too_long = true;
    return 0;
  }
  received.body.append(data, size * count);
  return size * count;
}

std::size_t on_header(char*, std::size_t size, std::size_t count, void* user) {
  auto& received = *static_cast<Received*>(user);
  received.header_bytes += size * count;
  if (received.header_bytes > kMaxAnswerBytes) {
    received.too_long = true;
    return 0;
  }
  return size * count;
}

void append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  EXPORTER_CHECK(longer != nullptr, "a header line can be allocated");
  (void)list.release();
  list.reset(longer);
}

List make_headers(const TokenRequest& request) {
  List headers;
  if (!request.authorization.empty()) {
    append(headers, "Authorization: " + request.authorization);
  }
  append(headers, "Content-Type: application/x-www-form-urlencoded");
  append(headers, "Accept: application/json");
  append(headers, "Expect:");  // no 100-continue dance for a few bytes
  return headers;
}

bool is_http_url(const std::string& url) {
  const std::unique_ptr<CURLU, UrlDeleter> parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return false;
  }
  char* scheme = nullptr;
  if (curl_url_get(parsed.get(), CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK) {
    return false;
  }
  const std::string name = scheme;
  curl_free(scheme);
  return name == "http" || name == "https";
}

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

struct TokenClient::Impl {
  TokenClientOptions options;
  Multi multi{curl_multi_init()};

  Easy make_transfer(const TokenRequest& request, const curl_slist* headers, Received& received,
                     std::array<char, CURL_ERROR_SIZE>& error_text) const;
  Result<CURLcode> drive(CURL* easy, const std::stop_token& stop) const;
};

TokenClient::TokenClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TokenClient::~TokenClient() = default;

Result<std::unique_ptr<TokenClient>> TokenClient::create(TokenClientOptions options) {
  init_curl_once();
  if (!is_http_url(options.url)) {
    return fail(ErrorKind::invalid, fmt::format("exporter.oidc.token_url \"{}\" is not an http:// or https:// URL",
                                                redact_url(options.url)));
  }
  if (!options.ca_file.empty() && ::access(options.ca_file.c_str(), R_OK) != 0) {
    return fail(ErrorKind::invalid, fmt::format("cannot read the CA file {} of exporter.oidc.ca_file: {}",
                                                options.ca_file, std::strerror(errno)));
  }
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  EXPORTER_CHECK(impl->multi != nullptr, "libcurl has memory for a handle");
  return std::unique_ptr<TokenClient>(new TokenClient(std::move(impl)));
}

Easy TokenClient::Impl::make_transfer(const TokenRequest& request, const curl_slist* headers, Received& received,
                                      std::array<char, CURL_ERROR_SIZE>& error_text) const {
  Easy easy(curl_easy_init());
  EXPORTER_CHECK(easy != nullptr, "libcurl has memory for a transfer");
  CURL* e = easy.get();
  const auto timeout_ms =
      static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(options.request_timeout).count());
  curl_easy_setopt(e, CURLOPT_URL, options.url.c_str());
  curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(e, CURLOPT_PROXY, "");  // empty also switches the environment's off
  curl_easy_setopt(e, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(e, CURLOPT_USERAGENT, "event-exporter");
  curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(e, CURLOPT_POST, 1L);
  curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(e, CURLOPT_POSTFIELDS, request.body.c_str());
  curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, timeout_ms);
  curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
  curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
  // A lookup that hangs must not hold up a stop or the next try (CURLOPT_QUICK_EXIT(3)).
  curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
  // Fetches are minutes apart: a kept connection would only go stale.
  curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(e, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, options.insecure_skip_verify ? 0L : 1L);
  curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, options.insecure_skip_verify ? 0L : 2L);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(e, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(e, CURLOPT_CAPATH, nullptr);  // instead of the system's roots, not besides them
  }
  curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(e, CURLOPT_WRITEDATA, &received);
  curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(e, CURLOPT_HEADERDATA, &received);
  curl_easy_setopt(e, CURLOPT_ERRORBUFFER, error_text.data());
  return easy;
}

// Runs the one transfer of the multi handle to its end.
Result<CURLcode> TokenClient::Impl::drive(CURL* easy, const std::stop_token& stop) const {
  const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi.get()); });
  for (;;) {
    if (stop.stop_requested()) {
      return fail(ErrorKind::cancelled, "stopped while fetching a token");
    }
    int running = 0;
    if (const CURLMcode code = curl_multi_perform(multi.get(), &running); code != CURLM_OK) {
      return fail(ErrorKind::transient, curl_multi_strerror(code));
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg == CURLMSG_DONE && message->easy_handle == easy) {
        return message->data.result;
      }
    }
    // libcurl shortens the wait to its own next timeout; a stop ends it by curl_multi_wakeup().
    constexpr int kLongestWaitMs = 1000;
    if (const CURLMcode code = curl_multi_poll(multi.get(), nullptr, 0, kLongestWaitMs, nullptr); code != CURLM_OK) {
      return fail(ErrorKind::transient, curl_multi_strerror(code));
    }
  }
}

Result<TokenAnswer> TokenClient::post(const TokenRequest& request, const std::stop_token& stop) {
  Received received;
  std::array<char, CURL_ERROR_SIZE> error_text{};
  const List headers = make_headers(request);
  const Easy easy = impl_->make_transfer(request, headers.get(), received, error_text);
  if (const CURLMcode code = curl_multi_add_handle(impl_->multi.get(), easy.get()); code != CURLM_OK) {
    return fail(ErrorKind::transient, curl_multi_strerror(code));
  }
  const Result<CURLcode> result = impl_->drive(easy.get(), stop);
  curl_multi_remove_handle(impl_->multi.get(), easy.get());
  if (!result) {
    return fail(result.error());
  }
  if (received.too_long) {
    return fail(ErrorKind::transient, fmt::format("its answer is longer than {} bytes", kMaxAnswerBytes));
  }
  if (*result != CURLE_OK) {
    return fail(ErrorKind::transient, error_text[0] != '\0' ? error_text.data() : curl_easy_strerror(*result));
  }
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  return TokenAnswer{.status = static_cast<int>(status), .body = std::move(received.body)};
}

}  // namespace exporter::auth
