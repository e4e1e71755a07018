#include "processor/fleet/views.h"

namespace tidegate {

std::string_view name(SensorState state) {
  switch (state) {
    case SensorState::never: return "never";
    case SensorState::connected: return "connected";
    case SensorState::silent: return "silent";
    case SensorState::revoked: return "revoked";
  }
  return "unknown";
}

std::string_view name(PushState state) {
  switch (state) {
    case PushState::applied: return "applied";
    case PushState::failed: return "failed";
    case PushState::waiting: return "waiting";
    case PushState::away: return "away";
    case PushState::replaced: return "replaced";
  }
  return "unknown";
}

}  // namespace tidegate
