// What the fleet keeps in memory of one sensor: who speaks for it, what it should run, what it last said. Small, because there
// are thousands: the parts that it told stay in the form of the wire, effective configurations compressed, and are taken apart when
// somebody looks.
//
// Pure. Thread: the loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "processor/fleet/clones.h"
#include "processor/fleet/views.h"
#include "transport/opamp_messages.h"
#include "transport/signal.h"

namespace tidegate {

inline constexpr std::size_t description_kept_bytes_max = 8u << 10;
inline constexpr std::size_t health_kept_bytes_max = 16u << 10;
inline constexpr std::size_t effective_config_kept_bytes_max = 16u << 10;  // compressed
inline constexpr std::size_t shown_text_bytes_max = 256;                   // of one text of a sensor in a view

// What a sensor said of itself. An absent part is one that it has not told since the start.
struct SensorStatus {
  Bytes description;  // an AgentToServer that has nothing else
  Bytes health;       // likewise
  Bytes effective_config;
  std::string version;  // out of the description
  std::string system;
  HealthView shown;  // out of the health

  // False when it is too large even without what can be left out; then what was told before is gone as well.
  bool take(opamp::AgentDescription description);
  bool take(opamp::ComponentHealth health);
  bool take(const opamp::EffectiveConfig& config);

  // Both parts as one message: what the store keeps.
  Bytes wire() const { return description + health; }
};

struct SensorLiveState {
  explicit SensorLiveState(std::string sensor) : name(std::move(sensor)) {}

  const std::string name;
  std::vector<SessionId> sessions;  // oldest first
  std::uint64_t capabilities = 0;
  SensorStatus status;

  // The newest document, as the store has it.
  ConfigView config;
  bool config_known = false;                // it was read from the store
  std::shared_ptr<Signal> config_answered;  // there while a push waits; shared with those who wait

  std::optional<SteadyTime> heard;  // since the start
  std::optional<WallTime> heard_at;
  WallTime connected_since{};
  SensorState shown = SensorState::never;  // when it was looked at last

  std::uint64_t clones = 0;
  std::string last_clone;

  // Messages that it may still send at once.
  double allowance = 0;
  SteadyTime allowance_at{};
};

// Of a status as the store keeps it, in full. What cannot be read is left out.
void show_status(ByteView wire, SensorDetail& detail);
// The components that are not healthy and have none below them that is not either. Empty where all is well, or nothing was told.
std::vector<ComponentView> unhealthy_leaves(const SensorStatus& status);
// Absent: not told, or too large to be kept.
std::optional<Bytes> shown_effective_config(const SensorStatus& status);

// Foreign text on one line and of a bounded length.
std::string shown_text(std::string_view text, std::size_t bytes_max = shown_text_bytes_max);

}  // namespace tidegate
