#include "processor/event_texts.h"

#include <algorithm>

#include "base/json_writer.h"
#include "processor/control_texts.h"

namespace tidegate {
namespace {

using ToldItem = Notification::Item;

WallTime time_of(const ToldItem& item) {
  return item.turn == EventTurn::closed ? item.event.closed.value_or(item.event.opened) : item.event.opened;
}

void write_event_fields(ObjectWriter& object, const HealthEvent& event) {
  object.number("event", static_cast<std::int64_t>(event.id));
  object.text("sensor", event.sensor);
  write_list(object.key("tenants"), event.tenants);
  object.text("kind", name(event.kind));
  object.text("severity", name(event.severity));
  object.text("key", event.key);
  object.text("reason", event.reason);
  object.time("since", event.opened);
}

void write_item_fields(ObjectWriter& object, const ToldItem& item) {
  write_event_fields(object, item.event);
  object.text("state", name(item.turn));
  object.time("at", time_of(item));
}

void write_item(std::string& out, const ToldItem& item) {
  ObjectWriter object{out};
  write_item_fields(object, item);
}

void write_event(std::string& out, const HealthEvent& event) {
  ObjectWriter object{out};
  write_event_fields(object, event);
  object.text("state", event.closed ? "closed" : "open");
  object.time("closed", event.closed);
}

// What is open before what is over, the most severe first.
const ToldItem* foremost(const Notification& notification) {
  const auto rank = [](const ToldItem& item) {
    return (item.turn == EventTurn::opened ? 2 : 0) + static_cast<int>(item.event.severity);
  };
  const auto found = std::ranges::max_element(notification.items, {}, rank);
  return found == notification.items.end() ? nullptr : &*found;
}

std::string item_text(const ToldItem& item) {
  const HealthEvent& event = item.event;
  std::string out = item.turn == EventTurn::opened ? std::string{name(event.severity)} + ": " : std::string{"over: "};
  out.append(headline(event)).append("\n");
  if (item.turn == EventTurn::opened) out.append("  ").append(event.reason).append("\n");
  out.append("  since ").append(to_iso8601(event.opened));
  if (item.turn == EventTurn::closed) out.append(" until ").append(to_iso8601(time_of(item)));
  out.append("; event ").append(std::to_string(event.id)).append("; tenants");
  for (const std::string& tenant : event.tenants) out.append(" ").append(tenant);
  return out + "\n";
}

}  // namespace

std::string headline(const HealthEvent& event) {
  if (event.kind == EventKind::rule)
    return "rule " + event.key + " has found " + (event.sensor.empty() ? "a record" : "a record of sensor " + event.sensor);
  std::string out = "sensor " + event.sensor;
  switch (event.kind) {
    case EventKind::silent: return out + " is silent";
    case EventKind::unhealthy: return event.key.empty() ? out + " is not healthy" : out + ": " + event.key + " is not healthy";
    case EventKind::config_failed: return out + ": its configuration was refused";
    case EventKind::certificate_ends: return out + ": its certificate ends soon";
    case EventKind::clones:
    case EventKind::rule: break;
  }
  return out + ": two machines use its identity";
}

std::string events_text(const std::vector<HealthEvent>& events) {
  if (events.empty()) return "there are no events\n";
  std::string out;
  for (const HealthEvent& event : events) {
    out.append(std::to_string(event.id)).append("  ").append(event.closed ? "over" : "open").append("  ");
    out.append(name(event.severity))
        .append("  ")
        .append(to_iso8601(event.opened))
        .append("  ")
        .append(headline(event))
        .append("\n");
    if (event.closed) out.append("  until ").append(to_iso8601(*event.closed)).append("\n");
    if (!event.reason.empty()) out.append("  ").append(event.reason).append("\n");
  }
  return without_controls(out);
}

std::string events_json(const std::vector<HealthEvent>& events) {
  std::string out;
  {
    ObjectWriter object{out};
    write_list(object.key("events"), events, write_event);
  }
  return out + "\n";
}

std::string notification_subject(const Notification& notification) {
  const ToldItem* first = foremost(notification);
  if (first == nullptr) return "a test of the notifications";
  std::string subject = first->turn == EventTurn::opened ? std::string{name(first->event.severity)} + ": " : std::string{"over: "};
  subject.append(headline(first->event));
  if (notification.items.size() > 1) subject.append(", and ").append(std::to_string(notification.items.size() - 1)).append(" more");
  return subject;
}

std::string notification_text(const Notification& notification, std::size_t most) {
  if (notification.items.empty()) return "This is a test of the notifications of a Tidegate processor. Nothing has happened.\n";
  std::string out;
  for (std::size_t i = 0; i < std::min(most, notification.items.size()); ++i) {
    if (i > 0) out.append("\n");
    out.append(item_text(notification.items[i]));
  }
  if (notification.items.size() > most)
    out.append("\nand ").append(std::to_string(notification.items.size() - most)).append(" more\n");
  out.append("\nOn the processor, `tidegate-processor event list --open` shows what is open now.\n");
  return without_controls(out);
}

std::string notification_json(const Notification& notification) {
  std::string out;
  {
    ObjectWriter object{out};
    object.text("id", notification.id);
    if (const ToldItem* first = foremost(notification)) {
      write_item_fields(object, *first);
    } else {
      object.text("state", "test");
      object.time("at", notification.at);
    }
    write_list(object.key("events"), notification.items, write_item);
  }
  return out + "\n";
}

}  // namespace tidegate
