// What each step of `verify-sink` makes of what it saw: a verdict, in words, with what to do about it. Pure.
//
// Nothing here holds a secret: the words of servers come cleaned of the token (sink/http/excerpt.h), and the token and
// the client secret are never among what is said. Thread-safety: free functions without state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/token_fetch.h"
#include "auth/token_response.h"
#include "base/time.h"
#include "config/load.h"
#include "event/answer.h"
#include "sink/http/probe.h"

namespace exporter::app {

enum class StepOutcome : std::uint8_t {
  ok,
  failed,   // and so all later ones are skipped
  skipped,  // not done; `seen` says why
};
[[nodiscard]] std::string_view to_string(StepOutcome outcome);

struct Finding {
  StepOutcome outcome = StepOutcome::ok;
  std::string seen;                   // one sentence, no full stop
  std::vector<std::string> warnings;  // what is not as it should be, though it works
  std::vector<std::string> remedies;  // what to do, of a step that failed
  // The same for programs: camel-case names, texts.
  std::vector<std::pair<std::string, std::string>> facts;
  bool invalid = false;  // the program would not start: exit code 2
};

[[nodiscard]] Finding failed(std::string seen, std::vector<std::string> remedies = {});
[[nodiscard]] Finding skipped(std::string why);

// One of the two servers, as the configuration names it. The texts must outlive the calls.
struct Server {
  std::string_view what;         // "the sink", "the token endpoint"
  std::string_view url_key;      // "exporter.sink.endpoint"
  std::string_view ca_file_key;  // "exporter.sink.ca_file"
  std::string_view insecure_key;
  std::string_view host;
  std::string_view ca_file;  // empty: none
  bool verified = true;      // the certificate must be good
};

// Of a configuration that was loaded. Its warnings are warnings; its errors are what to do.
[[nodiscard]] Finding judge_configuration(const config::Loaded& loaded);

[[nodiscard]] Finding judge_addresses(const Result<std::vector<std::string>>& addresses, const Server& server);

// `proxy_variables`: those of the environment that other programs would obey.
[[nodiscard]] Finding judge_connection(std::span<const http::ConnectAttempt> attempts, const Server& server,
                                       std::span<const std::string> proxy_variables);

[[nodiscard]] Finding judge_tls(const Result<http::TlsReport>& report, const Server& server);

// `scope_asked`: the one of the configuration. `secret`: the client's, so that an answer that repeats it is not shown.
[[nodiscard]] Finding judge_token(const auth::TokenResponse& token, std::string_view scope_asked,
                                  std::string_view secret);

[[nodiscard]] Finding judge_token_failure(const auth::TokenFailure& failure);

enum class Sending : std::uint8_t { first, repeated };

// `timeout`: within which the answer had to come.
[[nodiscard]] Finding judge_answer(const event::Answer& answer, Sending sending, WallTime now, Duration timeout);

}  // namespace exporter::app
