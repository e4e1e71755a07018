// What the connections of a server have in common: bounds, counts, and the sensors that are there.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "processor/ports.h"
#include "transport/forward_reader.h"
#include "transport/signal.h"

namespace tidegate {

namespace asio = boost::asio;

struct ForwardServerLimits {
  std::size_t connections_max = 1024;
  std::size_t in_flight_chunks_max = 64;            // of one connection, received and not yet answered
  std::size_t in_flight_bytes_max = 16u << 20;      // of one connection
  std::size_t pending_bytes_max = 512u << 20;       // of all connections: messages that are not whole yet
  std::size_t unwritten_ack_bytes_max = 64u << 10;  // of one connection; beyond it nothing more is read
  std::size_t read_bytes_max = 256u << 10;          // at once
  std::size_t sensors_max = 10'000;                 // remembered; those that are not connected are dropped first
  std::chrono::nanoseconds handshake_max{std::chrono::seconds{30}};
  std::chrono::nanoseconds message_max{std::chrono::minutes{5}};  // from its first byte to its last
  std::chrono::nanoseconds write_max{std::chrono::seconds{60}};
  std::chrono::nanoseconds deadlines_every{std::chrono::milliseconds{500}};  // how often they are looked at
  ForwardReaderLimits reader{};
};

// Why a connection was refused or cut off; each is a label of tidegate_connections_refused_total.
enum class Refusal : std::uint8_t { limit, tls, certificate, protocol, chunk, timeout, overload, landing, identity, tenant };
inline constexpr std::size_t refusal_count = 10;
std::string_view name(Refusal refusal);

// Thread: the loop.
class ForwardShared {
 public:
  ForwardShared(asio::any_io_executor executor, Clock& clock, Log& log, Metrics& metrics, Intake& intake,
                ForwardServerLimits limits, SensorGate* gate);

  void refused(Refusal why, const std::string& peer, const std::string& sensor, const std::string& reason);
  void sensor_came(const std::string& sensor);
  void sensor_went(const std::string& sensor);

  asio::any_io_executor executor;
  Clock& clock;
  Log& log;
  Intake& intake;
  SensorGate* const gate;  // null: whoever has a certificate
  const ForwardServerLimits limits;
  std::size_t pending_bytes = 0;  // of all connections
  Signal room;                    // a chunk was answered, so there may be room for another

 private:
  void show_sensors();

  std::array<Metric*, refusal_count> refusals_{};
  std::map<std::string, std::size_t> sensors_;  // connections of each
  Metric& connected_;
  Metric& silent_;
};

}  // namespace tidegate
