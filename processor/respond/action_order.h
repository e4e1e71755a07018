// An order of an action, and what it comes to before anything is sent: the run as it would be kept, and the request for people to
// look at. Of a Vision One action the record's candidates (candidates.h) stand for values that are not given, under their short
// keys: agentGuid, fileSha1 … Exactly one is that text, several are a list.
//
// Pure; any thread.   Source: design, section 9; domain, 1.5 and 9.5.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "processor/respond/action_guards.h"
#include "respond/action.h"
#include "respond/responder.h"
#include "respond/run.h"

namespace tidegate {

inline constexpr std::chrono::hours lasts_max{24 * 30};            // of a time-limited action
inline constexpr std::size_t operator_name_bytes_max = 128;        // of who asks
inline constexpr std::string_view operator_fallback = "operator";  // who asks and does not say

struct ActionOrder {
  std::string responder;
  std::optional<ResponseAction> action;  // absent for a custom responder, and where a responder may do one alone
  std::string tenant;                    // of whom it is; empty: the record's, or the responder's only one
  boost::json::object given;             // values by template path
  boost::json::object record;            // as it is indexed; empty: none
  std::string body;                      // a template in place of the responder's; empty: the responder's
  std::string path;                      // of a custom responder, the same
  std::string requested_by;
  std::string rule;  // empty: a person asks
  bool dry_run = false;
  std::optional<std::chrono::seconds> lasts;
};

struct ActionPreview {
  std::string method;
  std::string url;
  std::string body;  // as it would be sent, without the marker; secrets are no part of it
  std::vector<ActionTarget> targets;
  std::vector<std::string> warnings;  // plain HTTP, certificates not verified, approval needed …
};

struct ActionDraft {
  ActionRun run;  // without id and times
  ActionPreview preview;
};

// What is wrong with it goes to the refusals; the draft is of use only where there are none.
ActionDraft draft_of(const Responder& responder, const ActionOrder& order, ActionRefusals& refusals);

}  // namespace tidegate
