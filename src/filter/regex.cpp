#include "filter/regex.h"

#include <re2/re2.h>

#include <utility>

namespace exporter::filter {

struct Regex::Impl {
  Impl(std::string_view pattern, const RE2::Options& options)
      : expression(re2::StringPiece(pattern.data(), pattern.size()), options) {}
  RE2 expression;
};

Regex::Regex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Regex::~Regex() = default;

tl::expected<std::unique_ptr<Regex>, std::string> Regex::compile(std::string_view pattern) {
  if (pattern.size() > kLongest) {
    return tl::unexpected<std::string>("it is longer than " + std::to_string(kLongest) + " bytes");
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(std::int64_t{2} << 20);
  auto impl = std::make_unique<Impl>(pattern, options);
  if (!impl->expression.ok()) {
    return tl::unexpected<std::string>(impl->expression.error());
  }
  return std::unique_ptr<Regex>(new Regex(std::move(impl)));
}

bool Regex::matches(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), impl_->expression);
}

}  // namespace exporter::filter
