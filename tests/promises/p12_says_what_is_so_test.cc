// P12, it says what is so: status and metrics come from the state the code acts on; who collects nothing is never healthy.
#include <gtest/gtest.h>

#include "tests/promises/expectations.h"
#include "tests/world/world.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

TEST(P12SaysWhatIsSo, AWorkingSensorIsHealthyOrIdle) {
  World world{Seed{41}, small_tenant()};
  world.start_agent();
  EXPECT_EQ(world.status().verdict(), Verdict::starting);
  world.run_for(10min);
  EXPECT_TRUE(world.status().verdict() == Verdict::healthy || world.status().verdict() == Verdict::idle)
      << status_text(world.status());
  EXPECT_LE(content(world.status(), "alerts").lag, 60s);
  world.run_for(2h);
  EXPECT_EQ(content(world.status(), "alerts").state.verdict, Verdict::idle);
}

// Nothing has to be shipped for it.
TEST(P12SaysWhatIsSo, AProcessorThatIsBackIsSaidToBeThere) {
  World world{Seed{40}, small_tenant()};
  world.start_agent();
  world.run_for(2h);
  ASSERT_TRUE(world.complete());
  EXPECT_EQ(world.status().uplink.verdict, Verdict::idle);
  world.processor->set_away(true);
  world.run_for(5min);
  EXPECT_EQ(world.status().uplink.verdict, Verdict::unreachable);
  const std::size_t received = world.processor->chunks_received();
  world.processor->set_away(false);
  world.run_for(2min);
  EXPECT_EQ(world.status().uplink.verdict, Verdict::idle) << world.status().uplink.reason;
  EXPECT_EQ(world.processor->chunks_received(), received);
}

TEST(P12SaysWhatIsSo, AnExpiredTokenIsAuthFailedWithReasonAndRemedy) {
  World world{Seed{42}, small_tenant()};
  world.start_agent();
  world.run_for(5min);
  world.api->serve().tokens_expire = world.clock.wall();
  world.run_for(10min);
  const AgentStatus status = world.status();
  EXPECT_EQ(status.verdict(), Verdict::auth_failed);
  const StageState state = content(status, "alerts").state;
  EXPECT_EQ(state.verdict, Verdict::auth_failed);
  EXPECT_NE(state.reason.find("401"), std::string::npos) << state.reason;
  EXPECT_NE(remedy(state.verdict), "");
  EXPECT_NE(status_json(status).find("\"state\":\"auth_failed\""), std::string::npos);
  EXPECT_EQ(status_json(status).find("a-token-of-the-world"), std::string::npos);

  world.api->serve().tokens_expire.reset();
  world.run_for(10min);
  EXPECT_NE(world.status().verdict(), Verdict::auth_failed);
}

TEST(P12SaysWhatIsSo, AMissingPermissionStopsItsContentTypeAlone) {
  WorldOptions options = small_tenant();
  options.sim.serve.forbidden = {Endpoint::audit_logs};
  World world{Seed{43}, options};
  world.start_agent();
  world.run_for(30min);
  const AgentStatus status = world.status();
  EXPECT_EQ(content(status, "audit_logs").state.verdict, Verdict::auth_failed);
  EXPECT_TRUE(content(status, "alerts").state.verdict == Verdict::healthy ||
              content(status, "alerts").state.verdict == Verdict::idle);
  EXPECT_EQ(status.verdict(), Verdict::auth_failed);
}

TEST(P12SaysWhatIsSo, WithoutAConnectorNothingIsHealthy) {
  WorldOptions options = small_tenant();
  options.connector.enabled = false;
  World world{Seed{44}, options};
  world.start_agent();
  world.run_for(10min);
  EXPECT_EQ(world.status().verdict(), Verdict::disabled);
}

TEST(P12SaysWhatIsSo, ALostProcessorShowsAsUnreachableAndTheBacklogInTheJournal) {
  World world{Seed{45}, small_tenant()};
  world.processor->set_away(true);
  world.start_agent();
  world.run_for(10min);
  const AgentStatus status = world.status();
  EXPECT_EQ(status.verdict(), Verdict::unreachable);
  EXPECT_EQ(status.uplink.verdict, Verdict::unreachable);
  EXPECT_GT(status.journal.lane(Lane::techniques).records, 1000u);
  EXPECT_NE(world.metrics_text().find("tidegate_journal_records{lane=\"observed_attack_techniques\"} " +
                                      std::to_string(status.journal.lane(Lane::techniques).records)),
            std::string::npos);
}

TEST(P12SaysWhatIsSo, TheAgeOfABacklogGrowsWhileNothingElseChanges) {
  World world{Seed{47}, small_tenant()};
  world.processor->set_away(true);
  world.start_agent();
  world.run_for(10min);
  world.api_away = true;
  const auto age = [&world] { return metric_sum(world, "tidegate_journal_oldest_seconds", "alerts"); };
  const std::int64_t before = age();
  ASSERT_GT(before, 0);
  world.run_for(2h);
  EXPECT_GE(age(), before + 7000);
}

TEST(P12SaysWhatIsSo, AFullBufferIsPausedAndGoesOnByItself) {
  WorldOptions options = small_tenant();
  options.budget = 200'000;
  World world{Seed{46}, options};
  world.processor->set_away(true);
  world.start_agent();
  world.run_for(20min);
  EXPECT_EQ(content(world.status(), "observed_attack_techniques").state.verdict, Verdict::paused) << status_text(world.status());
  world.processor->set_away(false);
  world.run_for(2h);
  EXPECT_NE(content(world.status(), "observed_attack_techniques").state.verdict, Verdict::paused);
  EXPECT_EQ(world.missing(), std::vector<std::string>{});
  EXPECT_EQ(world.twins(), std::vector<std::string>{});
}

TEST(P12SaysWhatIsSo, ABackFillDoesNotSpeakForTheLiveReadingsLag) {
  WorldOptions options = small_tenant();
  options.connector.first_read = 0s;
  World world{Seed{44}, options};
  world.start_agent();
  world.run_for(10min);
  const WallSeconds now = std::chrono::floor<std::chrono::seconds>(world.api_time());
  ASSERT_TRUE(world.ask(
      world.agent().backfills().start({.connector = "world", .lane = Lane::techniques, .from = now - 24h, .to = now - 12h})));
  world.run_for(2s);
  const std::string text = world.metrics_text();
  const std::string name = "tidegate_collector_lag_seconds{connector=\"world\",content_type=\"observed_attack_techniques\"} ";
  const std::size_t at = text.find(name);
  ASSERT_NE(at, std::string::npos) << text;
  EXPECT_LT(std::stol(text.substr(at + name.size())), 120);
}

}  // namespace
}  // namespace tidegate
