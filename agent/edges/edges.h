// Edges: the real ports, built from a configuration: the journal on disk, the processors over TLS, the Vision One API over
// HTTPS. Whatever a file or a directory has against it is said here, before anything runs.
//
// Thread: the loop.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/connector.h"
#include "agent/edges/forward_uplink.h"
#include "agent/edges/journal_store.h"
#include "agent/ports.h"
#include "base/log.h"
#include "base/metrics.h"
#include "config/model.h"
#include "transport/rate_limiter.h"

namespace tidegate {

class Edges final : public SourceFactory {
 public:
  // Errors keep the journal's codes when it cannot be opened (`storage` is then set), else `invalid` for a file that
  // cannot be used.
  static Result<std::unique_ptr<Edges>> open(const AgentConfig& config, Surroundings around, Log& log, Metrics& metrics,
                                             bool& storage_failed);

  Store& store() { return *store_; }
  Uplink& uplink() { return *uplink_; }
  Result<std::unique_ptr<Source>> make_source(const ConnectorConfig& connector, Lane lane) override;

 private:
  Edges(Surroundings around, Metrics& metrics) : around_(around), metrics_(metrics) {}

  RateLimiter& limiter_for(const ConnectorConfig& connector, Lane lane);

  Surroundings around_;
  Metrics& metrics_;
  std::unique_ptr<JournalStore> store_;
  std::unique_ptr<ForwardUplink> uplink_;
  // Requests are counted by the API per token and endpoint, whoever makes them: connectors with one token share (P7).
  std::map<Id128, std::unique_ptr<RateLimiter>> limiters_;
};

}  // namespace tidegate
