#include "processor/respond/action_guards.h"

#include <algorithm>

#include "base/check.h"

namespace tidegate {
namespace {

constexpr std::chrono::hours rule_rate_span{1};

// Names of the actions that a responder may do: "isolate_endpoint, restore_endpoint".
std::string allowed_actions(const Responder& responder) {
  std::string text;
  for (const ResponseAction action : responder.actions) text.append(text.empty() ? "" : ", ").append(name(action));
  return text;
}

std::string allowed_tenants(const Responder& responder) {
  std::string text;
  for (const std::string& tenant : responder.tenants) text.append(text.empty() ? "" : ", ").append(tenant);
  return text;
}

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

bool does_harm(ResponseAction action) {
  switch (action) {
    case ResponseAction::add_to_block_list:
    case ResponseAction::isolate_endpoint:
    case ResponseAction::quarantine_email: return true;
    case ResponseAction::remove_from_block_list:
    case ResponseAction::restore_endpoint: break;
  }
  return false;
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
                                   allowed_tenants(responder));
  if (!run.action) return;
  if (!may_do(responder, run))
    refusals.add(Code::denied, "action: responder '" + responder.name + "' may not do " + std::string{name(*run.action)} +
                                   "; it may do " + allowed_actions(responder));
  if (does_harm(*run.action)) check_protected(responder, *run.action, run, refusals);
  const std::optional<ResponseAction> end = run.lasts ? inverse_of(*run.action) : std::nullopt;
  if (!end || !does_harm(*end)) return;
  if (!responder.actions.contains(*end))
    refusals.add(Code::denied,
                 "lasts: it would end with " + std::string{name(*end)} + ", which responder '" + responder.name + "' may not do");
  check_protected(responder, *end, run, refusals);
}

void check_rate(const Responder& responder, const ActionRun& run, ActionHistory& history, WallTime now, ActionRefusals& refusals) {
  if (run.rule.empty() || run.dry_run) return;
  const Result<std::uint64_t> asked = history.asked_by_rule(run.rule, responder.name, now - rule_rate_span);
  if (!asked) return refusals.add(asked.error());
  if (*asked < responder.guards.rule_per_hour) return;
  refusals.add(Code::denied, "rule '" + run.rule + "' has asked responder '" + responder.name + "' for " + std::to_string(*asked) +
                                 " runs within an hour: rule_per_hour of the responder is " +
                                 std::to_string(responder.guards.rule_per_hour));
}

std::string_view action_word(const ActionRun& run) { return run.action ? name(*run.action) : std::string_view{"webhook"}; }

}  // namespace tidegate
