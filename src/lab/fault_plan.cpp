#include "lab/fault_plan.h"

#include <charconv>
#include <iterator>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/json_text.h"

namespace exporter::lab {
namespace {

constexpr double kNanosAMilli = 1e6;

Result<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is not a number", text));
  }
  return value;
}

Result<std::pair<int, double>> status_rate(std::string_view status_text, double rate) {
  const Result<double> status = parse_number(status_text);
  if (!status) {
    return fail(status.error());
  }
  if (!(*status >= 200 && *status <= 599)) {
    return fail(ErrorKind::invalid, fmt::format("status {} is not in 200..599", status_text));
  }
  return std::pair(static_cast<int>(*status), rate);
}

// Takes one member of the JSON object over into `faults`.
Result<void> take_member(std::string_view key, simdjson::dom::element value, Faults& faults) {
  if (key == "poison") {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) {
      return fail(ErrorKind::invalid, "poison is not a string");
    }
    faults.poison = text;
    return {};
  }
  if (key == "statusRates") {
    simdjson::dom::object rates;
    if (value.get(rates) != simdjson::SUCCESS) {
      return fail(ErrorKind::invalid, "statusRates is not an object");
    }
    faults.status_rates.clear();
    for (const auto& [status, rate_value] : rates) {
      double rate = 0;
      if (rate_value.get(rate) != simdjson::SUCCESS) {
        return fail(ErrorKind::invalid, "a status rate is not a number");
      }
      const auto pair = status_rate(status, rate);
      if (!pair) {
        return fail(pair.error());
      }
      faults.status_rates.push_back(*pair);
    }
    return {};
  }
  double number = 0;
  if (value.get(number) != simdjson::SUCCESS) {
    return fail(ErrorKind::invalid, fmt::format("{} is not a number", key));
  }
  if (!(number >= -1e9 && number <= 1e9)) {
    return fail(ErrorKind::invalid, fmt::format("{} is out of range", key));
  }
  if (key == "delayMs") {
    faults.delay = Duration(static_cast<std::int64_t>(number * kNanosAMilli));
  } else if (key == "jitterMs") {
    faults.jitter = Duration(static_cast<std::int64_t>(number * kNanosAMilli));
  } else if (key == "retryAfter") {
    faults.retry_after = static_cast<std::int64_t>(number);
  } else if (key == "poisonStatus") {
    faults.poison_status = static_cast<int>(number);
  } else if (key == "cutRate") {
    faults.cut_rate = number;
  } else {
    return fail(ErrorKind::invalid, fmt::format("unknown key {}", key));
  }
  return {};
}

}  // namespace

FaultPlan::FaultPlan(Faults faults, std::uint64_t seed) : faults_(std::move(faults)), random_(seed) {}

double FaultPlan::draw() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

Fate FaultPlan::next(std::string_view body) {
  Fate fate;
  fate.delay = faults_.delay;
  if (faults_.jitter > Duration::zero()) {
    fate.delay += Duration(static_cast<std::int64_t>(draw() * static_cast<double>(faults_.jitter.count())));
  }
  if (faults_.cut_rate > 0 && draw() < faults_.cut_rate) {
    fate.cut = draw() < 0.5 ? Cut::before : Cut::after;
    return fate;
  }
  if (!faults_.poison.empty() && body.find(faults_.poison) != std::string_view::npos) {
    fate.status = faults_.poison_status;
    return fate;
  }
  if (faults_.status_rates.empty()) {
    return fate;
  }
  double rest = draw();
  for (const auto& [status, rate] : faults_.status_rates) {
    if (rest < rate) {
      fate.status = status;
      return fate;
    }
    rest -= rate;
  }
  return fate;
}

Result<std::vector<std::pair<int, double>>> parse_status_rates(std::string_view text) {
  std::vector<std::pair<int, double>> rates;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t colon = item.find(':');
    if (colon == std::string_view::npos) {
      return fail(ErrorKind::invalid, fmt::format("\"{}\" is not STATUS:RATE, for example 503:0.1", item));
    }
    const Result<double> rate = parse_number(item.substr(colon + 1));
    if (!rate) {
      return fail(rate.error());
    }
    const auto pair = status_rate(item.substr(0, colon), *rate);
    if (!pair) {
      return fail(pair.error());
    }
    rates.push_back(*pair);
  }
  return rates;
}

Result<void> check_faults(const Faults& faults) {
  double sum = 0;
  for (const auto& [status, rate] : faults.status_rates) {
    if (!(rate >= 0 && rate <= 1)) {
      return fail(ErrorKind::invalid, fmt::format("rate {} is not in 0..1", rate));
    }
    sum += rate;
  }
  if (sum > 1) {
    return fail(ErrorKind::invalid, fmt::format("the status rates add up to {}, more than 1", sum));
  }
  if (!(faults.cut_rate >= 0 && faults.cut_rate <= 1)) {
    return fail(ErrorKind::invalid, fmt::format("cut rate {} is not in 0..1", faults.cut_rate));
  }
  if (faults.poison_status < 200 || faults.poison_status > 599) {
    return fail(ErrorKind::invalid, fmt::format("poison status {} is not in 200..599", faults.poison_status));
  }
  if (faults.delay < Duration::zero() || faults.jitter < Duration::zero()) {
    return fail(ErrorKind::invalid, "a delay is negative");
  }
  return {};
}

Result<Faults> faults_from_json(std::string_view json, const Faults& base) {
  simdjson::dom::parser parser;
  simdjson::dom::object members;
  if (parser.parse(json.data(), json.size()).get(members) != simdjson::SUCCESS) {
    return fail(ErrorKind::invalid, "not a JSON object");
  }
  Faults faults = base;
  for (const auto& [key, value] : members) {
    if (auto taken = take_member(key, value, faults); !taken) {
      return fail(taken.error());
    }
  }
  if (auto checked = check_faults(faults); !checked) {
    return fail(checked.error());
  }
  return faults;
}

std::string faults_to_json(const Faults& faults) {
  std::string rates;
  for (const auto& [status, rate] : faults.status_rates) {
    fmt::format_to(std::back_inserter(rates), "{}\"{}\":{}", rates.empty() ? "" : ",", status, rate);
  }
  std::string json = fmt::format(
      R"({{"delayMs":{},"jitterMs":{},"statusRates":{{{}}},"retryAfter":{},"cutRate":{},"poisonStatus":{},"poison":)",
      static_cast<double>(faults.delay.count()) / kNanosAMilli,
      static_cast<double>(faults.jitter.count()) / kNanosAMilli, rates, faults.retry_after, faults.cut_rate,
      faults.poison_status);
  append_json_string(json, faults.poison);
  return json + "}";
}

}  // namespace exporter::lab
