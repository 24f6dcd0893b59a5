#include "cli/arguments.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <vector>

namespace exporter::cli {

struct Arguments::Impl {
  CLI::App app;
  explicit Impl(std::string description) : app(std::move(description)) {}
};

namespace {

std::string dashed(std::string_view name) { return "--" + std::string(name); }

// Go's flag package takes one dash as well as two for a long name; CLI11 would read one dash as a row of short options.
std::string with_two_dashes(const std::string& argument) {
  const bool one_dash = argument.size() > 2 && argument[0] == '-' && argument[1] != '-';
  const bool number = one_dash && (argument[1] == '.' || (argument[1] >= '0' && argument[1] <= '9'));
  return one_dash && !number ? "-" + argument : argument;
}

}  // namespace

Arguments::Arguments(std::string usage_name, std::string description)
    : impl_(std::make_unique<Impl>(std::move(description))) {
  impl_->app.name(std::move(usage_name));
}
Arguments::~Arguments() = default;

void Arguments::option(std::string_view name, std::string& target, std::string_view help) {
  impl_->app.add_option(dashed(name), target, std::string(help))->capture_default_str();
}
void Arguments::option(std::string_view name, std::int64_t& target, std::string_view help) {
  impl_->app.add_option(dashed(name), target, std::string(help))->capture_default_str();
}
void Arguments::option(std::string_view name, double& target, std::string_view help) {
  impl_->app.add_option(dashed(name), target, std::string(help))->capture_default_str();
}
void Arguments::flag(std::string_view name, bool& target, std::string_view help) {
  impl_->app.add_flag(dashed(name), target, std::string(help));
}
void Arguments::positional(std::string_view name, std::string& target, std::string_view help, bool required) {
  impl_->app.add_option(std::string(name), target, std::string(help))->required(required);
}

void Arguments::positional(std::string_view name, std::vector<std::string>& target, std::string_view help) {
  impl_->app.add_option(std::string(name), target, std::string(help));
}

std::optional<int> Arguments::parse(std::span<const std::string> arguments) {
  // CLI11 takes the arguments last first.
  std::vector<std::string> reversed;
  reversed.reserve(arguments.size());
  std::transform(arguments.rbegin(), arguments.rend(), std::back_inserter(reversed), with_two_dashes);
  try {
    impl_->app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    std::cout << impl_->app.help();
    return 0;
  } catch (const CLI::ParseError& error) {
    std::cerr << error.what() << "\n\n" << impl_->app.help();
    return 2;
  }
  return std::nullopt;
}

bool Arguments::given(std::string_view name) const {
  const CLI::Option* const option = impl_->app.get_option_no_throw(dashed(name));
  return option != nullptr && option->count() > 0;
}

}  // namespace exporter::cli
