// The numbers of the control link: who is there, and what was refused and why.
//
//   tidegate_control_sensors{state}            never, connected, silent, revoked
//   tidegate_control_sessions                  open
//   tidegate_control_messages_total            taken
//   tidegate_control_refused_total{reason}     see ControlRefusal
//   tidegate_control_gaps_total                messages that were missed: everything is asked for again
//   tidegate_control_clones_total              two machines with one identity
//   tidegate_control_pushes_total{outcome}     applied, failed
//   tidegate_control_certificates_total{how}   enrolled, renewed
//
// Thread: any.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/metrics.h"
#include "processor/fleet/views.h"

namespace tidegate {

// Why a peer, a message or a wish was refused; each is a label.
enum class ControlRefusal : std::uint8_t {
  certificate,  // none, or one that names no sensor that is known
  revoked,
  capacity,
  rate,
  protocol,  // no message of OpAMP, or none that a sensor may send
  instance,  // it speaks for another instance than its own
  renewal,
  enrolment,
};
inline constexpr std::size_t control_refusal_count = 8;
std::string_view name(ControlRefusal refusal);

class FleetCounts {
 public:
  explicit FleetCounts(Metrics& metrics);

  void refused(ControlRefusal why) { refusals_[static_cast<std::size_t>(why)]->add(); }
  void show(SensorState state, std::size_t sensors) {
    states_[static_cast<std::size_t>(state)]->set(static_cast<std::int64_t>(sensors));
  }

  Metric& sessions;
  Metric& messages;
  Metric& gaps;
  Metric& clones;
  Metric& applied;
  Metric& failed;
  Metric& enrolled;
  Metric& renewed;

 private:
  std::array<Metric*, control_refusal_count> refusals_{};
  std::array<Metric*, sensor_state_count> states_{};
};

}  // namespace tidegate
