// The messages, word for word: they are most of what a user meets of the compiler.
#include "support.h"

namespace exporter::filter {
namespace {

std::string message_of(std::string_view expression) {
  const auto program = Program::compile(expression);
  if (!program) {
    return program.error().text();
  }
  std::string warnings;
  for (const Problem& warning : program->warnings()) {
    warnings += (warnings.empty() ? "" : "\n") + warning.text();
  }
  return warnings;
}

TEST(Messages, ErrorsNameThePlaceAndTheRemedy) {
  EXPECT_EQ(message_of(R"cel(event.isFatal)cel"),
            R"text(line 1, column 1: the expression must return boolean, and a bare field counts as a value of any type
  event.isFatal
  ^~~~~~~~~~~~~
  write event.isFatal == true)text");
  EXPECT_EQ(message_of(R"cel(event.agent)cel"),
            R"text(line 1, column 1: the expression must return boolean, and this may return anything
  event.agent
  ^~~~~~~~~~~
  compare it with a value, as in event.isFatal == true)text");
  EXPECT_EQ(message_of(R"cel((event.isFatal == true)cel"),
            R"text(line 1, column 23: the expression ends here, but this bracket should be closed with )
  (event.isFatal == true
                        ^)text");
  EXPECT_EQ(message_of(R"cel(event.isFatal = true)cel"),
            R"text(line 1, column 15: this character has no meaning here
  event.isFatal = true
                ^
  "equals" is written ==)text");
  EXPECT_EQ(message_of(R"cel(event.agent == 'x' and event.isFatal)cel"),
            R"text(line 1, column 20: the expression should end here, not and
  event.agent == 'x' and event.isFatal
                     ^~~
  "and" is written &&)text");
  EXPECT_EQ(message_of(R"cel(agent == 'x')cel"),
            R"text(line 1, column 1: there is no variable "agent"
  agent == 'x'
  ^~~~~
  write event.agent)text");
  EXPECT_EQ(message_of(R"cel(event.agent.lower() == 'x')cel"),
            R"text(line 1, column 13: there is no function "lower"
  event.agent.lower() == 'x'
              ^~~~~
  for texts in any letter case write x.matches('(?i)...'))text");
  EXPECT_EQ(message_of(R"cel(event.message.startWith('GPU'))cel"),
            R"text(line 1, column 15: there is no function "startWith"
  event.message.startWith('GPU')
                ^~~~~~~~~
  did you mean startsWith?)text");
  EXPECT_EQ(message_of(R"cel(contains(event.message, 'GPU'))cel"),
            R"text(line 1, column 1: contains is not called in this way
  contains(event.message, 'GPU')
  ^~~~~~~~
  write x.contains(...))text");
  EXPECT_EQ(message_of(R"cel(1 == '1')cel"),
            R"text(line 1, column 3: "==" does not compare int with string
  1 == '1'
    ^~)text");
  EXPECT_EQ(message_of(R"cel(event.agent == "x)cel"),
            R"text(line 1, column 16: this string has no end
  event.agent == "x
                 ^
  close it with ")text");
  EXPECT_EQ(
      message_of(R"cel(event.message == 'a\s')cel"),
      R"text(line 1, column 20: there is no such escape sequence; a backslash is written \\, or in a raw string r'...'
  event.message == 'a\s'
                     ^~)text");
  EXPECT_EQ(message_of(R"cel(['a'] == 'a')cel"),
            R"text(line 1, column 7: "==" does not compare list(string) with string
  ['a'] == 'a'
        ^~
  write 'a' in ['a'])text");
  EXPECT_EQ(message_of(R"cel(event.errorCode.exists('c', c == '1'))cel"),
            R"text(line 1, column 24: the first argument of exists() must be a new name
  event.errorCode.exists('c', c == '1')
                         ^~~
  for example event.errorCode.exists(code, ...))text");
  EXPECT_EQ(message_of(R"cel(has(event['agent']))cel"),
            R"text(line 1, column 5: has() asks for a field that is named with a dot, as in has(event.metadata.gpu)
  has(event['agent'])
      ^~~~~~~~~~~~~~
  for other keys write 'key' in event.metadata)text");
  EXPECT_EQ(message_of(R"cel(event.isFatal ? 1 : 'a')cel"),
            R"text(line 1, column 15: both results of a conditional must have one type, and these are int and string
  event.isFatal ? 1 : 'a'
                ^
  dyn(...) around one of them allows it)text");
  EXPECT_EQ(message_of(R"cel(if (event.isFatal) true)cel"),
            R"text(line 1, column 1: the name "if" is reserved
  if (event.isFatal) true
  ^~
  a choice is written condition ? one : other)text");
  EXPECT_EQ(message_of(R"cel(event.isFatal == True)cel"),
            R"text(line 1, column 18: there is no variable "True"
  event.isFatal == True
                   ^~~~
  write true)text");
  EXPECT_EQ(message_of(R"cel(event.recommendedAction == RESTART_VM)cel"),
            R"text(line 1, column 28: there is no variable "RESTART_VM"
  event.recommendedAction == RESTART_VM
                             ^~~~~~~~~~
  a text stands in quotes: 'RESTART_VM')text");
  EXPECT_EQ(message_of(R"cel(event.isFatal == true &&
  event.isHealthy = false)cel"),
            R"text(line 2, column 19: this character has no meaning here
    event.isHealthy = false
                    ^
  "equals" is written ==)text");
  EXPECT_EQ(message_of(R"cel(99999999999999999999 > 1)cel"),
            R"text(line 1, column 1: this number does not fit into an int of 64 bits
  99999999999999999999 > 1
  ^~~~~~~~~~~~~~~~~~~~)text");
}

TEST(Messages, WarningsNameThePlaceAndTheRemedy) {
  EXPECT_EQ(message_of(R"cel(event.errorCode == '45')cel"),
            R"text(line 1, column 17: "==" compares list(string) with string, so it is always false
  event.errorCode == '45'
                  ^~
  write '45' in event.errorCode)text");
  EXPECT_EQ(message_of(R"cel(event.errorCode != '45')cel"),
            R"text(line 1, column 17: "!=" compares list(string) with string, so it is always true
  event.errorCode != '45'
                  ^~
  write !('45' in event.errorCode))text");
  EXPECT_EQ(message_of(R"cel(event.mesage == 'x')cel"),
            R"text(line 1, column 1: no event has a field "mesage": this always fails, and what fails is exported
  event.mesage == 'x'
  ^~~~~~~~~~~~
  did you mean event.message?)text");
  EXPECT_EQ(message_of(R"cel(event.temperature > 5)cel"),
            R"text(line 1, column 1: no event has a field "temperature": this always fails, and what fails is exported
  event.temperature > 5
  ^~~~~~~~~~~~~~~~~
  an event has agent, checkName, componentClass, errorCode, isFatal, isHealthy, message, metadata, nodeName and recommendedAction)text");
  EXPECT_EQ(message_of(R"cel(has(event.node))cel"),
            R"text(line 1, column 1: no event has a field "node", so this is always false
  has(event.node)
  ^~~~~~~~~~~~~~~
  an event has agent, checkName, componentClass, errorCode, isFatal, isHealthy, message, metadata, nodeName and recommendedAction)text");
  EXPECT_EQ(message_of(R"cel(event['mesage'] == 'x')cel"),
            R"text(line 1, column 1: no event has a field "mesage": this always fails, and what fails is exported
  event['mesage'] == 'x'
  ^~~~~~~~~~~~~~~
  did you mean event.message?)text");
  EXPECT_EQ(message_of(R"cel(45 in event.errorCode)cel"),
            R"text(line 1, column 4: "in" looks for int in list(string), so it is always false
  45 in event.errorCode
     ^~
  write '45' in event.errorCode)text");
  EXPECT_EQ(message_of(R"cel(event.errorCode in ['31', '45'])cel"),
            R"text(line 1, column 17: "in" looks for list(string) in list(string), so it is always false
  event.errorCode in ['31', '45']
                  ^~
  write event.errorCode.exists(x, x in ['31', '45']))text");
  EXPECT_EQ(
      message_of(R"cel('GPU' in event.message)cel"),
      R"text(line 1, column 7: "in" has no meaning for string, string: this always fails, and what fails is exported
  'GPU' in event.message
        ^~
  for a part of a text write event.message.contains('GPU'))text");
  EXPECT_EQ(
      message_of(R"cel(event.errorCode.contains('45'))cel"),
      R"text(line 1, column 17: "contains" has no meaning for list(string), string: this always fails, and what fails is exported
  event.errorCode.contains('45')
                  ^~~~~~~~
  write '45' in event.errorCode)text");
  EXPECT_EQ(
      message_of(R"cel(event.errorCode.startsWith('4'))cel"),
      R"text(line 1, column 17: "startsWith" has no meaning for list(string), string: this always fails, and what fails is exported
  event.errorCode.startsWith('4')
                  ^~~~~~~~~~
  write event.errorCode.exists(x, x.startsWith('4')))text");
  EXPECT_EQ(
      message_of(R"cel(event.metadata.contains('gpu'))cel"),
      R"text(line 1, column 16: "contains" has no meaning for map(string, string), string: this always fails, and what fails is exported
  event.metadata.contains('gpu')
                 ^~~~~~~~
  write 'gpu' in event.metadata)text");
  EXPECT_EQ(message_of(R"cel(event.isFatal == 'true')cel"),
            R"text(line 1, column 15: "==" compares bool with string, so it is always false
  event.isFatal == 'true'
                ^~
  write true without quotes)text");
  EXPECT_EQ(message_of(R"cel(event.metadata.temperature > 80)cel"),
            R"text(line 1, column 28: ">" has no meaning for string, int: this always fails, and what fails is exported
  event.metadata.temperature > 80
                             ^
  read it as a number: int(event.metadata.temperature))text");
  EXPECT_EQ(message_of(R"cel(event.metadata.count == 5)cel"),
            R"text(line 1, column 22: "==" compares string with int, so it is always false
  event.metadata.count == 5
                       ^~
  put the number in quotes, or write int(event.metadata.count))text");
  EXPECT_EQ(
      message_of(R"cel(event.agent && event.isFatal)cel"),
      R"text(line 1, column 1: && needs a boolean, and this is string: this always fails, and what fails is exported
  event.agent && event.isFatal
  ^~~~~~~~~~~
  compare it with a value, as in event.isFatal == true)text");
  EXPECT_EQ(message_of(R"cel(event.recommendedAction == 'none')cel"),
            R"text(line 1, column 28: no recommended action has this name
  event.recommendedAction == 'none'
                             ^~~~~~
  did you mean 'NONE'?)text");
  EXPECT_EQ(message_of(R"cel(event.recommendedAction in ['RESTART_WM', 'NONE'])cel"),
            R"text(line 1, column 29: no recommended action has this name
  event.recommendedAction in ['RESTART_WM', 'NONE']
                              ^~~~~~~~~~~~
  did you mean 'RESTART_BM'?)text");
  EXPECT_EQ(
      message_of(R"cel(event.message.matches('['))cel"),
      R"text(line 1, column 23: this regular expression cannot be read (missing ]: [): matches() always fails, and what fails is exported
  event.message.matches('[')
                        ^~~
  the syntax is RE2's)text");
  EXPECT_EQ(
      message_of(R"cel(event.agent.name == 'x')cel"),
      R"text(line 1, column 13: string has no fields, and so no "name": this always fails, and what fails is exported
  event.agent.name == 'x'
              ^~~~)text");
  EXPECT_EQ(message_of(R"cel(event.metadata.all(k, v, true) || event.isFatal)cel"),
            R"text(line 1, column 16: all() is not called in this way
  event.metadata.all(k, v, true) || event.isFatal
                 ^~~
  write event.errorCode.all(code, code == '45'))text");
  EXPECT_EQ(
      message_of(R"cel(event.agent.all(c, c == 'x'))cel"),
      R"text(line 1, column 1: all() runs over lists and maps, and this is string: this always fails, and what fails is exported
  event.agent.all(c, c == 'x')
  ^~~~~~~~~~~)text");
  EXPECT_EQ(message_of(R"cel(event.errorCode.exists(c, c == 45))cel"),
            R"text(line 1, column 29: "==" compares string with int, so it is always false
  event.errorCode.exists(c, c == 45)
                              ^~
  put the number in quotes, or write int(c))text");
}

TEST(Messages, LongLinesAreCutAroundThePlace) {
  const std::string far = "event.agent == '" + std::string(300, 'x') + "' && nothing == 1 && event.agent == '" +
                          std::string(300, 'y') + "'";
  EXPECT_EQ(message_of(far), "line 1, column 322: there is no variable \"nothing\"\n  ..." + std::string(35, 'x') +
                                 "' && nothing == 1 && event.agent == '" + std::string(24, 'y') + "...\n  " +
                                 std::string(43, ' ') + "^~~~~~~");
}

TEST(Messages, NothingInThemActsOnATerminal) {
  const std::string message = message_of("event.agent == '\x1b[31m\xc2\x9b' && nothing == 1");
  EXPECT_EQ(message.find('\x1b'), std::string::npos) << message;
  EXPECT_EQ(message.find("\xc2\x9b"), std::string::npos) << message;
  EXPECT_EQ(message_of("'\u00e9\u20ac' == x"),
            "line 1, column 9: there is no variable \"x\"\n  '\u00e9\u20ac' == x\n          ^");
  EXPECT_EQ(message_of("true == \xff\xfe"), "line 1, column 9: this byte is no valid UTF-8\n  true == ??\n          ^");
}

TEST(Messages, ATreeShowsWhatWasUnderstood) {
  const auto program = Program::compile("event.isFatal == true && ('45' in event.errorCode || size(event.agent) > 2)");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->typed_tree(), R"(and : bool
  == : bool
    event.isFatal : dyn
    true : bool
  or : bool
    in : bool
      "45" : string
      event.errorCode : dyn
    > : bool
      size() : int
        event.agent : dyn
      2 : int
)");
}

}  // namespace
}  // namespace exporter::filter
