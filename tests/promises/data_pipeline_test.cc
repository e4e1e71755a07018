// P1 and P2 where techniques come from the data pipeline: no gap and no twin through errors, packages that are not there, pipelines
// that the API forgets, and changes from one way to the other.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/promises/expectations.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

WorldOptions with_pipeline() {
  WorldOptions options = small_tenant();
  options.connector.techniques_from = TechniquesFrom::pipeline;
  options.connector.overlap = 200s;  // packages hold what came in up to a minute before they are made
  options.sim.data.live = 40min;
  return options;
}

TEST(DataPipeline, P1P2EveryTechniqueComesOnceAndByPackages) {
  World world{Seed{11}, with_pipeline()};
  world.start_agent();
  world.run_for(2h);
  expect_all_once(world);
  EXPECT_GT(
      std::ranges::count_if(world.asked, [](const HttpRequest& each) { return each.url.find("/packages/") != std::string::npos; }),
      20);
}

TEST(DataPipeline, P1P2ErrorsMissingPackagesAndRestartsLoseAndRepeatNothing) {
  for (std::uint64_t seed = 100; seed < 106; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random{Seed{seed}};
    WorldOptions options = with_pipeline();
    for (const FaultKind kind : {FaultKind::gateway_timeout, FaultKind::bad_gateway, FaultKind::truncated, FaultKind::garbage,
                                 FaultKind::too_many_requests, FaultKind::cut_off})
      options.sim.serve.faults.push_back({.kind = kind, .rate = random.unit() * 0.08, .nth = 0, .endpoint = {}});
    options.sim.serve.package_missing_rate = 0.1;
    World world{Seed{seed}, options};
    world.start_agent();
    for (int i = 0; i < 6; ++i) {
      world.run_for(std::chrono::seconds{random.between(10, 600)});
      if (random.chance(2)) world.restart_agent();
    }
    world.api->serve().faults.clear();
    world.api->serve().package_missing_rate = 0;
    world.run_for(4h);
    expect_all_once(world);
  }
}

TEST(DataPipeline, P1P2APipelineThatTheApiForgetsIsRegisteredAnewAndNothingIsLost) {
  for (std::uint64_t seed = 900; seed < 906; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random{Seed{seed}};
    World world{Seed{seed}, with_pipeline()};
    world.start_agent();
    for (int i = 0; i < 3; ++i) {
      world.run_for(std::chrono::seconds{random.between(10, 600)});
      world.api_away = random.chance(3);
      if (world.api_away) world.run_for(std::chrono::seconds{random.between(600, 3000)});
      world.api->serve().pipelines_forgotten_at = world.api_time();
      world.api_away = false;
      if (random.chance(2)) world.restart_agent();
    }
    world.run_for(4h);
    expect_all_once(world);
  }
}

TEST(DataPipeline, P1P2TheWayMayChangeAtAnyTime) {
  for (std::uint64_t seed = 500; seed < 506; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    WorldOptions options = with_pipeline();
    options.connector.techniques_from = TechniquesFrom::detections;
    World world{Seed{seed}, options};
    world.start_agent();
    world.run_for(15min);
    ConnectorConfig connector = world.config.connectors.front();
    connector.techniques_from = TechniquesFrom::pipeline;
    world.reconfigure(connector);
    world.run_for(std::chrono::seconds{200 + 77 * (seed - 500)});
    if (seed % 2 == 1) connector.techniques_from = TechniquesFrom::detections;
    world.reconfigure(connector);
    world.run_for(3h);
    expect_all_once(world);
  }
}

}  // namespace
}  // namespace tidegate
