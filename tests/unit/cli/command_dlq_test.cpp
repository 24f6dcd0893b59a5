#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "cli/command.h"
#include "cli/dlq_text.h"
#include "source/sqlite/store.h"
#include "support/temp_dir.h"

namespace exporter::cli {

namespace {

using ::testing::HasSubstr;

ports::DeadLetter letter(const std::string& id, const std::string& node) {
  return {.document_id = id,
          .event_id = "e-" + id,
          .node = node,
          .reason = "refused",
          .detail = "say \"no\"\n\x1b[2J",
          .status = 400,
          .attempts = 3,
          .at = WallTime(std::chrono::milliseconds(1'788'955'200'120))};
}

TEST(DlqText, ListsATableAndHowManyMoreThereAre) {
  app::LetterList list{.letters = {letter("d1", "gpu-1"), letter("d2", "")}, .more = 7};
  list.letters[1].status = 0;
  EXPECT_EQ(list_text(list),
            "WHEN                  NODE   REASON   STATUS  ATTEMPTS  EVENT ID  DOCUMENT ID\n"
            "2026-09-09T12:00:00Z  gpu-1  refused  400     3         e-d1      d1\n"
            "2026-09-09T12:00:00Z  -      refused  -       3         e-d2      d2\n"
            "and 7 more (--limit)\n");
  EXPECT_EQ(list_text({}), "no dead letters\n");
}

TEST(DlqText, IsOneJsonObject) {
  EXPECT_EQ(list_json({.letters = {letter("d1", "n")}, .more = 1}),
            R"({"letters":[{"time":"2026-09-09T12:00:00.120Z","node":"n","reason":"refused","status":400,"attempts":3,)"
            R"("eventId":"e-d1","documentId":"d1","detail":"say \"no\"\n\u001b[2J"}],"more":1})"
            "\n");
  EXPECT_EQ(list_json({}), "{\"letters\":[],\"more\":0}\n");
  const app::ReplayPlan plan{.letters = 3,
                             .sendable = 1,
                             .undecodable = 1,
                             .gone = 1,
                             .by_reason = {{"a\"b", 3}},
                             .by_node = {{"n", 3}},
                             .by_status = {{0, 1}, {400, 2}},
                             .unknown = {"x", "y"}};
  EXPECT_EQ(plan_json(plan), R"({"letters":3,"sendable":1,"filtered":0,"undecodable":1,"gone":1,"byReason":{"a\"b":3},)"
                             R"("byStatus":{"0":1,"400":2},"byNode":{"n":3},"unknown":["x","y"]})"
                             "\n");
}

TEST(DlqText, ShowsNoControlCharacters) {
  const app::ShownLetter shown{.letter = letter("d", "\x1b]0;n"), .event = {}, .reason = {}};
  EXPECT_THAT(show_text(shown), HasSubstr(R"(say "no"\n\u001b[2J)"));
  EXPECT_THAT(show_text(shown), HasSubstr(R"(\u001b]0;n)"));
  EXPECT_THAT(show_text(shown), HasSubstr("gone from the datastore"));
}

TEST(DlqText, APlanNamesTheMostFrequentNodesOnly) {
  app::ReplayPlan plan;
  plan.letters = plan.sendable = 31;
  for (int node = 100; node < 130; ++node) {
    plan.by_node["n" + std::to_string(node)] = node == 107 ? 2 : 1;
  }
  const std::string text = plan_text(plan);
  EXPECT_THAT(text, HasSubstr("31 letters: 31 would be sent\n"));
  EXPECT_THAT(text, HasSubstr("node        n107 2 · n100 1"));
  EXPECT_THAT(text, HasSubstr(" · 10 others\n"));
}

TEST(DlqText, AReplaySaysWhatStaysAndWhatIsLeft) {
  app::ReplayEnd end;
  end.report = {.selected = 9, .replayed = 4, .refused = 2, .gone = 1, .notes = {"a: refused 400: \x1b[2J", "b: gone"}};
  EXPECT_EQ(replay_text(end),
            "a: refused 400: \\u001b[2J\nb: gone\n... and 1 more\nreplayed 4 · refused again 2 · gone 1 · left 2\n");
  EXPECT_EQ(replay_json(end), R"({"selected":9,"replayed":4,"filtered":0,"refusedAgain":2,"gone":1,"left":2,)"
                              R"("unknown":[],"notes":["a: refused 400: \u001b[2J","b: gone"],"failure":null})"
                              "\n");
  end.report = {.selected = 1, .replayed = 1, .refused = 0, .gone = 0, .notes = {}};
  end.failure = Error{ErrorKind::transient, "why"};
  EXPECT_EQ(replay_text(end), "replayed 1 · refused again 0 · gone 0\n");
  EXPECT_NE(replay_json(end).find(R"("failure":"why"})"), std::string::npos);
}

class CommandDlq : public ::testing::Test {
 protected:
  CommandDlq() {
    std::ofstream(dir_ / "c.toml")
        << "[exporter]\nmetadata.cluster = \"c\"\nsink.endpoint = \"http://127.0.0.1:1/e\"\n"
           "oidc = { token_url = \"http://127.0.0.1:1/t\", client_id = \"i\", scope = \"s\" }\n"
           "datastore = { provider = \"sqlite\", path = \""
        << options_.path << "\" }\n";
  }
  void put(const std::string& id) {
    ASSERT_TRUE(sqlite::prepare(options_));
    ASSERT_TRUE(sqlite::open_dead_letters(options_).value()->put(letter(id, "n1")));
  }
  std::uint64_t count() { return sqlite::open_dead_letters(options_).value()->count().value(); }
  int run(int (*command)(std::span<const std::string>), std::vector<std::string> arguments) {
    arguments.push_back("--config=" + (dir_ / "c.toml"));
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int exit_code = command(arguments);
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return exit_code;
  }

  testing::TempDir dir_;
  const sqlite::Options options_{.path = dir_ / "events.db"};
  std::string out_;
  std::string err_;
};

TEST_F(CommandDlq, ASelectionIsOneOfThreeWays) {
  put("a");
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {}, {"--all", "--node", "n1"}, {"a", "--all"}, {"a", "--reason", "refused"}}) {
    EXPECT_EQ(run(run_dlq_plan, arguments), 2);
    EXPECT_EQ(run(run_dlq_drop, arguments), 2);
    EXPECT_THAT(err_, HasSubstr("--all"));
  }
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"a"}, {"e-a"}, {"--all"}, {"--node", "n1"}, {"--reason=refused", "--node=n1"}}) {
    EXPECT_EQ(run(run_dlq_plan, arguments), 0) << err_;
    EXPECT_THAT(out_, HasSubstr("1 letter: "));
  }
  EXPECT_EQ(run(run_dlq_plan, {"a", "b"}), 1);
  EXPECT_EQ(err_, "event-exporter dlq plan: no dead letter has the id b\n");
}

TEST_F(CommandDlq, DropsOnlyWithYes) {
  put("a");
  put("b");
  EXPECT_EQ(run(run_dlq_drop, {"--all"}), 2);
  EXPECT_EQ(out_, "would drop 2 letters; nothing was changed\n");
  EXPECT_EQ(count(), 2U);
  EXPECT_EQ(run(run_dlq_drop, {"a", "x", "--yes"}), 1);
  EXPECT_EQ(out_, "dropped 1 letter\n");
  EXPECT_EQ(run(run_dlq_drop, {"--all", "--yes", "--json"}), 0);
  EXPECT_EQ(out_, "{\"selected\":1,\"dropped\":1}\n");
  EXPECT_EQ(count(), 0U);
}

TEST_F(CommandDlq, SaysWhenThereIsNoSuchLetterOrStore) {
  EXPECT_EQ(run(run_dlq_list, {}), 2);
  EXPECT_THAT(err_, HasSubstr("there is no such file"));
  EXPECT_FALSE(std::filesystem::exists(options_.path));
  put("a");
  EXPECT_EQ(run(run_dlq_show, {"b"}), 1);
  EXPECT_EQ(run(run_dlq_show, {}), 2);
  EXPECT_EQ(run(run_dlq_show, {"a"}), 0);
  EXPECT_EQ(run(run_dlq_list, {"--limit=-1"}), 2);
  EXPECT_EQ(run(run_dlq_list, {"a"}), 2);
  EXPECT_EQ(run(run_dlq_list, {}), 0);
}

}  // namespace

}  // namespace exporter::cli
