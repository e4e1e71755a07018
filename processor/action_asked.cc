#include "processor/action_asked.h"

#include <algorithm>
#include <boost/json/value.hpp>

#include "config/units.h"
#include "processor/joined.h"
#include "respond/foreign_json.h"

namespace tidegate {
namespace {

constexpr std::size_t order_depth_max = 32;  // as a record's

// Takes an order's members one by one.
class OrderReader {
 public:
  explicit OrderReader(const boost::json::object& members) : members_(members) {}

  std::string text(std::string_view key) {
    const boost::json::value* const value = find(key);
    if (value == nullptr) return {};
    if (const boost::json::string* const text = value->if_string()) return {text->data(), text->size()};
    refuse(key, "is no text");
    return {};
  }

  boost::json::object object(std::string_view key) {
    const boost::json::value* const value = find(key);
    if (value == nullptr) return {};
    if (const boost::json::object* const object = value->if_object()) return *object;
    refuse(key, "is no object");
    return {};
  }

  bool flag(std::string_view key) {
    const boost::json::value* const value = find(key);
    if (value == nullptr) return false;
    if (const bool* const flag = value->if_bool()) return *flag;
    refuse(key, "is neither true nor false");
    return false;
  }

  void refuse(std::string_view key, std::string_view why) {
    reasons_.append(reasons_.empty() ? "" : "\n").append(key).append(": ").append(why);
  }

  // Nothing else may be there.
  void check_known() {
    for (const auto& member : members_)
      if (std::ranges::find(asked_, std::string_view{member.key()}) == asked_.end())
        refuse(shown_value(member.key()), "is not known");
  }

  const std::string& reasons() const { return reasons_; }

 private:
  const boost::json::value* find(std::string_view key) {
    asked_.push_back(key);
    return members_.if_contains(key);
  }

  const boost::json::object& members_;
  std::vector<std::string_view> asked_;
  std::string reasons_;
};

}  // namespace

Result<ActionOrder> read_order(std::string_view json) {
  ForeignJsonLimits limits;
  limits.bytes_max = action_order_bytes_max;
  limits.depth_max = order_depth_max;
  const Result<boost::json::value> parsed = parse_foreign_json(json, limits);
  if (!parsed) return Error{Code::invalid, "the order: " + parsed.error().text()};
  const boost::json::object* const members = parsed->if_object();
  if (members == nullptr) return Error{Code::invalid, "the order is no JSON object"};
  OrderReader reader{*members};
  ActionOrder order;
  order.responder = reader.text("responder");
  if (order.responder.empty()) reader.refuse("responder", "is missing");
  if (const std::string action = reader.text("action"); !action.empty()) {
    order.action = response_action_of(action);
    if (!order.action) reader.refuse("action", shown_value(action) + " is none of " + joined_names(all_response_actions));
  }
  order.tenant = reader.text("tenant");
  order.given = reader.object("given");
  order.record = reader.object("record");
  order.body = reader.text("body");
  order.path = reader.text("path");
  order.dry_run = reader.flag("dry_run");
  if (const std::string lasts = reader.text("lasts"); !lasts.empty()) {
    const std::optional<std::chrono::milliseconds> span = parse_duration(lasts);
    if (span) order.lasts = std::chrono::floor<std::chrono::seconds>(std::min<std::chrono::milliseconds>(*span, 2 * lasts_max));
    else reader.refuse("lasts", shown_value(lasts) + " is no duration; write for example 4h");
  }
  const Result<std::string> by = read_operator(reader.text("by"));
  if (by) order.requested_by = *by;
  else reader.refuse("by", by.error().text());
  reader.check_known();
  if (!reader.reasons().empty()) return Error{Code::invalid, reader.reasons()};
  return order;
}

Result<ActionQuery> read_action_query(const SocketAsked& asked, WallTime now) {
  ActionQuery query;
  query.tenant = asked.value("tenant");
  query.responder = asked.value("responder");
  query.record_id = asked.value("record");
  query.text = asked.value("text");
  query.before = asked.value("before");
  if (const std::string action = asked.value("action"); !action.empty()) {
    query.action = response_action_of(action);
    if (!query.action) return value_refused("action", action, "is none of " + joined_names(all_response_actions));
  }
  if (const std::string state = asked.value("state"); !state.empty()) {
    query.state = run_state_of(state);
    if (!query.state) return value_refused("state", state, "is none of " + joined_names(all_run_states));
  }
  if (const std::string limit = asked.value("limit"); !limit.empty()) {
    const Result<std::uint64_t> count = positive_count_of("limit", limit);
    if (!count) return count.error();
    query.limit = static_cast<std::size_t>(std::min<std::uint64_t>(*count, ActionLimits{}.rows_shown_max));
  }
  const Result<std::optional<WallTime>> since = moment_of("since", asked.value("since"), now, ActionLimits{}.kept);
  if (!since) return since.error();
  query.since = *since;
  const Result<std::optional<WallTime>> until = moment_of("until", asked.value("until"), now, ActionLimits{}.kept);
  if (!until) return until.error();
  query.until = *until;
  return query;
}

Result<std::string> read_operator(std::string_view by) {
  if (by.empty()) return std::string{operator_fallback};
  if (const Result<void> good = check_line(by, operator_name_bytes_max); !good) return good.error();
  return std::string{by};
}

Result<std::string> asker_of(const SocketAsked& asked) {
  Result<std::string> by = read_operator(asked.value("by"));
  if (by) return by;
  return std::move(by).error().in("by");
}

}  // namespace tidegate
