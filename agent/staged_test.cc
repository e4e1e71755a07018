#include "agent/staged_test.h"

#include "agent/edges/connector_probe.h"
#include "agent/edges/vision_one_sources.h"

namespace tidegate {

asio::awaitable<ConnectorReport> run_staged_test(ConnectorConfig connector, Surroundings around, ConnectorTest::OnStage on_stage) {
  Metrics apart;
  VisionOneSources sources{around, apart};
  VisionOneProbe probe{connector, sources, around, apart};
  ConnectorTestPlan plan{.connector = connector.name, .https = connector.api_base_url.starts_with("https://")};
  plan.contents = connector.content_types;
  plan.settle = connector.settle;
  ConnectorTest staged{std::move(plan), probe, around.clock, std::move(on_stage)};
  co_return co_await staged.run();
}

}  // namespace tidegate
