// VisionOneProbe: the questions of the connector test, asked of the network and of the real API, with the connector's own proxy,
// authorities and token. Its data requests come from the sources that collection uses.
//
// At most three requests and one per content type: the connectivity check, the list of API keys, and a second one for
// audit logs of a tenant that does not know ingestedDateTime.
//
// Thread: the loop.
#pragma once

#include <memory>
#include <optional>

#include "agent/connector.h"
#include "agent/edges/token_expiry.h"
#include "agent/probe.h"
#include "transport/tls_probe.h"

namespace tidegate {

class VisionOneProbe final : public ConnectorProbe {
 public:
  //   requires: what the references name outlives the probe
  VisionOneProbe(const ConnectorConfig& connector, SourceFactory& sources, Surroundings around, Metrics& metrics);
  ~VisionOneProbe() override;

  asio::awaitable<Finding> resolve() override;
  asio::awaitable<Finding> connect() override;
  asio::awaitable<TlsFinding> secure() override;
  asio::awaitable<AnswerFinding> ask() override;
  asio::awaitable<TokenFinding> token(ReadToken how) override;
  asio::awaitable<Finding> read(ContentType content, WallSeconds from, WallSeconds to) override;

 private:
  ConnectorConfig connector_;
  SourceFactory& sources_;
  Surroundings around_;
  Metrics& metrics_;
  Result<TlsContextPtr> tls_;
  Result<std::unique_ptr<TlsProbe>> way_;  // `invalid`: a URL of the configuration cannot be used
};

}  // namespace tidegate
