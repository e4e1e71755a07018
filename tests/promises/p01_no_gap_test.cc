// P1, no gap: every record that the API serves reaches the processor, however often anything dies in between.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/promises/expectations.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto long_enough = 3h;

// Until the tenant is quiet, whatever is still late has come, and windows have passed over it.
void pass_the_live_time(World& world) { world.run_for(30min); }

TEST(P1NoGap, AQuietDayBringsEveryRecord) {
  World world{Seed{1}, small_tenant()};
  world.start_agent();
  pass_the_live_time(world);
  expect_all_once(world, long_enough);
  EXPECT_GT(world.processor->records().size(), 1500u);
}

TEST(P1NoGap, RestartsAtAnyMomentLoseNothing) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world{Seed{seed}, small_tenant()};
    Random moments{Seed{seed + 1000}};
    world.start_agent();
    for (int i = 0; i < 25; ++i) {
      world.run_for(std::chrono::milliseconds{moments.between(1, 60'000)});
      world.restart_agent();
    }
    pass_the_live_time(world);
    expect_all_once(world, long_enough);
  }
}

TEST(P1NoGap, AnOutageOfTheProcessorOnlyDelays) {
  World world{Seed{3}, small_tenant()};
  world.start_agent();
  world.run_for(10s);
  world.processor->set_away(true);
  world.run_for(15min);
  EXPECT_FALSE(world.complete());
  world.restart_agent();
  world.processor->set_away(false);
  pass_the_live_time(world);
  expect_all_once(world, long_enough);
}

TEST(P1NoGap, AnOutageOfTheApiOnlyDelays) {
  World world{Seed{4}, small_tenant()};
  world.start_agent();
  world.run_for(5s);
  world.api_away = true;
  world.run_for(10min);
  world.api_away = false;
  pass_the_live_time(world);
  expect_all_once(world, long_enough);
}

TEST(P1NoGap, LinksThatExpireWhileAWindowIsReadDoNotStopIt) {
  WorldOptions options = small_tenant();
  options.sim.serve.link_lifetime = std::chrono::seconds{1};
  options.connector.requests_per_minute = 40;  // slower than the links live
  World world{Seed{5}, options};
  world.start_agent();
  world.run_for(2h);
  expect_all_once(world, long_enough);
}

TEST(P1NoGap, ErrorsAndBrokenAnswersAreReadAgain) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    WorldOptions options = small_tenant();
    for (const FaultKind kind :
         {FaultKind::too_many_requests, FaultKind::internal_error, FaultKind::bad_gateway, FaultKind::gateway_timeout,
          FaultKind::garbage, FaultKind::truncated, FaultKind::html, FaultKind::cut_off, FaultKind::foreign_host})
      options.sim.serve.faults.push_back({.kind = kind, .rate = 0.02, .nth = 0, .endpoint = {}});
    World world{Seed{seed}, options};
    world.start_agent();
    world.run_for(90min);
    expect_all_once(world, long_enough);
  }
}

TEST(P1NoGap, AnEndlessChainOfPagesEnds) {
  WorldOptions options = small_tenant();
  options.connector.content_types = {ContentType::observed_attack_techniques};
  options.connector.first_read = 7h;  // the second request is for a window that holds hundreds of records
  options.sim.data.alerts = {};
  options.sim.data.audit_logs = {};
  options.sim.serve.faults.push_back({.kind = FaultKind::endless_pages, .rate = 0, .nth = 2, .endpoint = Endpoint::techniques});
  World world{Seed{6}, options};
  bool struck_records = false;
  world.twist = [&](const HttpRequest&, HttpResponse& response) {
    if (world.asked.size() == 2) struck_records = response.body.find("\"uuid\"") != Bytes::npos;
  };
  world.start_agent();
  const auto ends = [&world] {
    return std::ranges::any_of(world.log_lines,
                               [](const std::string& line) { return line.find("the chain of pages does not end") != line.npos; });
  };
  ASSERT_TRUE(world.run_until(ends, 30min));
  EXPECT_TRUE(struck_records);
  EXPECT_LT(world.asked.size(), 60u);  // twice what the window counts, and two thousand records more
  world.run_for(30min);
  expect_all_once(world, long_enough);
}

// Audit logs have no count that would tell how long a chain should be.
TEST(P1NoGap, AnEndlessChainOfPagesWithoutACountEndsToo) {
  WorldOptions options = small_tenant();
  options.connector.content_types = {ContentType::audit_logs};
  options.connector.first_read = 7h;
  options.sim.data.alerts = {};
  options.sim.data.techniques = {};
  options.sim.serve.faults.push_back({.kind = FaultKind::endless_pages, .rate = 0, .nth = 2, .endpoint = Endpoint::audit_logs});
  World world{Seed{16}, options};
  world.start_agent();
  const auto ends = [&world] {
    return std::ranges::any_of(world.log_lines,
                               [](const std::string& line) { return line.find("the chain of pages does not end") != line.npos; });
  };
  ASSERT_TRUE(world.run_until(ends, 30min));
  EXPECT_LT(world.asked.size(), 100u);
  world.run_for(30min);
  expect_all_once(world, long_enough);
}

TEST(P1NoGap, AlertsThatAreUpdatedWhileTheirWindowIsReadAreNotSkipped) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    WorldOptions options = small_tenant();
    options.sim.data.alerts = {.backlog = 400, .per_second = 0.3};
    options.sim.data.techniques = {};
    options.sim.data.audit_logs = {};
    options.sim.data.updates_share = 0.9;
    options.connector.requests_per_minute = 120;
    World world{Seed{seed}, options};
    world.start_agent();
    world.run_for(1h);
    expect_all_once(world, long_enough);
  }
}

TEST(P1NoGap, AStepOfTheClockLosesNothing) {
  World world{Seed{7}, small_tenant()};
  world.start_agent();
  world.run_for(1min);
  world.clock.step_wall(3min);
  world.run_for(2min);
  world.restart_agent();
  pass_the_live_time(world);
  expect_all_once(world, long_enough);
}

// The cursor of a first read hangs on a clock that nobody has checked yet.
TEST(P1NoGap, ASensorWhoseClockIsWrongAtItsFirstStartReadsWhatItWasAskedTo) {
  for (const std::chrono::hours wrong_by : {48h, -24h * 30}) {
    SCOPED_TRACE(wrong_by.count());
    WorldOptions options = small_tenant();
    options.connector.first_read = 24h;
    World world{Seed{8}, options};
    world.clock.step_wall(wrong_by);
    world.start_agent();
    pass_the_live_time(world);
    expect_all_once(world, long_enough);
    EXPECT_LT(world.requests.size(), 1500u);  // and not a month of it
  }
}

TEST(P1NoGap, AClockThatIsMonthsAheadAtARestartMakesNoGap) {
  World world{Seed{9}, small_tenant()};
  world.start_agent();
  world.run_for(5min);
  world.stop_agent();
  world.clock.step_wall(300 * 24h);  // audit logs are kept for 180 days
  world.start_agent();
  pass_the_live_time(world);
  expect_all_once(world, long_enough);
  const AgentStatus status = world.status();
  ASSERT_EQ(status.connectors.front().contents.size(), 3u);
  for (const ContentStatus& content : status.connectors.front().contents) EXPECT_TRUE(content.gaps.empty());
}

}  // namespace
}  // namespace tidegate
