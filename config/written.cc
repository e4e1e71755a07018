#include "config/written.h"

#include "config/units.h"

namespace tidegate {
namespace {

template <class List, class ToText>
std::string list_text(const List& list, ToText to_element) {
  std::string text{"["};
  for (const auto& element : list) text.append(text.size() > 1 ? ", " : "").append(to_element(element));
  return text + "]";
}

}  // namespace

std::string written(const Field&, const std::string& value) { return value; }
std::string written(const Field&, const Secret& value) { return value.empty() ? "" : "***"; }
std::string written(const Field&, bool value) { return value ? "true" : "false"; }
std::string written(const Field& field, std::uint64_t value) {
  return field.kind == FieldKind::size ? size_text(value) : std::to_string(value);
}
std::string written(const Field&, const std::optional<std::uint64_t>& value) { return value ? rate_text(*value) : "unlimited"; }
std::string written(const Field&, std::chrono::milliseconds value) { return duration_text(value); }
std::string written(const Field&, std::chrono::minutes value) { return time_of_day_text(value); }
std::string written(const Field&, const HostPort& value) { return value.host.empty() ? "" : to_text(value); }
std::string written(const Field&, const std::vector<HostPort>& value) {
  return list_text(value, [](const HostPort& place) { return to_text(place); });
}
std::string written(const Field&, const std::vector<std::string>& value) {
  return list_text(value, [](const std::string& host) { return host; });
}
std::string written(const Field&, const std::set<ContentType>& value) {
  return list_text(value, [](ContentType type) { return name(type); });
}
std::string written(const Field&, const std::set<RiskLevel>& value) {
  return list_text(value, [](RiskLevel level) { return name(level); });
}
std::string written(const Field&, const std::set<Weekday>& value) {
  return list_text(value, [](Weekday day) { return name(day); });
}
std::string written(const Field&, TechniquesFrom value) { return std::string{name(value)}; }
std::string written(const Field&, Receiver value) { return std::string{name(value)}; }
std::string written(const Field&, ShipCompression value) { return std::string{name(value)}; }
std::string written(const Field&, LogOutput value) { return std::string{name(value)}; }
std::string written(const Field&, Level value) { return std::string{name(value)}; }
std::string written(const Field&, EventSeverity value) { return std::string{name(value)}; }
std::string written(const Field&, NotifyType value) { return std::string{name(value)}; }
std::string written(const Field&, SmtpTls value) { return std::string{name(value)}; }

}  // namespace tidegate
