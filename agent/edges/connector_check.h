// VisionOneCheck: one real request for each connector that a configuration would begin or change: the first page of one of its
// content types, with its own token, proxy and authorities. An expired token fails here, while the connector in force still
// collects; so does what is no page, since the login page of a network in between answers any token with 200. Nothing is stored,
// and no data pipeline is registered.
//
// Bounded: side_by_side_max at a time; the trial has a deadline for all. Thread: the loop.
#pragma once

#include "agent/connector.h"
#include "agent/control_ports.h"

namespace tidegate {

class VisionOneCheck final : public ConnectorCheck {
 public:
  static constexpr std::size_t side_by_side_max = 16;

  // `sources` makes sources that leave nothing behind.   requires: it outlives this
  VisionOneCheck(SourceFactory& sources, Surroundings around) : sources_(sources), around_(around) {}

  asio::awaitable<Result<std::vector<UnfitConnector>>> check(std::vector<ConnectorConfig> connectors) override;

 private:
  SourceFactory& sources_;
  Surroundings around_;
};

}  // namespace tidegate
