#include "app/verify_findings.h"

#include <algorithm>

#include <fmt/format.h>

#include "config/duration.h"
#include "dispatch/error_table.h"
#include "sink/http/excerpt.h"

namespace exporter::app {

namespace {

using dispatch::Verdict;
using event::TransportFailure;
using http::CertificateFault;

// Time enough to renew a certificate by hand.
constexpr std::int64_t kCertificateWarningDays = 14;
constexpr std::int64_t kSecondsADay = 86400;

std::string joined(const std::vector<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts) {
    result += (result.empty() ? "" : ", ") + text;
  }
  return result;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) {
      words.emplace_back(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// Scopes are words in any order (RFC 6749 section 3.3).
std::vector<std::string> words_missing(std::string_view asked, std::string_view granted) {
  const std::vector<std::string> present = words_of(granted);
  std::vector<std::string> missing = words_of(asked);
  std::erase_if(missing, [&present](const std::string& word) {
    return std::find(present.begin(), present.end(), word) != present.end();
  });
  return missing;
}

std::string milliseconds_text(Duration duration) {
  return fmt::format("{} ms", std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

std::string certificate_text(const http::TlsReport& report) {
  std::string text = fmt::format("{}; certificate of \"{}\"", report.protocol, report.subject);
  if (!report.names.empty()) {
    text += fmt::format(" for {}", report.names);
  }
  return text + fmt::format(", issued by \"{}\", valid until {} ({})", report.issuer, report.valid_until,
                            report.seconds_left < 0 ? std::string("over")
                                                    : fmt::format("{} days left", report.seconds_left / kSecondsADay));
}

std::string certificate_remedy(const http::TlsReport& report, const Server& server) {
  switch (report.fault) {
    case CertificateFault::none:
      return {};
    case CertificateFault::unknown_authority:
      return server.ca_file.empty()
                 ? fmt::format(
                       "name the PEM file with the authority that issued it in {} (now the system's roots are "
                       "used), or let {} send the certificates in between",
                       server.ca_file_key, server.what)
                 : fmt::format(
                       "{} ({}) has to hold the authority that issued it, and {} to send the certificates in "
                       "between",
                       server.ca_file_key, server.ca_file, server.what);
    case CertificateFault::expired:
      return fmt::format(
          "renew the certificate, or one in its chain, at {}; if it is not over, this machine's clock "
          "is wrong",
          server.what);
    case CertificateFault::not_yet_valid:
      return "check the clocks of both machines";
    case CertificateFault::other_name:
      return fmt::format(
          "give one of the certificate's own names in {} instead of {}, or have that name added to the "
          "certificate",
          server.url_key, server.host);
    case CertificateFault::other:
      break;
  }
  return fmt::format("let {} show another certificate", server.what);
}

// What the exporter would do with an answer like this one to an event.
std::string consequence(Verdict verdict) {
  switch (verdict) {
    case Verdict::accepted:
      return "the exporter would be done with the event";
    case Verdict::refresh:
      return "the exporter would fetch a new token, send the event once more, and after a second 401 wait and try "
             "again";
    case Verdict::refused:
      return "the exporter would set the event aside as a dead letter, if the sink took others lately";
    case Verdict::sink_problem:
      return "the exporter would take it for a fault of the set-up: wait and try again, deliver nothing, lose nothing";
    case Verdict::retry:
      break;
  }
  return "the exporter would wait and send the event again";
}

std::vector<std::string> status_remedies(int status) {
  if (status / 100 == 3) {
    return {"give the URL to which it redirects in exporter.sink.endpoint: redirects are never followed"};
  }
  switch (status) {
    case 401:
      return {
          "the token was fetched a moment ago, so a new one will not help: the sink has to accept its issuer, its "
          "audience and its scope (exporter.oidc.token_url, exporter.oidc.scope), and its clock has to be right"};
    case 403:
      return {
          "give the client (exporter.oidc.client_id) the right to send events, or ask for the scope that the sink "
          "wants in exporter.oidc.scope"};
    case 404:
    case 405:
    case 410:
    case 415:
    case 421:
      return {"correct exporter.sink.endpoint: its host and path have to be those that take events"};
    case 407:
      return {"a proxy has answered, and event-exporter uses none: give it a direct way to the sink"};
    case 426:
      return {"let the sink take HTTP/1.1"};
    case 413:
      return {"let the sink take bodies of this size and more"};
    case 431:
      return {"let the sink take headers of this size: the token is the long one"};
    case 408:
    case 425:
    case 429:
      return {"try again later; if it stays so, the limits of the sink are too low"};
    default:
      break;
  }
  if (status / 100 == 4) {
    return {
        "the answer and the sink's log say what it does not take; if it wants the form of NVSentinel's published "
        "example, set exporter.event.payload_version = \"numeric_action\""};
  }
  return {"the sink's log says why"};
}

std::vector<std::string> failure_remedies(TransportFailure failure, Duration timeout) {
  switch (failure) {
    case TransportFailure::timeout:
      return {
          fmt::format("let the sink answer sooner, or raise exporter.sink.timeout ({}); it may have taken the event",
                      config::format_duration(timeout))};
    case TransportFailure::tls:
      return {"if the sink asks for a client certificate: event-exporter has none, a token is what it shows"};
    case TransportFailure::reset:
      return {
          "the log of the sink, or of what stands before it, says why the connection was ended; the sink may have "
          "taken the event"};
    case TransportFailure::protocol:
      return {"let the sink speak HTTP/1.1; if it speaks TLS, exporter.sink.endpoint has to start with https://"};
    case TransportFailure::none:
    case TransportFailure::resolve:
    case TransportFailure::connect:
    case TransportFailure::closed:
      break;
  }
  return {};
}

}  // namespace

std::string_view to_string(StepOutcome outcome) {
  switch (outcome) {
    case StepOutcome::ok:
      return "ok";
    case StepOutcome::failed:
      return "failed";
    case StepOutcome::skipped:
      break;
  }
  return "skipped";
}

Finding failed(std::string seen, std::vector<std::string> remedies) {
  Finding finding;
  finding.outcome = StepOutcome::failed;
  finding.seen = std::move(seen);
  finding.remedies = std::move(remedies);
  return finding;
}

Finding skipped(std::string why) {
  Finding finding;
  finding.outcome = StepOutcome::skipped;
  finding.seen = std::move(why);
  return finding;
}

Finding judge_configuration(const config::Loaded& loaded) {
  Finding finding;
  for (const config::Problem& problem : loaded.problems) {
    (problem.severity == config::Severity::error ? finding.remedies : finding.warnings).push_back(to_string(problem));
  }
  finding.seen = loaded.config.config_path;
  if (!loaded.ok()) {
    finding.outcome = StepOutcome::failed;
    finding.invalid = true;
    finding.seen += ": event-exporter does not start with it";
  } else if (loaded.config.sink.timeout <= Duration::zero()) {
    finding.warnings.emplace_back(
        "exporter.sink.timeout is 0: a sink that hangs is waited for without end; here each step is given up in time");
  }
  finding.facts = {{"file", loaded.config.config_path}};
  return finding;
}

Finding judge_addresses(const Result<std::vector<std::string>>& addresses, const Server& server) {
  if (!addresses) {
    return failed(addresses.error().message,
                  {fmt::format("check the host in {} and the name server of this machine; in a pod also its dnsPolicy "
                               "and the network policy (UDP and TCP port 53)",
                               server.url_key)});
  }
  Finding finding;
  finding.seen = fmt::format("{}: {}", server.host, joined(*addresses));
  finding.facts = {{"host", std::string(server.host)}, {"addresses", joined(*addresses)}};
  return finding;
}

Finding judge_connection(std::span<const http::ConnectAttempt> attempts, const Server& server,
                         std::span<const std::string> proxy_variables) {
  std::vector<std::string> problems;
  std::string tried;
  for (const http::ConnectAttempt& attempt : attempts) {
    tried += (tried.empty() ? "" : ", ") + attempt.address;
    if (!attempt.problem.empty()) {
      problems.push_back(fmt::format("{}: {}", attempt.address, attempt.problem));
    }
  }
  Finding finding;
  if (problems.size() < attempts.size()) {
    finding.seen = fmt::format("connected to {}", attempts.back().address);
    if (!problems.empty()) {
      finding.warnings.push_back(
          fmt::format("not every address of {} answers ({}), and each new connection may try it "
                      "first",
                      server.host, joined(problems)));
    }
    finding.facts = {{"tried", tried}, {"connected", attempts.back().address}};
    return finding;
  }
  finding = failed(joined(problems), {fmt::format("check the port in {}, whether {} runs, and firewalls and network "
                                                  "policies on the way",
                                                  server.url_key, server.what)});
  for (const std::string& variable : proxy_variables) {
    finding.remedies.push_back(
        fmt::format("{} is set, but event-exporter uses no proxy: it needs a direct way", variable));
  }
  finding.facts = {{"tried", tried}};
  return finding;
}

Finding judge_tls(const Result<http::TlsReport>& report, const Server& server) {
  if (!report) {
    return failed(report.error().message,
                  {fmt::format("{} has to speak TLS 1.2 or 1.3 on this port; if it speaks plain http, {} has to start "
                               "with http://",
                               server.what, server.url_key)});
  }
  Finding finding;
  finding.facts = {{"protocol", report->protocol},
                   {"subject", report->subject},
                   {"names", report->names},
                   {"issuer", report->issuer},
                   {"validUntil", report->valid_until},
                   {"verified", server.verified ? "true" : "false"}};
  if (report->fault != CertificateFault::none) {
    finding.facts.emplace_back("fault", report->fault_text);
  }
  if (server.verified && report->fault != CertificateFault::none) {
    finding.outcome = StepOutcome::failed;
    finding.seen = fmt::format("the certificate is refused: {}; {}", report->fault_text, certificate_text(*report));
    finding.remedies = {certificate_remedy(*report, server)};
    return finding;
  }
  finding.seen = certificate_text(*report);
  if (!server.verified) {
    finding.seen += "; not verified";
    finding.warnings.push_back(
        report->fault == CertificateFault::none
            ? fmt::format("the certificate is not verified ({} = true), though it would be accepted: remove the key",
                          server.insecure_key)
            : fmt::format("the certificate is not verified ({} = true); it would be refused: {}; to have it accepted, "
                          "{}",
                          server.insecure_key, report->fault_text, certificate_remedy(*report, server)));
  } else if (report->seconds_left < kCertificateWarningDays * kSecondsADay) {
    finding.warnings.push_back(fmt::format("the certificate ends within {} days", kCertificateWarningDays));
  }
  return finding;
}

Finding judge_token(const auth::TokenResponse& token, std::string_view scope_asked, std::string_view secret) {
  Finding finding;
  const std::string scope = http::make_excerpt(http::make_excerpt(token.scope, token.access_token), secret);
  const Duration assumed = auth::TokenCacheOptions().default_lifetime;
  finding.seen = token.lifetime ? "a token that lasts " + config::format_duration(*token.lifetime)
                                : "a token that is taken to last " + config::format_duration(assumed) +
                                      ": the answer does not say";
  if (!scope.empty()) {
    finding.seen += fmt::format("; scope \"{}\"", scope);
    for (const std::string& missing : words_missing(scope_asked, token.scope)) {
      finding.warnings.push_back(fmt::format("exporter.oidc.scope asks for \"{}\", which was not granted", missing));
    }
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(token.lifetime.value_or(Duration::zero()));
  finding.facts = {{"lifetimeSeconds", token.lifetime ? std::to_string(seconds.count()) : ""}, {"scope", scope}};
  return finding;
}

Finding judge_token_failure(const auth::TokenFailure& failure) {
  Finding finding = failed(failure.message + "; without a token the exporter would send nothing, and go on asking");
  finding.facts = {{"status", failure.status == 0 ? "" : std::to_string(failure.status)}, {"error", failure.code}};
  if (failure.code == "invalid_scope") {
    finding.remedies = {"correct exporter.oidc.scope, or allow it for exporter.oidc.client_id at the token endpoint"};
  } else if (failure.status == 401 || failure.code == "invalid_client") {
    finding.remedies = {
        "where the endpoint takes the secret in the body only, set exporter.oidc.client_auth = "
        "\"client_secret_post\""};
  } else if (failure.status / 100 == 3) {
    finding.remedies = {"give the URL to which it redirects in exporter.oidc.token_url"};
  } else if (failure.status / 100 == 2) {
    finding.remedies = {"exporter.oidc.token_url has to be the place where clients get tokens, not a page for people"};
  } else if (failure.status == 404 || failure.status == 405) {
    finding.remedies = {"correct the path in exporter.oidc.token_url"};
  } else if (failure.status != 0) {
    finding.remedies = {"the log of the token endpoint says why"};
  }
  return finding;
}

Finding judge_answer(const event::Answer& answer, Sending sending, WallTime now, Duration timeout) {
  const dispatch::Ruling ruling = dispatch::rule(answer);
  const bool answered = answer.failure == TransportFailure::none;
  Finding finding;
  finding.seen = answered ? fmt::format("status {} after {}: {}; {}", answer.status, milliseconds_text(answer.latency),
                                        ruling.reason, consequence(ruling.verdict))
                          : fmt::format("no answer: {}; {}", answer.excerpt, consequence(ruling.verdict));
  finding.facts = {{"status", answered ? std::to_string(answer.status) : ""},
                   {"failure", answered ? "" : std::string(event::to_string(answer.failure))},
                   {"answer", answer.excerpt}};
  if (ruling.verdict != Verdict::accepted) {
    finding.outcome = StepOutcome::failed;
    if (const Duration wait = dispatch::requested_wait(answer, now); wait > Duration::zero()) {
      finding.seen += fmt::format(", after {} at the earliest, as the sink asks", config::format_duration(wait));
    }
    if (answered && !answer.excerpt.empty()) {
      finding.seen += fmt::format("; the answer begins: {}", answer.excerpt);
    }
    finding.remedies = answered ? status_remedies(answer.status) : failure_remedies(answer.failure, timeout);
  } else if (sending == Sending::repeated && answer.status != 409) {
    finding.seen += "; whether it was stored once only the sink can tell";
  } else if (sending == Sending::first && answer.status == 409) {
    finding.warnings.emplace_back(
        "the sink says that it has this event, but this id was never sent before: it has to compare source and id, "
        "or events count as delivered that it does not store");
  }
  return finding;
}

}  // namespace exporter::app
