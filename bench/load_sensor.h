// A sensor that sends the traffic of `bench rules` over and over, each time under other ids, at 10,000 records/s; and, where it is
// asked to, an alert every second that is told from all others (beacon_page()).
//
// Thread: that of the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bench/rule_traffic.h"
#include "transport/compression.h"
#include "transport/forward_client.h"

namespace tidegate {

class LoadSensor {
 public:
  //   requires: all of them outlive it; `traffic` is not empty
  LoadSensor(Clock& clock, SensorRecords& records, std::vector<TrafficChunk>& traffic)
      : clock_(clock), records_(records), traffic_(traffic), client_(clock, {}) {}

  // To 127.0.0.1.   The errors of ForwardClient.
  asio::awaitable<Result<void>> connect(std::uint16_t port, TlsContextPtr tls);
  // Until the session ends.
  asio::awaitable<void> take_acks();
  void close() { client_.close(); }

  // It keeps the pace, or goes as fast as it is let.
  asio::awaitable<Result<void>> send_for(std::chrono::nanoseconds span, bool beacons);

  std::uint64_t sent() const { return sent_; }  // records
  // Of each beacon, by its endpoint's guid, when its chunk began to be sent.
  const std::map<std::string, SteadyTime>& beacons() const { return beacons_; }

 private:
  asio::awaitable<Result<void>> send_next(bool with_beacon);
  std::string new_guid() const;

  Clock& clock_;
  SensorRecords& records_;
  std::vector<TrafficChunk>& traffic_;
  ForwardClient client_;
  Compressor compressor_;
  std::uint64_t number_ = 0;
  std::uint64_t sent_ = 0;
  std::map<std::string, SteadyTime> beacons_;
};

}  // namespace tidegate
