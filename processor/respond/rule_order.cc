#include "processor/respond/rule_order.h"

#include <boost/json/array.hpp>

#include "processor/record.h"
#include "processor/respond/rule_judge.h"
#include "respond/action_guards.h"
#include "respond/foreign_json.h"
#include "respond/record_json.h"

namespace tidegate {
namespace {

constexpr std::size_t objects_shown_max = 5;
constexpr std::size_t object_shown_bytes = 80;
constexpr std::size_t url_shown_bytes = 512;

boost::json::object given_of(const RuleAction& action) {
  boost::json::object given;
  for (const auto& [path, values] : action.given) {
    if (values.size() == 1) {
      given[path] = values.front();
      continue;
    }
    boost::json::array list;
    for (const std::string& value : values) list.emplace_back(value);
    given[path] = std::move(list);
  }
  return given;
}

}  // namespace

Result<ActionOrder> order_of(const Rule& rule, const RuleAction& action, const RuleDecision& decision) {
  Result<boost::json::object> record = record_json(decision.document);
  if (!record) return std::move(record).error().in("the record");
  ActionOrder order;
  order.id = decision.run_id;
  order.responder = action.responder;
  order.action = action.action;
  order.tenant = decision.key.tenant;
  order.given = given_of(action);
  order.record = *std::move(record);
  order.body = action.body;
  order.path = action.path;
  order.requested_by = std::string{rule_asks} + rule.name;
  order.dry_run = rule.dry_run || decision.dry_run;
  order.lasts = action.lasts;
  return order;
}

std::string order_text(const ActionDraft& draft) {
  std::string text{action_word(draft.run)};
  text.append(" by ").append(draft.run.responder);
  if (draft.run.webhook) return text + ": " + draft.preview.method + " " + one_line(draft.preview.url, url_shown_bytes);
  std::size_t shown = 0;
  for (const ActionTarget& target : draft.preview.targets) {
    if (shown == objects_shown_max) return text + " and " + std::to_string(draft.preview.targets.size() - shown) + " more";
    text.append(shown == 0 ? ": " : ", ")
        .append(key_of(target.type))
        .append(" ")
        .append(one_line(target.value, object_shown_bytes));
    ++shown;
  }
  return text;
}

HealthEvent event_of(const Rule& rule, const RuleDecision& decision, WallTime told) {
  HealthEvent event;
  // Names of a record are foreign text, and an event is told in lines.
  event.tenants = {one_line(decision.key.tenant, record_name_bytes_max)};
  event.kind = EventKind::rule;
  event.key = rule.name;
  event.severity = rule.severity;
  event.opened = told;
  event.closed = told;
  event.reason = "record " + to_hex(decision.key.record);
  if (const Result<RecordView> record = read_record(decision.document)) {
    event.sensor = one_line(record->sensor, record_name_bytes_max);
    event.reason.append(" of ").append(one_line(record->msg_class, object_shown_bytes));
    event.reason.append(" at ").append(to_iso8601(WallTime{std::chrono::milliseconds{record->timestamp_ms}}));
  }
  if (decision.count > 1) event.reason.append(", the newest of ").append(std::to_string(decision.count));
  if (!decision.entities.empty()) event.reason.append(": ").append(one_line(decision.entities, rule_entities_shown_bytes));
  return event;
}

}  // namespace tidegate
