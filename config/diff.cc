#include "config/diff.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "config/bind.h"
#include "config/written.h"

namespace tidegate {
namespace {

struct Value {
  std::string shown;
  Secret exact;  // of a secret only: two of them are shown alike
};

// One side, row by row, in the order of bind.h.
class Side {
 public:
  explicit Side(std::string_view table_prefix) : table_prefix_(table_prefix) {}

  template <class T>
  void operator()(std::string_view path, const T& member) {
    const Field* field = find_field(agent_fields(), table_prefix_ + std::string{path});
    TG_ASSERT(field != nullptr, "every bound path has a row in the table");
    Secret exact;
    if constexpr (std::is_same_v<T, Secret>) exact = member;
    values_.push_back({field, std::string{path}, {written(*field, member), std::move(exact)}});
  }

  struct Row {
    const Field* field;
    std::string path;
    Value value;
  };
  const std::vector<Row>& values() const { return values_; }

 private:
  std::string table_prefix_;
  std::vector<Row> values_;
};

// Appends what differs.   requires: both sides have the same rows
void compare(const Side& before, const Side& after, const std::string& shown_prefix, std::vector<ConfigChange>& changes) {
  for (std::size_t i = 0; i < before.values().size(); ++i) {
    const Side::Row& old_row = before.values()[i];
    const Value& now = after.values()[i].value;
    if (old_row.value.shown == now.shown && old_row.value.exact == now.exact) continue;
    changes.push_back({shown_prefix + old_row.path, old_row.value.shown, now.shown, old_row.field->applies});
  }
}

Side side_of(const AgentConfig& config) {
  Side side{""};
  visit_agent(config, side);
  return side;
}

Side side_of(ConnectorConfig connector) {
  if (!connector.region.empty()) connector.api_base_url.clear();  // it follows from the region
  Side side{"connectors[]."};
  visit_connector(std::as_const(connector), side);
  return side;
}

Side side_of(const LogFilterConfig& filter) {
  Side side{"connectors[].log_filters[]."};
  visit_log_filter(filter, side);
  return side;
}

// "{days: [mon, tue], from: 08:00, to: 18:00, bandwidth: 5Mbit/s}"
std::string text_of(const BandwidthRule& rule) {
  std::string text;
  visit_bandwidth_rule(rule, [&text](std::string_view key, const auto& member) {
    const Field* field = find_field(agent_fields(), "ship.bandwidth_schedule[]." + std::string{key});
    TG_ASSERT(field != nullptr, "every bound path has a row in the table");
    text.append(text.empty() ? "{" : ", ").append(key).append(": ").append(written(*field, member));
  });
  return text + "}";
}

// A rule has no name, and its place counts: each place is compared as a whole.
void compare_schedules(const std::vector<BandwidthRule>& before, const std::vector<BandwidthRule>& after,
                       std::vector<ConfigChange>& changes) {
  const auto at = [](const std::vector<BandwidthRule>& rules, std::size_t i) {
    return i < rules.size() ? text_of(rules[i]) : std::string{};
  };
  for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
    std::string old_text = at(before, i);
    std::string new_text = at(after, i);
    if (old_text == new_text) continue;
    changes.push_back(
        {"ship.bandwidth_schedule[" + std::to_string(i) + "]", std::move(old_text), std::move(new_text), Applies::restart});
  }
}

template <class T>
std::map<std::string_view, const T*> by_name(const std::vector<T>& list) {
  std::map<std::string_view, const T*> named;
  for (const T& element : list) named.emplace(element.name, &element);
  return named;
}

// A filter is the same one when its name is. Where one side has none, its rows are those of a filter that was not given.
void compare_filters(const ConnectorConfig& before, const ConnectorConfig& after, const std::string& prefix,
                     std::vector<ConfigChange>& changes) {
  const LogFilterConfig none;
  const auto old_filters = by_name(before.log_filters);
  const auto new_filters = by_name(after.log_filters);
  const auto shown = [&prefix](std::string_view name) { return prefix + "log_filters[" + std::string{name} + "]."; };
  for (const auto& [filter, config] : old_filters) {
    const auto now = new_filters.find(filter);
    compare(side_of(*config), side_of(now == new_filters.end() ? none : *now->second), shown(filter), changes);
  }
  for (const auto& [filter, config] : new_filters) {
    if (!old_filters.contains(filter)) compare(side_of(none), side_of(*config), shown(filter), changes);
  }
}

}  // namespace

std::vector<ConfigChange> diff(const AgentConfig& before, const AgentConfig& after) {
  std::vector<ConfigChange> changes;
  compare(side_of(before), side_of(after), "", changes);
  compare_schedules(before.ship.bandwidth_schedule, after.ship.bandwidth_schedule, changes);
  const auto old_connectors = by_name(before.connectors);
  for (const auto& [connector, config] : by_name(after.connectors)) {
    const auto old = old_connectors.find(connector);
    if (old == old_connectors.end()) continue;
    const std::string prefix = "connectors[" + std::string{connector} + "].";
    compare(side_of(*old->second), side_of(*config), prefix, changes);
    compare_filters(*old->second, *config, prefix, changes);
  }
  return changes;
}

std::string to_text(const ConfigChange& change) {
  const auto side = [](const std::string& text) { return text.empty() ? std::string{"nothing"} : text; };
  return change.path + ": " + side(change.before) + " to " + side(change.after);
}

}  // namespace tidegate
