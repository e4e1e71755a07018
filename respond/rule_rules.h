// What must hold between the keys of one rule, beyond the form of each.
//
// Inside respond/. Pure; any thread.
#pragma once

#include <string>

#include "config/reader.h"
#include "respond/rule.h"

namespace tidegate {

// Complains to the reader of what is broken, but for keys that have errors of their own. An action is checked by itself.
//   requires: `rule`, or `action`, was read from the keys that begin with `prefix`: "rules[3].", "rules[3].actions[0]."
void check_rule(Reader& reader, const std::string& prefix, const Rule& rule);
void check_rule_action(Reader& reader, const std::string& prefix, const RuleAction& action);

}  // namespace tidegate
