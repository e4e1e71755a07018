// Documents of rules, and what is wrong with them in the words that an operator reads.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "respond/rules_document.h"

namespace tidegate {

// Their last action is open, so that lines can be added to it.
inline const std::string least_rule = R"(rules:
  - name: isolate
    tenants: [acme]
    query: word
    actions:
      - name: act
        responder: acme-v1
)";
inline const std::string least_told = R"(rules:
  - name: tell
    tenants: all
    query: '*'
    actions:
      - name: tell
        notify: soc-mail
)";
inline const std::string whole_stream = R"(rules:
  - name: isolate-ransomware
    enabled: false
    tenants: [acme, blue]
    query: 'msg_class: trendmicro_visionone_alerts AND trendmicro_visionone.severity: critical'
    on: both
    max_age: 12h
    every: 5min
    look_back: 15min
    entity: trendmicro_visionone.impactScope.entities.entityId
    mute: 4h
    severity: critical
    dry_run: true
    actions:
      - name: isolate
        responder: acme-v1
        action: isolate_endpoint
        given:
          agentGuid: [one, two]
          trendmicro_visionone.note: by a rule
        body: |
          [{
            "agentGuid": "{{agentGuid | each}}"
          }]
        lasts: 90min
        per_hour: 10
      - name: ticket
        responder: tickets
        path: /hooks/{{record_id}}?q={{tenantid}}
        mute: 30s
      - {name: tell, notify: soc-mail, mute: 15min}
)";
inline const std::string whole_schedule = R"(rules:
  - name: many-failed-logins
    tenants: all
    query: 'msg_class: trendmicro_visionone_audit_logs AND trendmicro_visionone.result: Unsuccessful'
    on: schedule
    every: 5min
    look_back: 15min
    at_least: 10
    entity: trendmicro_visionone.loggedUser
    mute: 1h
    actions: [{name: tell, notify: soc-mail}]
)";

inline std::string flaws_in_rules(const std::string& yaml) { return to_text(parse_rules(yaml).errors); }

// The errors of a document with lines added to its last action.
inline std::string flaws_of_action(const std::string& document, const std::string& lines) {
  return flaws_in_rules(document + lines);
}

// The errors of the least document with lines added to its rule.
inline std::string flaws_of_rule(const std::string& lines) {
  std::string yaml = least_rule;
  return flaws_in_rules(yaml.insert(yaml.find("    actions:"), lines));
}

inline std::string flaws_of_query(const std::string& scalar) {
  std::string yaml = least_rule;
  return flaws_in_rules(yaml.replace(yaml.find("word"), 4, scalar));
}

inline Rule only_rule(const std::string& yaml) {
  ParsedRules parsed = parse_rules(yaml);
  EXPECT_TRUE(parsed.rules) << to_text(parsed.errors);
  if (!parsed.rules || parsed.rules->size() != 1) return {};
  return parsed.rules->front();
}

}  // namespace tidegate
