// rules.yaml: the rules that an operator applies (design, section 6.1). Applying replaces by name: rules that the document does not
// name stay as they are.
//
//   rules:
//     - name: isolate-ransomware
//       tenants: [acme]                       # or the word all
//       query: 'msg_class: trendmicro_visionone_alerts AND trendmicro_visionone.severity: critical'
//       on: stream                            # or schedule, or both
//       max_age: 24h
//       entity: trendmicro_visionone.impactScope.entities.entityId
//       mute: 4h
//       actions:
//         - name: isolate
//           responder: acme-v1
//           action: isolate_endpoint
//           body: '[{"agentGuid": "{{trendmicro_visionone.agentGuid | each}}"}]'
//           lasts: 4h
//           per_hour: 10
//         - name: tell
//           notify: soc-mail
//           mute: 15min                       # of this action alone
//     - name: many-failed-logins
//       tenants: all
//       query: 'msg_class: trendmicro_visionone_audit_logs AND trendmicro_visionone.result: Unsuccessful'
//       on: schedule
//       every: 5min
//       look_back: 15min
//       at_least: 10
//       entity: trendmicro_visionone.loggedUser
//       mute: 1h
//       actions: [{name: tell, notify: soc-mail}]
//
// It promises: the answer is rules that can be used as they are, or every error at once (P8), each with line, field, value and
// remedy. A key that would have no effect is an error, and so is a template that could not be filled, and a query that cannot be
// asked, or looks for a word without a letter or digit. Where at_least is more than 1 and no mute is given, it is look_back: the
// same burst does not fire again with each further record. Whether there are such responders and channels, and whether they may act
// for the rule's tenants, is for the caller to see.
//
// Pure; any thread. Bounded: 1 MiB, rules_max, rule_bytes_max, 100 errors listed.   Source: domain, section 6; design, section 9.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/errors.h"
#include "config/fields.h"
#include "respond/rule.h"

namespace tidegate {

inline constexpr std::string_view rules_document_name = "rules.yaml";

struct ParsedRules {
  std::optional<std::vector<Rule>> rules;  // at least one; absent exactly when there are errors
  std::vector<ConfigError> errors;         // in the order of their lines
};

ParsedRules parse_rules(std::string_view yaml);

// A document with that rule alone; what equals its default is left out. It is read back equal.
//   requires: parse_rules() could have made it
std::string to_yaml(const Rule& rule);

// The rows of a document.
FieldTable rules_fields();

}  // namespace tidegate
