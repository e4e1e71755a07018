// P7, a recovery hurts nobody: the API is asked below its limit, retries and reconnects are spread out, and replay is paced
// by the processor's acks.
#include <gtest/gtest.h>

#include "tests/world/world.h"

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
  EXPECT_LE(busiest(world.requests, 60s), 60u + 10u + 1u);  // the rate, its burst, and the edges of the span
  EXPECT_EQ(world.missing(), std::vector<std::string>{});
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
  world.run_for(30min);
  std::size_t endings = 0;
  for (const std::string& line : world.log_lines)
    endings += line.find("session with the processor ended") != std::string::npos ? 1 : 0;
  EXPECT_GT(endings, 10u);
  EXPECT_LT(endings, 200u);
}

}  // namespace
}  // namespace tidegate
