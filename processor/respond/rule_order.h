// What a decision of a rule comes to: an order of an action, or an event for a channel. Pure; any thread.
#pragma once

#include "base/result.h"
#include "processor/notify_ports.h"
#include "processor/respond/action_order.h"
#include "processor/rule_ports.h"

namespace tidegate {

// `corrupt`, `invalid`: the record cannot be read as templates need it.   requires: the action has a responder
Result<ActionOrder> order_of(const Rule& rule, const RuleAction& action, const RuleDecision& decision);

// The order as people read it: "isolate_endpoint by acme-v1: agentGuid …".
std::string order_text(const ActionDraft& draft);

//   told: when it is queued for its channel, from which on it may wait there: opened and closed at that moment
HealthEvent event_of(const Rule& rule, const RuleDecision& decision, WallTime told);

}  // namespace tidegate
