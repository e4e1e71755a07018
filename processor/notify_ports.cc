#include "processor/notify_ports.h"

namespace tidegate {

std::string_view name(EventKind kind) {
  switch (kind) {
    case EventKind::silent: return "silent";
    case EventKind::unhealthy: return "unhealthy";
    case EventKind::config_failed: return "config_failed";
    case EventKind::certificate_ends: return "certificate_ends";
    case EventKind::clones: return "clones";
    case EventKind::rule: return "rule";
  }
  return "unknown";
}

std::string_view name(EventTurn turn) { return turn == EventTurn::opened ? "opened" : "closed"; }

std::string_view name(DeliveryState state) {
  switch (state) {
    case DeliveryState::queued: return "queued";
    case DeliveryState::sent: return "sent";
    case DeliveryState::given_up: return "given_up";
  }
  return "unknown";
}

}  // namespace tidegate
