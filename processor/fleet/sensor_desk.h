// SensorDesk: what an operator's commands ask of the sensors that are there. The fleet answers it (FleetDesk); tests answer it
// by hand.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "processor/fleet/fleet.h"
#include "processor/fleet/views.h"

namespace tidegate {

class SensorDesk {
 public:
  virtual ~SensorDesk() = default;

  // As Fleet has them. push() has written the document when it waits for the first time.
  virtual asio::awaitable<Result<PushOutcome>> push(std::string sensor, Secret document, std::string author,
                                                    std::chrono::nanoseconds deadline) = 0;
  virtual asio::awaitable<Result<CommandOutcome>> request(std::string sensor, std::string method, std::string target,
                                                          std::chrono::nanoseconds deadline) = 0;
  virtual Result<void> revoke_sensor(std::string_view sensor) = 0;
  virtual Result<FleetView> view() = 0;
  virtual Result<SensorDetail> view(std::string_view sensor) = 0;
  virtual Result<SensorView> glance(std::string_view sensor) = 0;
};

class FleetDesk final : public SensorDesk {
 public:
  //   requires: the fleet outlives the desk
  explicit FleetDesk(Fleet& fleet) : fleet_(fleet) {}

  asio::awaitable<Result<PushOutcome>> push(std::string sensor, Secret document, std::string author,
                                            std::chrono::nanoseconds deadline) override {
    return fleet_.push(std::move(sensor), std::move(document), std::move(author), deadline);
  }
  asio::awaitable<Result<CommandOutcome>> request(std::string sensor, std::string method, std::string target,
                                                  std::chrono::nanoseconds deadline) override {
    return fleet_.request(std::move(sensor), std::move(method), std::move(target), deadline);
  }
  Result<void> revoke_sensor(std::string_view sensor) override { return fleet_.revoke_sensor(sensor); }
  Result<FleetView> view() override { return fleet_.view(); }
  Result<SensorDetail> view(std::string_view sensor) override { return fleet_.view(sensor); }
  Result<SensorView> glance(std::string_view sensor) override { return fleet_.glance(sensor); }

 private:
  Fleet& fleet_;
};

}  // namespace tidegate
