#include "respond/action_guards.h"

#include <optional>
#include <vector>

#include "base/check.h"
#include "base/joined.h"
#include "respond/action.h"

namespace tidegate {
namespace {

std::vector<ActionTarget> objects_of(const ActionRun& run) {
  std::vector<ActionTarget> objects;
  for (const TargetRun& target : run.targets) objects.push_back(target.target);
  return objects;
}

void check_protected(const Responder& responder, ResponseAction action, const ActionRun& run, ActionRefusals& refusals) {
  const std::string found = protected_target(responder.guards, action, objects_of(run));
  if (found.empty()) return;
  refusals.add(Code::denied, found + ": is protected: responder '" + responder.name + "' never does " + std::string{name(action)} +
                                 " to it; see protect of the responder");
}

}  // namespace

void ActionRefusals::add(Code code, std::string_view reason) {
  TG_ASSERT(!reason.empty(), "a refusal has a reason");
  if (code_ == Code::denied) code_ = code;
  text_.append(text_.empty() ? "" : "\n").append(reason);
}

Error ActionRefusals::error() const {
  TG_ASSERT(!empty(), "what is refused has a reason");
  return Error{code_, text_};
}

bool may_do(const Responder& responder, const ActionRun& run) {
  if (!run.action) return responder.type == ResponderType::webhook;
  if (responder.type != ResponderType::trendmicro_visionone) return false;
  if (responder.actions.contains(*run.action)) return true;
  const std::optional<ResponseAction> taken_back = inverse_of(*run.action);
  return !run.undoes.empty() && !does_harm(*run.action) && taken_back && responder.actions.contains(*taken_back);
}

Approval approval_of(const Responder& responder, const ActionRun& run) {
  if (!responder.guards.approval || run.dry_run) return Approval::not_needed;
  const bool ends_in_harm = run.lasts && run.action && inverse_of(*run.action) && does_harm(*inverse_of(*run.action));
  return !run.action || does_harm(*run.action) || ends_in_harm ? Approval::awaited : Approval::not_needed;
}

void check_scope(const Responder& responder, const ActionRun& run, ActionRefusals& refusals) {
  if (!run.tenant.empty() && !responder.may_act_for(run.tenant))
    refusals.add(Code::denied, "tenant: responder '" + responder.name + "' may not act for '" + run.tenant + "'; it acts for " +
                                   joined(responder.tenants));
  if ((run.action || run.webhook) && !may_do(responder, run))
    refusals.add(Code::denied, "action: responder '" + responder.name + "' may not do " + std::string{action_word(run)} +
                                   "; it may do " + joined_names(responder.actions));
  if (!run.action) return;
  check_protected(responder, *run.action, run, refusals);
  const std::optional<ResponseAction> end = run.lasts ? inverse_of(*run.action) : std::nullopt;
  if (!end || !does_harm(*end)) return;
  if (!responder.actions.contains(*end))
    refusals.add(Code::denied,
                 "lasts: it would end with " + std::string{name(*end)} + ", which responder '" + responder.name + "' may not do");
  check_protected(responder, *end, run, refusals);
}

std::string_view action_word(const ActionRun& run) { return run.action ? name(*run.action) : std::string_view{"webhook"}; }

}  // namespace tidegate
