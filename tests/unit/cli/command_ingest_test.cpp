#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/command.h"
#include "support/temp_dir.h"

namespace exporter::cli {

namespace {

class CommandIngest : public ::testing::Test {
 protected:
  CommandIngest() { ::unsetenv("DATASTORE_PATH"); }
  int run(const std::vector<std::string>& arguments) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int exit_code = run_ingest(arguments);
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return exit_code;
  }
  std::string file(const std::string& text) {
    std::ofstream(dir_ / "in.jsonl") << text;
    return dir_ / "in.jsonl";
  }

  testing::TempDir dir_;
  const std::string store_ = dir_ / "events.db";
  std::string out_;
  std::string err_;
};

constexpr const char* kGood = "{\"nodeName\": \"n\", \"checkName\": \"c\"}\n";

TEST_F(CommandIngest, SaysHowManyWereStored) {
  std::string text;
  for (int line = 0; line < 1234; ++line) {
    text += kGood;
  }
  EXPECT_EQ(run({file(text), "--datastore", store_}), 0);
  EXPECT_EQ(out_, "stored 1,234 · rejected 0\n");
  EXPECT_EQ(err_, "");
}

TEST_F(CommandIngest, NamesTheBadLinesAndFailsThen) {
  ::setenv("DATASTORE_PATH", store_.c_str(), 1);
  EXPECT_EQ(run({file(std::string(kGood) + "[]\n")}), 1);
  EXPECT_EQ(out_, "stored 1 · rejected 1\n");
  EXPECT_EQ(err_, "line 2: must be a JSON object\n");
}

TEST_F(CommandIngest, TakesAnEmptyFile) {
  EXPECT_EQ(run({file(""), "--datastore", store_}), 0);
  EXPECT_EQ(out_, "stored 0 · rejected 0\n");
}

TEST_F(CommandIngest, EndsWithTwoWhenItCannotBegin) {
  EXPECT_EQ(run({file(kGood)}), 2);
  EXPECT_EQ(run({"--datastore", store_, dir_ / "absent"}), 2);
  EXPECT_EQ(err_, "event-exporter ingest: cannot read " + (dir_ / "absent") + "\n");
  EXPECT_FALSE(std::filesystem::exists(store_));
  EXPECT_EQ(run({file(kGood), "--datastore", dir_ / "in.jsonl"}), 2);
  EXPECT_EQ(run({"--datastore", dir_ / "no/where.db", file(kGood)}), 2);
}

}  // namespace

}  // namespace exporter::cli
