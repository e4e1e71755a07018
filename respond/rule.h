// A rule of the automation: which records it looks for, when it looks, and what is done about those that it finds.
//
//   stream     each record is looked at as soon as it has arrived
//   schedule   every so often the index is searched, over the records' own times
//
// A rule does each of its actions at most once for a record (P9), whatever comes twice. What it would have done and did not,
// because it was muted or had done enough within the hour, is counted and kept.
//
// Pure; any thread.   Source: domain, sections 6 and 9.5; design, section 9.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"
#include "respond/action.h"

namespace tidegate {

inline constexpr std::size_t rules_max = 500;
inline constexpr std::size_t rule_actions_max = 8;
inline constexpr std::size_t rule_query_bytes_max = 4096;
inline constexpr std::size_t rule_bytes_max = 256u << 10;  // of it as a document of its own
inline constexpr std::size_t rule_given_max = 32;          // keys of an action's given values
inline constexpr std::size_t rule_given_list_max = 50;     // values of one key
inline constexpr std::size_t rule_given_bytes_max = 1024;  // of a value
inline constexpr std::uint64_t rule_at_least_max = 1'000'000;
inline constexpr std::chrono::hours rule_age_max{24 * 7};    // of max_age, look_back and every
inline constexpr std::chrono::hours rule_mute_max{24 * 30};  // of a mute
inline constexpr std::uint64_t rule_per_hour_max = 10'000;
inline constexpr std::string_view rule_asks = "rule ";  // before its name, where it is told who asked for a run

enum class RuleTrigger : std::uint8_t { stream, schedule, both };
std::string_view name(RuleTrigger trigger);

// Either a responder's, or a message to a channel of the processor's `notify`.
struct RuleAction {
  std::string name;                      // unique in its rule, printable ASCII: a record is acted upon once under it
  std::string responder;                 // by name; empty: `notify` is given
  std::string notify;                    // a channel's name
  std::optional<ResponseAction> action;  // absent: a custom responder's, or the only one that the responder may do
  std::map<std::string, std::vector<std::string>> given{};  // values by template path; one is a text, several are a list
  std::string body;                                         // a template in place of the responder's; empty: the responder's
  std::string path;                                         // of a custom responder, the same
  std::optional<std::chrono::seconds> lasts;                // it is undone after so long
  std::optional<std::chrono::seconds> mute;                 // in place of the rule's
  std::uint64_t per_hour = 60;  // times within any hour for a tenant; beyond it nothing is done, and it is told

  bool operator==(const RuleAction&) const = default;
};

struct Rule {
  std::string name;  // unique, printable ASCII
  bool enabled = true;
  std::vector<std::string> tenants;  // ids; empty: all
  std::string query;                 // config/query.h
  RuleTrigger on = RuleTrigger::stream;
  std::chrono::seconds max_age{24 * 3600};  // on the stream: a record that is older when it arrives is passed over, and counted
  std::chrono::seconds every{0};            // on schedule: between two looks
  std::chrono::seconds look_back{0};        // how far each look goes back
  std::uint64_t at_least = 1;    // on schedule: records, of an entity where there is one; 1: each record counts by itself
  std::string entity;            // a path in the record, whose values tell apart what is muted and counted; empty: none
  std::chrono::seconds mute{0};  // after it has acted for an entity it does not again for so long
  EventSeverity severity = EventSeverity::warning;  // of what it tells
  bool dry_run = false;                             // runs are kept as dry runs, and nothing is sent or told
  std::vector<RuleAction> actions;

  bool may_act_for(std::string_view tenant) const;
  bool on_stream() const { return on != RuleTrigger::schedule; }
  bool on_schedule() const { return on != RuleTrigger::stream; }
  const RuleAction* action_named(std::string_view action) const;  // null: none
  std::chrono::seconds mute_of(const RuleAction& action) const { return action.mute.value_or(mute); }

  bool operator==(const Rule&) const = default;
};

}  // namespace tidegate
