#include "base/log.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/secret.h"

namespace tidegate {
namespace {

class FixedClock final : public Clock {
 public:
  WallTime wall() const override { return WallTime{std::chrono::seconds{1700000000}}; }
  SteadyTime steady() const override { return now; }
  boost::asio::awaitable<void> sleep_until(SteadyTime) override { co_return; }
  Alarm alarm(boost::asio::any_io_executor, SteadyTime, std::function<void()>) override { return {}; }
  SteadyTime now{std::chrono::hours{1}};
};

struct Lines {
  std::vector<std::string> all;
  Log::Sink sink() {
    return [this](std::string_view line) { all.emplace_back(line); };
  }
};

TEST(Log, TextIsALineForPeople) {
  FixedClock clock;
  Lines lines;
  Log log{clock, LogFormat::text, Level::info, lines.sink()};
  log.warning("poll failed", {{"connector", "acme"}, {"reason", "no \"route\" to host"}});
  ASSERT_EQ(lines.all.size(), 1u);
  EXPECT_EQ(lines.all[0], "2023-11-14T22:13:20Z warning poll failed connector=acme reason=\"no \\\"route\\\" to host\"\n");
}

TEST(Log, JsonAndJournalHaveTheirForms) {
  FixedClock clock;
  Lines lines;
  Log json{clock, LogFormat::json, Level::info, lines.sink()};
  json.error("broken", {{"what", "a\nb\x01"}});
  Log journal{clock, LogFormat::journal, Level::info, lines.sink()};
  journal.error("broken", {});
  EXPECT_EQ(lines.all[0],
            "{\"time\":\"2023-11-14T22:13:20Z\",\"level\":\"error\",\"message\":\"broken\",\"what\":\"a\\nb\\u0001\"}\n");
  EXPECT_EQ(lines.all[1], "<3>broken\n");
}

TEST(Log, LinesBelowTheLevelAreNotWritten) {
  FixedClock clock;
  Lines lines;
  Log log{clock, LogFormat::text, Level::warning, lines.sink()};
  log.info("quiet");
  log.debug("quieter");
  EXPECT_TRUE(lines.all.empty());
}

TEST(Log, AFloodIsBoundedAndCounted) {
  FixedClock clock;
  Lines lines;
  Log log{clock, LogFormat::text, Level::info, lines.sink(), {.lines_per_interval_max = 3, .interval = std::chrono::seconds{10}}};
  for (int i = 0; i < 100; ++i) log.info("again");
  log.info("another message is not held back");
  EXPECT_EQ(lines.all.size(), 4u);
  clock.now += std::chrono::seconds{10};
  log.info("again");
  EXPECT_NE(lines.all.back().find("left_out=97"), std::string::npos) << lines.all.back();
}

TEST(Log, ALongValueIsCut) {
  FixedClock clock;
  Lines lines;
  Log log{clock, LogFormat::text, Level::info, lines.sink()};
  log.info("big", {{"body", std::string(100'000, 'x')}});
  EXPECT_LT(lines.all[0].size(), 3000u);
  EXPECT_NE(lines.all[0].find("100000 bytes"), std::string::npos);
}

TEST(Secret, PrintsAsStarsAndLeavesNothingBehind) {
  Secret secret{"a-token"};
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "***");
  const Secret moved = std::move(secret);
  EXPECT_EQ(moved.reveal(), "a-token");
  EXPECT_TRUE(secret.empty());  // NOLINT(bugprone-use-after-move): that it is empty is what is tested
}

}  // namespace
}  // namespace tidegate
