#include "processor/fleet/fleet_counts.h"

namespace tidegate {
namespace {

constexpr std::string_view pushes_help = "Configurations that sensors answered, by outcome.";
constexpr std::string_view certificates_help = "Certificates issued to sensors.";

}  // namespace

std::string_view name(ControlRefusal refusal) {
  switch (refusal) {
    case ControlRefusal::certificate: return "certificate";
    case ControlRefusal::revoked: return "revoked";
    case ControlRefusal::capacity: return "capacity";
    case ControlRefusal::rate: return "rate";
    case ControlRefusal::protocol: return "protocol";
    case ControlRefusal::instance: return "instance";
    case ControlRefusal::renewal: return "renewal";
    case ControlRefusal::enrolment: return "enrolment";
  }
  return "unknown";
}

FleetCounts::FleetCounts(Metrics& metrics)
    : sessions(metrics.gauge("tidegate_control_sessions", "Control sessions that are open.")),
      messages(metrics.counter("tidegate_control_messages_total", "Messages of sensors on the control link that were taken.")),
      gaps(metrics.counter("tidegate_control_gaps_total", "Gaps in the messages of a sensor; it is asked for everything.")),
      clones(metrics.counter("tidegate_control_clones_total", "Times that two machines were seen to use one identity.")),
      applied(metrics.counter("tidegate_control_pushes_total", pushes_help, {{"outcome", "applied"}})),
      failed(metrics.counter("tidegate_control_pushes_total", pushes_help, {{"outcome", "failed"}})),
      enrolled(metrics.counter("tidegate_control_certificates_total", certificates_help, {{"how", "enrolled"}})),
      renewed(metrics.counter("tidegate_control_certificates_total", certificates_help, {{"how", "renewed"}})) {
  for (std::size_t i = 0; i < control_refusal_count; ++i)
    refusals_[i] = &metrics.counter("tidegate_control_refused_total", "Peers, messages and wishes refused on the control link.",
                                    {{"reason", std::string{name(static_cast<ControlRefusal>(i))}}});
  for (std::size_t i = 0; i < sensor_state_count; ++i)
    states_[i] = &metrics.gauge("tidegate_control_sensors", "Enrolled sensors, by state of their control link.",
                                {{"state", std::string{name(static_cast<SensorState>(i))}}});
}

}  // namespace tidegate
