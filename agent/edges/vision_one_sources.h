// VisionOneSources: makes the sources of connectors on the real API, over HTTPS. It needs no journal, so commands that only ask
// the API stand on it as the daemon does.
//
// Thread: the loop. Outlives the sources it makes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "agent/connector.h"
#include "agent/edges/api_call.h"
#include "agent/edges/request_budget.h"
#include "agent/ports.h"
#include "base/metrics.h"
#include "config/model.h"

namespace tidegate {

// One answer of the API is refused beyond this; 200 of the largest records known are 8 MB.
inline constexpr std::size_t page_bytes_max = 16u << 20;
// A package of a data pipeline, compressed: no more than it may be when it is unpacked (PackageLimits).
inline constexpr std::size_t package_bytes_max = 64u << 20;

// Sends to the connector's API, through its proxy, over one kept connection. `invalid`: a file that the connector names cannot be
// used.
Result<HttpSend> make_http_send(const ConnectorConfig& connector, std::size_t body_bytes_max = page_bytes_max);

class VisionOneSources final : public SourceFactory {
 public:
  // `sensor` is named by the data pipelines that are registered. Empty: none is, and techniques come from the list of detections,
  // for who only asks and must leave nothing behind.
  VisionOneSources(Surroundings around, Metrics& metrics, std::string sensor = {})
      : around_(around), metrics_(metrics), sensor_(std::move(sensor)) {}

  Result<std::unique_ptr<Source>> make_source(const ConnectorConfig& connector, Lane lane, Urgency urgency) override;
  TokenWatch::Ask make_expiry_reader(const ConnectorConfig& connector) override;

 private:
  RequestBudget& budget_for(const ConnectorConfig& connector, std::string_view endpoint);

  Surroundings around_;
  Metrics& metrics_;
  std::string sensor_;
  // Requests are counted by the API per token and endpoint, whoever makes them: connectors with one token share, wherever each
  // has it from (P7).
  std::map<Id128, std::unique_ptr<RequestBudget>> budgets_;
};

}  // namespace tidegate
