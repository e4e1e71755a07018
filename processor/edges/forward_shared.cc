#include "processor/edges/forward_shared.h"

#include <algorithm>

namespace tidegate {

std::string_view name(Refusal refusal) {
  switch (refusal) {
    case Refusal::limit: return "limit";
    case Refusal::tls: return "tls";
    case Refusal::certificate: return "certificate";
    case Refusal::protocol: return "protocol";
    case Refusal::chunk: return "chunk";
    case Refusal::timeout: return "timeout";
    case Refusal::overload: return "overload";
    case Refusal::landing: return "landing";
    case Refusal::identity: return "identity";
    case Refusal::tenant: return "tenant";
  }
  return "unknown";
}

ForwardShared::ForwardShared(asio::any_io_executor loop, Clock& time, Log& lines, Metrics& metrics, Intake& chunks,
                             ForwardServerLimits bounds, SensorGate* sensors)
    : executor(std::move(loop)),
      clock(time),
      log(lines),
      intake(chunks),
      gate(sensors),
      limits(bounds),
      connected_(metrics.gauge("tidegate_sensors", "Sensors seen since the start, by state.", {{"state", "connected"}})),
      silent_(metrics.gauge("tidegate_sensors", "Sensors seen since the start, by state.", {{"state", "disconnected"}})) {
  for (std::size_t i = 0; i < refusal_count; ++i)
    refusals_[i] = &metrics.counter("tidegate_connections_refused_total", "Connections refused or cut off, by reason.",
                                    {{"reason", std::string{name(static_cast<Refusal>(i))}}});
}

void ForwardShared::refused(Refusal why, const std::string& peer, const std::string& sensor, const std::string& reason) {
  refusals_[static_cast<std::size_t>(why)]->add();
  log.warning("connection refused or cut off; what was not acknowledged is sent again",
              {{"peer", peer}, {"sensor", sensor}, {"kind", std::string{name(why)}}, {"reason", reason}});
}

void ForwardShared::sensor_came(const std::string& sensor) {
  if (sensors_.size() >= limits.sensors_max && !sensors_.contains(sensor)) {
    const auto gone = std::find_if(sensors_.begin(), sensors_.end(), [](const auto& known) { return known.second == 0; });
    if (gone != sensors_.end()) sensors_.erase(gone);
  }
  ++sensors_[sensor];
  show_sensors();
}

void ForwardShared::sensor_went(const std::string& sensor) {
  const auto found = sensors_.find(sensor);
  TG_ASSERT(found != sensors_.end() && found->second > 0, "a sensor goes as often as it came");
  --found->second;
  show_sensors();
}

void ForwardShared::show_sensors() {
  const auto connected = std::count_if(sensors_.begin(), sensors_.end(), [](const auto& known) { return known.second > 0; });
  connected_.set(connected);
  silent_.set(static_cast<std::int64_t>(sensors_.size()) - connected);
}

}  // namespace tidegate
