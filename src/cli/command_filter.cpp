// `event-exporter filter test EXPRESSION [FILE|-]`: what an expression makes of events, and why.
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iostream>
#include <iterator>

#include "app/event_lines.h"
#include "base/json_text.h"
#include "base/terminal_text.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "decode/json_decoder.h"
#include "filter/program.h"

namespace exporter::cli {

namespace {

std::string_view word(filter::Decision decision) {
  constexpr std::array<std::string_view, 3> kWords = {"kept", "dropped", "error"};
  return kWords[static_cast<std::size_t>(decision)];
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_of(const filter::Problem& problem) {
  return fmt::format(R"({{"line":{},"column":{},"what":{},"remedy":{}}})", problem.line, problem.column,
                     json_text(problem.what), json_text(problem.remedy));
}

std::string json_of(const filter::Reason& reason) {
  std::string operands;
  for (const filter::Reason::Operand& operand : reason.operands) {
    operands += fmt::format(R"({}{{"expression":{},"value":{}}})", operands.empty() ? "" : ",",
                            json_text(operand.expression), json_text(operand.value));
  }
  return fmt::format(R"({{"expression":{},"{}":{},"operands":[{}]}})", json_text(reason.expression),
                     reason.failed ? "error" : "value", json_text(reason.value), operands);
}

template <class Range>
std::string json_list(const Range& range) {
  std::string list;
  for (const auto& each : range) {
    list += (list.empty() ? "" : ",") + json_of(each);
  }
  return "[" + list + "]";
}

std::string text_of(const filter::Reason& reason) {
  std::string text = fmt::format("{} {} {}", reason.expression, reason.failed ? "fails:" : "is", reason.value);
  for (std::size_t i = 0; i < reason.operands.size(); ++i) {
    text += fmt::format("{}{} is {}", i == 0 ? "; " : ", ", reason.operands[i].expression, reason.operands[i].value);
  }
  return text;
}

// One run of the command: counts, and writes what it is told of.
class FilterTest {
 public:
  FilterTest(filter::Program program, bool json) : program_(std::move(program)), evaluator_(program_), json_(json) {}

  void show_warnings() const {
    for (const filter::Problem& warning : program_.warnings()) {
      std::cerr << "warning: " << warning.text() << '\n';
    }
  }

  void take(app::EventLines& lines) {
    if (!lines.problem()) {
      ++unreadable_;
      std::cerr << "line " << lines.number() << ": " << for_terminal(lines.problem().error().message) << '\n';
      return;
    }
    const event::HealthEvent& event = lines.event();
    const filter::Decision decision = evaluator_.evaluate(event).decision;
    ++counts_[static_cast<std::size_t>(decision)];
    const std::vector<filter::Reason> reasons = evaluator_.explain(event);
    if (json_) {
      std::cout << fmt::format(R"({{"line":{},"verdict":"{}","nodeName":{},"checkName":{},"because":{}}})",
                               lines.number(), word(decision), json_text(event.node_name), json_text(event.check_name),
                               json_list(reasons))
                << '\n';
      return;
    }
    std::cout << fmt::format("line {}: {:<7}  {} {}\n", lines.number(), word(decision), for_terminal(event.node_name),
                             for_terminal(event.check_name));
    for (const filter::Reason& reason : reasons) {
      std::cout << "    " << text_of(reason) << '\n';
    }
  }

  // The exit code.
  int finish() const {
    const auto [kept, dropped, failed] = counts_;
    if (json_) {
      std::cout << fmt::format(R"({{"summary":{{"kept":{},"dropped":{},"error":{},"unreadable":{}}},"warnings":{}}})",
                               kept, dropped, failed, unreadable_, json_list(program_.warnings()))
                << '\n';
    } else {
      std::cout << fmt::format("kept {} · dropped {} · error {} (exported) · unreadable {}\n", kept, dropped, failed,
                               unreadable_);
    }
    return unreadable_ == 0 ? 0 : 1;
  }

 private:
  filter::Program program_;
  filter::Evaluator evaluator_;
  bool json_;
  std::array<std::uint64_t, 3> counts_ = {};
  std::uint64_t unreadable_ = 0;
};

int give_up(const std::string& message) {
  std::cerr << "event-exporter filter test: " << message << '\n';
  return 2;
}

int refuse(const filter::Problem& problem, bool json) {
  if (json) {
    std::cout << fmt::format(R"({{"error":{}}})", json_of(problem)) << '\n';
  }
  return give_up("this expression cannot be used\n" + problem.text());
}

}  // namespace

int run_filter_test(std::span<const std::string> arguments) {
  std::string expression;
  std::string file;
  bool explain = false;
  bool json = false;
  Arguments parser("event-exporter filter test",
                   "Says which events a filter expression keeps, and why. Exit code: 0; 1 a line is no event; 2 the "
                   "expression cannot be used, or usage and file errors.");
  parser.positional("EXPRESSION", expression, "as in exporter.filter.expression", true);
  parser.positional("FILE", file,
                    "events, one JSON object a line: as `ingest` takes them, or documents as they are stored; - is the "
                    "standard input. Without it only the expression is checked",
                    false);
  parser.flag("explain", explain, "first show the expression as a tree with its types");
  parser.flag("json", json, "one JSON object a line");
  if (const auto exit_code = parser.parse(arguments)) {
    return *exit_code;
  }
  // Blank is no filter: everything is exported.
  auto program = filter::Program::compile(filter::is_blank(expression) ? "true" : expression);
  if (!program) {
    return refuse(program.error(), json);
  }
  std::ifstream opened;
  if (!file.empty() && file != "-") {
    opened.open(file, std::ios::binary);
    opened.peek();
    if (opened.fail() && !opened.eof()) {
      return give_up("cannot read " + file);
    }
  }
  if (explain) {
    std::cout << program->typed_tree();
  }
  FilterTest test(*program, json);
  test.show_warnings();
  if (file.empty()) {
    if (!explain && !json) {
      std::cout << "the expression can be used; give a FILE of events, or -, to see what it does\n";
    }
    return json ? test.finish() : 0;
  }
  decode::JsonDecoder decoder;
  app::EventLines lines(file == "-" ? std::cin : opened, decoder, app::EventLines::Accepts::events_and_documents);
  while (lines.next()) {
    test.take(lines);
  }
  const int exit_code = test.finish();
  return lines.broken() ? give_up("the input broke off") : exit_code;
}

}  // namespace exporter::cli
