// What a run must not do: the reasons for which one is refused, and the guards of a responder. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "respond/responder.h"
#include "respond/run.h"

namespace tidegate {

// All reasons for which an order is refused: each is told, a line each.
class ActionRefusals {
 public:
  void add(Code code, std::string_view reason);
  void add(const Error& error) { add(error.code(), error.text()); }

  bool empty() const { return text_.empty(); }
  // `denied` where a guard alone holds it up; else `invalid`, or what failed.   requires: !empty()
  Error error() const;

 private:
  std::string text_;
  Code code_ = Code::denied;
};

// Whether the responder may do what the run does. Taking back what it may do is always allowed.
bool may_do(const Responder& responder, const ActionRun& run);
// Whether a person has to say yes first.
Approval approval_of(const Responder& responder, const ActionRun& run);
// What the responder's scope and its protected objects say against the run; with a time limit also against what ends it.
void check_scope(const Responder& responder, const ActionRun& run, ActionRefusals& refusals);

// The action as it is written, or "webhook" for the request of a custom responder.
std::string_view action_word(const ActionRun& run);

}  // namespace tidegate
