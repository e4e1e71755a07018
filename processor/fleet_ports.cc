#include "processor/fleet_ports.h"

namespace tidegate {

std::string_view name(ConfigState state) {
  switch (state) {
    case ConfigState::unset: return "unset";
    case ConfigState::applied: return "applied";
    case ConfigState::applying: return "applying";
    case ConfigState::failed: return "failed";
  }
  return "unknown";
}

}  // namespace tidegate
