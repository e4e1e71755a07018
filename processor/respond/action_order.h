// An order of an action, and what it comes to before anything is sent: the run as it would be kept, and the request for people to
// look at. Of a Vision One action the record's only candidate (candidates.h) of a type stands for a value that is not given, under
// its short key: agentGuid, fileSha1 … Of several none is taken: what is missing is refused, and they are listed.
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
#include "respond/action.h"
#include "respond/action_guards.h"
#include "respond/responder.h"
#include "respond/run.h"

namespace tidegate {

struct ActionOrder {
  std::string id;  // of its run, which is made once, however often it is asked for; empty: one by chance
  std::string responder;
  std::optional<ResponseAction> action;  // absent for a custom responder, and where a responder may do one alone
  std::string tenant;                    // of whom it is; empty: the record's, or the responder's only one
  boost::json::object given;             // values by template path
  boost::json::object record;            // as it is indexed; empty: none
  std::string body;                      // a template in place of the responder's; empty: the responder's
  std::string path;                      // of a custom responder, the same
  std::string requested_by;              // who asks
  bool dry_run = false;
  std::optional<std::chrono::seconds> lasts;
};

struct ActionPreview {
  std::string method;
  std::string url;
  std::string body;  // as it would be sent, without the marker; secrets are no part of it
  std::vector<ActionTarget> targets;
};

struct ActionDraft {
  ActionRun run;  // until it was accepted without id and times
  ActionPreview preview;
};

// `invalid`: longer, or with a control character.
Result<void> check_line(std::string_view value, std::size_t bytes_max);

// What is wrong with it goes to the refusals; the draft is of use only where there are none.
ActionDraft draft_of(const Responder& responder, const ActionOrder& order, ActionRefusals& refusals);

}  // namespace tidegate
