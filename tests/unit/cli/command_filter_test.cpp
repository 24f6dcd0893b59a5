#include <gtest/gtest.h>

#include <fstream>

#include "cli/command.h"
#include "support/temp_dir.h"

namespace exporter::cli {

namespace {

class CommandFilter : public ::testing::Test {
 protected:
  int run(const std::vector<std::string>& arguments) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int exit_code = run_filter_test(arguments);
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return exit_code;
  }
  std::string file(const std::string& text) {
    std::ofstream(dir_ / "events.jsonl") << text;
    return dir_ / "events.jsonl";
  }

  testing::TempDir dir_;
  std::string out_;
  std::string err_;
};

constexpr const char* kEvents =
    R"({"nodeName": "n1", "checkName": "GpuXidError", "isFatal": true, "errorCode": ["79"]})"
    "\n\n"
    R"({"healthevent": {"nodename": "n2", "checkname": "GpuPowerWatch"}, "createdAt": "2026-11-01T00:00:00Z"})"
    "\n"
    R"({"nodeName": "n3", "checkName": "GpuXidError", "metadata": {"zone": "a"}})"
    "\n";

TEST_F(CommandFilter, SaysOfEachEventWhatBecomesOfItAndWhy) {
  EXPECT_EQ(run({"event.isFatal == true || event.metadata.zone == 'b'", file(kEvents)}), 0);
  EXPECT_EQ(
      out_,
      "line 1: kept     n1 GpuXidError\n"
      "    event.isFatal == true is true; event.isFatal is true\n"
      "line 3: error    n2 GpuPowerWatch\n"
      "    event.metadata.zone == 'b' fails: event.metadata.zone: no such key: zone; event.metadata.zone is not there\n"
      "line 4: dropped  n3 GpuXidError\n"
      "    event.isFatal == true is false; event.isFatal is false\n"
      "    event.metadata.zone == 'b' is false; event.metadata.zone is \"a\"\n"
      "kept 1 · dropped 1 · error 1 (exported) · unreadable 0\n");
  EXPECT_EQ(err_, "");
}

TEST_F(CommandFilter, TellsProgramsTheSame) {
  EXPECT_EQ(run({"--json", "'79' in event.errorCode", file(kEvents)}), 0);
  EXPECT_EQ(out_.substr(0, out_.find('\n')),
            R"({"line":1,"verdict":"kept","nodeName":"n1","checkName":"GpuXidError","because":)"
            R"([{"expression":"'79' in event.errorCode","value":"true","operands":)"
            R"([{"expression":"event.errorCode","value":"[\"79\"]"}]}]})");
  EXPECT_NE(out_.find(R"({"summary":{"kept":1,"dropped":2,"error":0,"unreadable":0},"warnings":[]})"),
            std::string::npos)
      << out_;
}

TEST_F(CommandFilter, RefusesAnExpressionThatCannotBeUsed) {
  EXPECT_EQ(run({"event.isFatal", file(kEvents)}), 2);
  EXPECT_EQ(out_, "");
  EXPECT_NE(err_.find("must return boolean"), std::string::npos) << err_;
  EXPECT_NE(err_.find("\n  event.isFatal\n  ^~~~~~~~~~~~~\n  write event.isFatal == true\n"), std::string::npos)
      << err_;
  EXPECT_EQ(run({"--json", "event.isFatal ="}), 2);
  EXPECT_EQ(out_, R"({"error":{"line":1,"column":15,"what":"this character has no meaning here","remedy":)"
                  R"("\"equals\" is written =="}})"
                  "\n");
}

TEST_F(CommandFilter, WarnsOfWhatCannotHaveBeenMeant) {
  EXPECT_EQ(run({"event.errorCode == '79'", file(kEvents)}), 0);
  EXPECT_NE(err_.find("warning: line 1, column 17: "), std::string::npos) << err_;
  EXPECT_NE(err_.find("write '79' in event.errorCode"), std::string::npos) << err_;
  EXPECT_NE(out_.find("kept 0 · dropped 3"), std::string::npos) << out_;
}

TEST_F(CommandFilter, ReportsLinesThatAreNoEvents) {
  EXPECT_EQ(run({"true", file(std::string(kEvents) + "[]\nnonsense\n")}), 1);
  EXPECT_NE(err_.find("line 5: must be a JSON object\nline 6: not valid JSON"), std::string::npos) << err_;
  EXPECT_NE(out_.find("kept 3 · dropped 0 · error 0 (exported) · unreadable 2\n"), std::string::npos) << out_;
}

TEST_F(CommandFilter, ChecksAnExpressionWithoutEvents) {
  EXPECT_EQ(run({"event.isFatal == true"}), 0);
  EXPECT_NE(out_.find("can be used"), std::string::npos);
  EXPECT_EQ(run({"--explain", "event.isFatal == true"}), 0);
  EXPECT_EQ(out_, "== : bool\n  event.isFatal : dyn\n  true : bool\n");
  EXPECT_EQ(run({" \n", file(kEvents)}), 0);
  EXPECT_NE(out_.find("kept 3"), std::string::npos);
  EXPECT_EQ(run({"true", "/nonexistent/events"}), 2);
  EXPECT_EQ(run({"true", dir_ / "."}), 2);
  EXPECT_EQ(run({}), 2);
}

}  // namespace
}  // namespace exporter::cli
