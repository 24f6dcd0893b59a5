#include "filter/program.h"

#include <algorithm>
#include <string>
#include <utility>

#include "filter/ast.h"
#include "filter/checker.h"
#include "filter/explain.h"
#include "filter/machine.h"
#include "filter/parser.h"

namespace exporter::filter {

Program::Program(std::shared_ptr<const Tree> tree, std::vector<Problem> warnings)
    : tree_(std::move(tree)), warnings_(std::make_shared<const std::vector<Problem>>(std::move(warnings))) {}

tl::expected<Program, Problem> Program::compile(std::string_view expression) {
  tl::expected<std::unique_ptr<Tree>, Problem> tree = parse(expression);
  if (!tree) {
    return tl::unexpected<Problem>(std::move(tree.error()));
  }
  if (std::optional<Problem> problem = check(**tree)) {
    return tl::unexpected<Problem>(*std::move(problem));
  }
  std::vector<Problem> warnings = find_warnings(**tree);
  prepare_constants(**tree);
  return Program(std::shared_ptr<const Tree>(*std::move(tree)), std::move(warnings));
}

std::string_view Program::expression() const { return tree_->source; }

std::string Program::typed_tree() const { return filter::typed_tree(*tree_); }

bool is_blank(std::string_view expression) { return expression.find_first_not_of(" \t\n\r") == std::string_view::npos; }

struct Evaluator::Impl {
  explicit Impl(Program given) : program(std::move(given)), machine(*program.tree_) {}
  Program program;
  Machine machine;
  std::string error;
};

Evaluator::Evaluator(Program program) : impl_(std::make_unique<Impl>(std::move(program))) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&& other) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&& other) noexcept = default;

Verdict Evaluator::evaluate(const event::HealthEvent& event) {
  const Tree& tree = *impl_->program.tree_;
  impl_->machine.begin(event);
  const Value value = impl_->machine.evaluate(*tree.root);
  if (value.is(Kind::boolean)) {
    return {value.truth ? Decision::kept : Decision::dropped, {}};
  }
  // The static type is bool, so what is no boolean is an error; but a filter that is not sure exports.
  impl_->error = value.is(Kind::error) ? to_text(tree, *value.failure) : "the result is no boolean";
  return {Decision::failed, impl_->error};
}

std::vector<Reason> Evaluator::explain(const event::HealthEvent& event) {
  impl_->machine.begin(event);
  return find_reasons(*impl_->program.tree_, impl_->machine);
}

}  // namespace exporter::filter
