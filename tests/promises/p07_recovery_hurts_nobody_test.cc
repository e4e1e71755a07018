// P7, a recovery hurts nobody: the API is asked below its limit, retries and reconnects are spread out, and replay is paced
// by the processor's acks.
#include <gtest/gtest.h>

#include <set>

#include "tests/promises/expectations.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

// The most requests in any span of that length.
std::size_t busiest(const std::vector<SteadyTime>& requests, std::chrono::nanoseconds span) {
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < requests.size(); ++last) {
    while (requests[last] - requests[first] >= span) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

TEST(P7RecoveryHurtsNobody, ABacklogIsReadWithinTheRequestBudget) {
  WorldOptions options = small_tenant();
  options.connector.requests_per_minute = 60;
  World world{Seed{31}, options};
  world.start_agent();
  world.run_for(2h);
  for (const std::string_view path : {"/workbench/alerts", "/audit/logs", "/oat/detections"}) {
    std::vector<SteadyTime> to_endpoint;
    for (std::size_t i = 0; i < world.requests.size(); ++i)
      if (world.asked[i].url.find(path) != std::string::npos) to_endpoint.push_back(world.requests[i]);
    EXPECT_LE(busiest(to_endpoint, 60s), 60u) << path;
    EXPECT_GT(to_endpoint.size(), 60u) << path;
  }
  EXPECT_EQ(world.missing(), std::vector<std::string>{});
}

// In the steady state a poll costs the pages that hold its window, and nothing else; a window, one request more at most.
TEST(P7RecoveryHurtsNobody, ASteadyStateCostsNoMoreRequestsThanPagesAndOneForAWindow) {
  WorldOptions options = small_tenant();
  options.sim.data.live = 6h;
  options.sim.data.techniques.per_second = 2;
  World world{Seed{35}, options};
  world.start_agent();
  world.run_for(30min);  // the backlog is read
  const std::size_t before = world.requests.size();
  const SimStats stats_before = world.api->stats(world.api_time());
  world.run_for(2h);
  const SimStats stats = world.api->stats(world.api_time());
  std::uint64_t pages = 0;
  std::uint64_t records = 0;
  for (std::size_t feed = 0; feed < feed_count; ++feed) {
    pages += stats.pages[feed] - stats_before.pages[feed];
    records += stats.served[feed] - stats_before.served[feed];
  }
  const std::uint64_t windows = 2 * 120 * 2 + 120;  // alerts and techniques each 30 s, audit logs each minute
  const std::uint64_t pages_needed = records / 200 + windows;
  EXPECT_EQ(world.requests.size() - before, pages);  // no request brings nothing
  EXPECT_LE(world.requests.size() - before, pages_needed + windows);
}

TEST(P7RecoveryHurtsNobody, OneFailingTokenNeverSlowsAnother) {
  const auto backlog_after = [](bool with_a_failing_neighbour) {
    WorldOptions options = small_tenant();
    options.connector.first_read = 7h;
    options.connector.requests_per_minute = 30;  // a request of the neighbour's under the same budget would cost two seconds
    World world{Seed{36}, options};
    if (with_a_failing_neighbour) {
      ConnectorConfig neighbour = world.config.connectors.front();
      neighbour.name = "neighbour";
      neighbour.bearer_token = Secret{std::string{"a-token-that-was-revoked"}};
      world.config.connectors.insert(world.config.connectors.begin(), neighbour);
    }
    world.start_agent();
    const SteadyTime begun = world.clock.steady();
    EXPECT_TRUE(world.run_until([&world] { return world.processor->records().size() >= 1700; }, 10min));
    const std::chrono::nanoseconds took = world.clock.steady() - begun;
    if (with_a_failing_neighbour) {
      EXPECT_EQ(world.status().connectors.front().verdict(), Verdict::auth_failed);
    }
    world.run_for(30min);
    expect_all_once(world, 1h);
    return took;
  };
  const std::chrono::nanoseconds alone = backlog_after(false);
  EXPECT_GT(alone, 5s);
  EXPECT_EQ(backlog_after(true), alone);
}

TEST(P7RecoveryHurtsNobody, AnApiThatIsAwayIsNotHammered) {
  World world{Seed{32}, small_tenant()};
  world.api_away = true;
  world.start_agent();
  world.run_for(1h);
  // Three content types, full jitter below a ceiling of a minute: half a minute apart on average, once it is reached.
  EXPECT_LT(world.requests.size(), 3u * 3600 / 30 * 2);
  EXPECT_GT(world.requests.size(), 3u * 3600 / 60 / 2);
}

TEST(P7RecoveryHurtsNobody, RetryAfterIsHonoured) {
  WorldOptions options = small_tenant();
  options.sim.data.alerts = {};
  options.sim.data.audit_logs = {};
  options.connector.content_types = {ContentType::observed_attack_techniques};
  options.sim.serve.retry_after = 45s;
  options.sim.serve.faults.push_back({.kind = FaultKind::too_many_requests, .rate = 0, .nth = 2, .endpoint = {}});
  World world{Seed{33}, options};
  world.start_agent();
  world.run_for(5min);
  ASSERT_GE(world.requests.size(), 3u);
  EXPECT_GE(world.requests[2] - world.requests[1], 45s);
}

TEST(P7RecoveryHurtsNobody, AProcessorThatIsAwayIsTriedWithJitter) {
  World world{Seed{34}, small_tenant()};
  world.processor->set_away(true);
  world.start_agent();
  std::vector<SteadyTime> tries;
  const auto note_tries = [&] {
    if (world.processor->refusals() > tries.size()) tries.push_back(world.clock.steady());
    return false;
  };
  world.run_until(note_tries, 30min);
  ASSERT_GT(tries.size(), 20u);
  std::set<std::chrono::nanoseconds> gaps;
  std::chrono::nanoseconds ceiling = 1s;
  for (std::size_t i = 1; i < tries.size(); ++i) {
    EXPECT_LE(tries[i] - tries[i - 1], ceiling) << i;
    EXPECT_TRUE(gaps.insert(tries[i] - tries[i - 1]).second) << i;  // no two alike
    ceiling = std::min<std::chrono::nanoseconds>(2 * ceiling, 60s);
  }
  EXPECT_LT(*gaps.begin(), 5s);
  EXPECT_GT(*gaps.rbegin(), 40s);
  EXPECT_LT(tries.size(), 30u * 4);  // half a minute apart on average, once the ceiling is reached
}

}  // namespace
}  // namespace tidegate
