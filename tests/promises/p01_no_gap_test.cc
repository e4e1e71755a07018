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

// Runs until the chain that the second request begins, for a window that holds hundreds of records, is given up.
void expect_an_end(World& world) {
  world.start_agent();
  ASSERT_TRUE(world.run_until([&world] { return logged(world, "the chain of pages does not end"); }, 30min));
  EXPECT_LT(world.asked.size(), 60u);  // fifty pages that show what was shown, and what was asked for ahead
  world.run_for(30min);
  expect_all_once(world, long_enough);
}

TEST(P1NoGap, AnEndlessChainOfPagesEnds) {
  WorldOptions options = tenant_of(ContentType::observed_attack_techniques);
  options.sim.serve.faults.push_back({.kind = FaultKind::endless_pages, .rate = 0, .nth = 2, .endpoint = Endpoint::techniques});
  World world{Seed{6}, options};
  bool struck_records = false;
  world.twist = [&](const HttpRequest&, HttpResponse& response) {
    if (world.asked.size() == 2) struck_records = response.body.find("\"uuid\"") != Bytes::npos;
  };
  expect_an_end(world);
  EXPECT_TRUE(struck_records);
}

// Audit logs have no count that would tell how long a chain should be.
TEST(P1NoGap, AnEndlessChainOfPagesWithoutACountEndsToo) {
  WorldOptions options = tenant_of(ContentType::audit_logs);
  options.sim.serve.faults.push_back({.kind = FaultKind::endless_pages, .rate = 0, .nth = 2, .endpoint = Endpoint::audit_logs});
  World world{Seed{16}, options};
  expect_an_end(world);
}

TEST(P1NoGap, ALinkThatAnswers503ForEverDoesNotHoldItsWindow) {
  World world{Seed{17}, tenant_of(ContentType::observed_attack_techniques)};
  std::string cursed;
  world.twist = [&cursed](const HttpRequest& request, HttpResponse& response) {
    const bool followed = request.url.find("nextBatchToken") != std::string::npos;
    if (cursed.empty() && followed) cursed = request.url;
    if (request.url != cursed) return;
    response.status = 503;
    response.body = "{}";
  };
  world.start_agent();
  world.run_for(1h);
  EXPECT_FALSE(cursed.empty());
  expect_all_once(world, long_enough);
}

// Two answers that agree are believed. A time before what was read leaves nothing to ask for, and only an answer can tell better.
TEST(P1NoGap, AnApiTimeThatWasToldWrongIsSetRight) {
  World world{Seed{18}, tenant_of(ContentType::observed_attack_techniques)};
  bool wrong = false;
  int told = 0;
  world.twist = [&](const HttpRequest&, HttpResponse& response) {
    for (HttpHeader& header : response.headers) {
      if (!wrong || header.name != "Date") continue;
      header.value = "Fri, 30 Oct 2026 12:00:00 GMT";  // two days before the tenant's present
      ++told;
    }
  };
  world.start_agent();
  world.run_for(5min);
  wrong = true;
  ASSERT_TRUE(world.run_until([&told] { return told >= 2; }, 10min));
  wrong = false;
  world.run_for(30min);
  expect_all_once(world, 1h);
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

// What was read is ahead of such a clock, until an answer of the API's tells the time.
TEST(P1NoGap, AClockThatIsHoursBehindAtARestartDelaysNothing) {
  World world{Seed{10}, small_tenant()};
  world.start_agent();
  world.run_for(5min);
  world.stop_agent();
  world.clock.step_wall(-3h);
  world.start_agent();
  pass_the_live_time(world);
  expect_all_once(world, 10min);
}

}  // namespace
}  // namespace tidegate
