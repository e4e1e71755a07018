// Events in words, and as JSON: for the control socket, for mail and for webhooks. Text that came from sensors has no control
// characters in it.
//
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "processor/notify_ports.h"

namespace tidegate {

// "sensor zurich-01: connectors/acme-v1/alerts is not healthy"
std::string headline(const HealthEvent& event);

std::string events_text(const std::vector<HealthEvent>& events);
std::string events_json(const std::vector<HealthEvent>& events);

// One line: "3 events, 2 critical: sensor zurich-01 is silent, …".
std::string notification_subject(const Notification& notification);
// Some lines; what is beyond `most` is counted.
std::string notification_text(const Notification& notification, std::size_t most);
// The most severe event's fields, and all of them below "events".
std::string notification_json(const Notification& notification);

}  // namespace tidegate
