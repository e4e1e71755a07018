// What an operator is shown of the fleet: values made when they are asked for, from the state that the fleet acts on (P12). Text
// that sensors sent is foreign: bounded, mended to UTF-8 and of one line, and whoever prints it escapes it for its medium.
// No secret is in any of them.
//
// Pure; any thread.   Source: design, 6.1 and 6.5.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "processor/fleet_ports.h"

namespace tidegate {

enum class SensorState : std::uint8_t {
  never,      // enrolled, and never connected
  connected,  // heard within the last three heartbeats
  silent,     // was there, and is not heard any more
  revoked,
};
inline constexpr std::size_t sensor_state_count = 4;
std::string_view name(SensorState state);

// What a sensor should run, and what it says that it runs.
struct ConfigView {
  std::uint64_t wanted_revision = 0;  // 0: nothing was ever pushed to it
  Bytes wanted_hash;
  std::string author;
  std::optional<WallTime> pushed;
  Bytes reported_hash;
  ConfigState state = ConfigState::unset;  // of the wanted revision; unset: not reported yet
  std::string reasons;                     // where it failed
};

// One component of the health tree, with its place in it: "connectors/acme-v1".
struct ComponentView {
  std::string path;  // empty: the sensor itself
  bool healthy = false;
  std::string status;
  std::string error;
};

struct HealthView {
  bool known = false;
  bool healthy = false;
  std::string worst;   // path of the deepest component that is not healthy; empty: none, or the sensor itself
  std::string reason;  // what it says of itself
};

struct SensorView {
  std::string name;
  std::vector<std::string> tenants;
  SensorState state = SensorState::never;
  std::optional<WallTime> since;  // of that state
  std::optional<WallTime> last_seen;
  std::size_t sessions = 0;
  std::string peer;     // of the newest session
  std::string version;  // of the agent
  std::string system;   // of its machine
  std::string serial;   // of the certificate that was issued last
  WallTime not_after{};
  std::uint64_t clones = 0;  // how often two machines were seen that use its identity
  ConfigView config;
  HealthView health;
};

struct AttributeView {
  std::string key;
  std::string value;
};

// One sensor in full.
struct SensorDetail {
  SensorView view;
  std::string token_id;  // that it was enrolled with
  WallTime enrolled{};
  std::optional<WallTime> first_seen;
  std::string instance_uid;  // hexadecimal; empty: never connected
  std::uint64_t capabilities = 0;
  std::string last_clone;  // what was seen, in words
  std::vector<AttributeView> description;
  std::vector<ComponentView> components;  // as the tree has them, the sensor itself first
  std::optional<Bytes> effective_config;  // as the sensor sent it, without secrets; absent: not told, or too large to be kept
};

struct FleetView {
  WallTime at{};
  std::vector<SensorView> sensors;  // by name
};

// How a push ended.
enum class PushState : std::uint8_t {
  applied,
  failed,    // the sensor goes on with what it had; `reasons` says why, a reason a line
  waiting,   // it was offered, and not answered in time: it may still be
  away,      // the sensor is not connected: it is offered when it comes
  replaced,  // a newer push took its place before it was answered
};
std::string_view name(PushState state);

struct PushOutcome {
  PushState state = PushState::waiting;
  std::uint64_t revision = 0;
  std::string reasons;
};

// What a sensor answered to a request.
struct CommandOutcome {
  unsigned status = 0;  // as HTTP's
  std::string content_type;
  Bytes body;
};

}  // namespace tidegate
