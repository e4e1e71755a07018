// What is asked of a run: to be made, approved, tried again, taken back.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "processor/respond/action_desk.h"
#include "respond/run_id.h"

namespace tidegate {
namespace {

bool part_open(const ActionRun& run) {
  const auto open = [](const TargetRun& target) { return !settled(target.state); };
  return std::ranges::any_of(run.targets, open) || (run.webhook && !settled(run.webhook->state));
}

// Nothing is under way: each part has come to its end, or will never begin.
Result<void> check_ended(const ActionRun& run) {
  if (run.dry_run) return Error{Code::invalid, "run " + run.id + " was a dry run: nothing was sent"};
  if (run.approval == Approval::awaited || (run.approval != Approval::denied && part_open(run)))
    return Error{Code::invalid, "run " + run.id + " is not settled: it is " + std::string{name(state_of(run))}};
  return {};
}

std::string operator_of(const std::string& by) { return by.empty() ? std::string{operator_fallback} : by; }

}  // namespace

Result<ActionDraft> ActionDesk::draft_for(const ActionOrder& order) const {
  const Result<const Responder*> found = responder_named(order.responder);
  if (!found) return found.error();
  const Responder& responder = **found;
  ActionRefusals refusals;
  ActionDraft draft = draft_of(responder, order, refusals);
  check_rate(responder, draft.run, ports_.history, clock_.wall(), refusals);
  if (!refusals.empty()) return refusals.error();
  draft.preview.warnings = warnings_of(responder);
  ActionRun sent = draft.run;
  sent.dry_run = false;
  if (approval_of(responder, sent) == Approval::awaited)
    draft.preview.warnings.push_back("responder '" + responder.name + "' sends only what a person has approved");
  if (!may_send_)
    draft.preview.warnings.emplace_back("the kill switch is on: nothing is sent until `tidegate-processor action resume`");
  return draft;
}

Result<ActionPreview> ActionDesk::preview(const ActionOrder& order) const {
  Result<ActionDraft> draft = draft_for(order);
  if (!draft) return std::move(draft).error();
  return std::move(draft->preview);
}

asio::awaitable<Result<ActionRun>> ActionDesk::submit(ActionOrder order) {
  TG_ASSERT(runner_ != nullptr, "a desk has a runner before it is asked");
  Result<ActionDraft> draft = draft_for(order);
  if (!draft) co_return std::move(draft).error();
  ActionRun run = std::move(draft->run);
  if (!run.dry_run) {
    const Result<ResponderApi> api = api_of(responders_.at(run.responder).responder);
    if (!api) co_return api.error();
  }
  run.id = fresh_run_id(random_);
  run.created = clock_.wall();
  for (TargetRun& target : run.targets) target.changed = run.created;
  if (run.webhook) run.webhook->changed = run.created;
  ActionRun submitted = run;
  const Result<void> taken = co_await runner_->submit(std::move(submitted));
  if (!taken) co_return taken.error();
  note(run.dry_run ? "a dry run of an action was made" : "an action was asked for", run, run.requested_by);
  co_return run;
}

Result<void> ActionDesk::decide_on(ActionRun& run, bool grant, const std::string& by) const {
  if (run.approval != Approval::awaited)
    return Error{Code::invalid, "run " + run.id + " does not wait for approval: it is " + std::string{name(state_of(run))}};
  if (grant) {
    // The responder may have changed since it was asked for.
    const Result<const Responder*> responder = responder_named(run.responder);
    if (!responder) return responder.error();
    ActionRefusals refusals;
    check_scope(**responder, run, refusals);
    if (!refusals.empty()) return refusals.error();
  }
  run.approval = grant ? Approval::granted : Approval::denied;
  run.decided_by = operator_of(by);
  return {};
}

asio::awaitable<Result<ActionRun>> ActionDesk::decide(std::string id, bool grant, std::string by) {
  TG_ASSERT(runner_ != nullptr, "a desk has a runner before it is asked");
  std::function<Result<void>(ActionRun&)> change = [this, grant, &by](ActionRun& run) { return decide_on(run, grant, by); };
  Result<ActionRun> decided = co_await runner_->amend(std::move(id), std::move(change));
  if (decided) note(grant ? "an action was approved" : "an action was denied", *decided, decided->decided_by);
  co_return decided;
}

Result<ActionRun> ActionDesk::retry_of(const ActionRun& run, const std::string& by) const {
  if (Result<void> ended = check_ended(run); !ended) return std::move(ended).error();
  ActionRun again;
  again.responder = run.responder;
  again.tenant = run.tenant;
  again.action = run.action;
  again.requested_by = operator_of(by);
  again.record_id = run.record_id;
  again.created = clock_.wall();
  again.lasts = run.lasts;
  again.undoes = run.undoes;
  again.retries = run.id;
  for (const TargetRun& target : run.targets) {
    if (target.state == ResponseState::succeeded) continue;
    TargetRun& one = again.targets.emplace_back();
    one.target = target.target;
    one.changed = again.created;
  }
  if (run.webhook && run.webhook->state != ResponseState::succeeded) {
    WebhookRun& webhook = again.webhook.emplace();
    webhook.method = run.webhook->method;
    webhook.path_and_query = run.webhook->path_and_query;
    webhook.body = run.webhook->body;
    webhook.changed = again.created;
  }
  if (again.targets.empty() && !again.webhook)
    return Error{Code::invalid, "run " + run.id + " has succeeded: nothing is left to be done"};
  const Result<const Responder*> responder = responder_named(run.responder);
  if (!responder) return responder.error();
  ActionRefusals refusals;
  check_scope(**responder, again, refusals);
  if (!refusals.empty()) return refusals.error();
  again.approval = approval_of(**responder, again);
  return again;
}

asio::awaitable<Result<ActionRun>> ActionDesk::retry(std::string id, std::string by) {
  TG_ASSERT(runner_ != nullptr, "a desk has a runner before it is asked");
  std::function<Result<ActionRun>(ActionRun&)> change = [this, &by](ActionRun& run) {
    Result<ActionRun> again = retry_of(run, by);
    if (again) again->id = fresh_run_id(random_);
    return again;
  };
  Result<ActionRun> again = co_await runner_->amend_and_submit(std::move(id), std::move(change));
  if (again) note("an action is tried again", *again, again->requested_by);
  co_return again;
}

Result<ActionRun> ActionDesk::undo_of(ActionRun& run, const std::string& by) const {
  if (Result<void> ended = check_ended(run); !ended) return std::move(ended).error();
  if (!run.action || !inverse_of(*run.action))
    return Error{Code::invalid, "nothing takes back what run " + run.id + " has done (" + std::string{action_word(run)} + ")"};
  if (!run.undone_by.empty()) {
    // An undoing that did nothing may be asked for again.
    const Result<ActionRun> before = ports_.history.run(run.undone_by);
    if (!before) return before.error();
    const RunState state = state_of(*before);
    if (state != RunState::failed && state != RunState::denied)
      return Error{Code::invalid,
                   "run " + run.id + " was undone already: run " + run.undone_by + " is " + std::string{name(state)}};
  }
  if (std::ranges::none_of(run.targets, [](const TargetRun& target) { return target.state == ResponseState::succeeded; }))
    return Error{Code::invalid,
                 "run " + run.id + " has done nothing that could be taken back: it is " + std::string{name(state_of(run))}};
  const Result<const Responder*> responder = responder_named(run.responder);
  if (!responder) return responder.error();
  ActionRun back = inverse_run(run, {}, operator_of(by), clock_.wall());
  ActionRefusals refusals;
  check_scope(**responder, back, refusals);
  if (!refusals.empty()) return refusals.error();
  back.approval = approval_of(**responder, back);  // of what does no harm it needs none
  return back;
}

asio::awaitable<Result<ActionRun>> ActionDesk::undo(std::string id, std::string by) {
  TG_ASSERT(runner_ != nullptr, "a desk has a runner before it is asked");
  std::function<Result<ActionRun>(ActionRun&)> change = [this, &by](ActionRun& run) {
    Result<ActionRun> back = undo_of(run, by);
    if (!back) return back;
    back->id = fresh_run_id(random_);
    run.undone_by = back->id;
    return back;
  };
  Result<ActionRun> back = co_await runner_->amend_and_submit(std::move(id), std::move(change));
  if (back) note("an action is undone", *back, back->requested_by);
  co_return back;
}

}  // namespace tidegate
