// What is asked of a run: to be made, approved, tried again, taken back.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "processor/respond/action_desk.h"
#include "respond/run_id.h"

namespace tidegate {
namespace {

// Nothing is under way: each part has come to its end, or will never begin.
Result<void> check_ended(const ActionRun& run) {
  if (run.dry_run) return Error{Code::invalid, "run " + run.id + " was a dry run: nothing was sent"};
  const RunState state = state_of(run);
  if (ended(run) || state == RunState::undoing) return {};
  return Error{Code::invalid, "run " + run.id + " is not settled: it is " + std::string{name(state)}};
}

}  // namespace

Result<ActionDraft> ActionDesk::draft(const ActionOrder& order) const {
  const Result<const Responder*> responder = responder_named(order.responder);
  if (!responder) return responder.error();
  ActionRefusals refusals;
  ActionDraft draft = draft_of(**responder, order, refusals);
  if (!refusals.empty()) return refusals.error();
  return draft;
}

asio::awaitable<Result<ActionDraft>> ActionDesk::submit(ActionOrder order) {
  TG_ASSERT(runner_ != nullptr, "a desk has a runner before it is asked");
  if (!order.id.empty()) {
    Result<ActionRun> before = ports_.history.run(order.id);
    if (before) {
      ActionDraft as_it_is;
      as_it_is.run = *std::move(before);
      co_return as_it_is;
    }
    if (before.error().code() != Code::absent) co_return Error{Code::unavailable, before.error().text()};
  }
  Result<ActionDraft> drafted = draft(order);
  if (!drafted) co_return drafted;
  ActionRun& run = drafted->run;
  // A person is told at once of a credential or a file that is missing; what a rule asks for waits for it.
  if (!run.dry_run && order.id.empty()) {
    const Result<ResponderApi> api = api_of(responders_.at(run.responder).responder);
    if (!api) co_return api.error();
  }
  if (const Result<void> placed = give_place(run); !placed) co_return placed.error();
  run.id = order.id.empty() ? fresh_run_id(random_) : order.id;
  run.created = clock_.wall();
  for (TargetRun& target : run.targets) target.changed = run.created;
  if (run.webhook) run.webhook->changed = run.created;
  ActionRun submitted = run;
  const Result<void> taken = co_await runner_->submit(std::move(submitted));
  if (!taken) co_return taken.error();
  note(run.dry_run ? "a dry run of an action was made" : "an action was asked for", run, run.requested_by);
  co_return drafted;
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
  run.decided_by = by;
  run.decided = clock_.wall();
  return {};
}

asio::awaitable<Result<ActionRun>> ActionDesk::decide(std::string id, bool grant, std::string by) {
  TG_ASSERT(runner_ != nullptr, "a desk has a runner before it is asked");
  std::function<Result<void>(ActionRun&)> change = [this, grant, &by](ActionRun& run) { return decide_on(run, grant, by); };
  Result<ActionRun> decided = co_await runner_->amend(std::move(id), std::move(change));
  if (decided) note(grant ? "an action was approved" : "an action was denied", *decided, decided->decided_by);
  co_return decided;
}

// As the ledger has it, at once: the change of one that is under way would have to wait for its turn.
Result<void> ActionDesk::check_run_ended(std::string_view id) const {
  const Result<ActionRun> run = ports_.history.run(id);
  if (!run) return run.error();
  return check_ended(*run);
}

// One try at a time: two of them would be sent side by side.
Result<void> ActionDesk::check_not_retried(const ActionRun& run) const {
  if (run.retried_by.empty()) return {};
  const Result<ActionRun> other = ports_.history.run(run.retried_by);
  if (!other && other.error().code() != Code::absent) return other.error();
  if (!other || settled(*other)) return {};  // the history forgets settled ones alone
  return Error{Code::invalid, "run " + run.id + " is being tried again: run " + run.retried_by};
}

Result<ActionRun> ActionDesk::retry_of(const ActionRun& run, const std::string& by) const {
  if (Result<void> over = check_ended(run); !over) return std::move(over).error();
  if (Result<void> alone = check_not_retried(run); !alone) return std::move(alone).error();
  ActionRun again;
  again.responder = run.responder;
  again.tenant = run.tenant;
  again.action = run.action;
  again.requested_by = by;
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
  if (Result<void> placed = give_place(again); !placed) return std::move(placed).error();
  return again;
}

asio::awaitable<Result<ActionRun>> ActionDesk::retry(std::string id, std::string by) {
  TG_ASSERT(runner_ != nullptr, "a desk has a runner before it is asked");
  const Result<void> over = check_run_ended(id);
  if (!over) co_return over.error();
  std::function<Result<ActionRun>(ActionRun&)> change = [this, &by](ActionRun& run) {
    Result<ActionRun> again = retry_of(run, by);
    if (!again) return again;
    again->id = fresh_run_id(random_);
    run.retried_by = again->id;
    return again;
  };
  Result<ActionRun> again = co_await runner_->amend_and_submit(std::move(id), std::move(change));
  if (again) note("an action is tried again", *again, again->requested_by);
  co_return again;
}

Result<ActionRun> ActionDesk::undo_of(const ActionRun& run, const std::string& by) const {
  if (Result<void> over = check_ended(run); !over) return std::move(over).error();
  if (!run.action || !inverse_of(*run.action))
    return Error{Code::invalid, "nothing takes back what run " + run.id + " has done (" + std::string{action_word(run)} + ")"};
  // Of an undoing that did nothing the run knows no more: it may be asked for again.
  if (!run.undone_by.empty())
    return Error{Code::invalid,
                 "run " + run.id + (run.undone ? " was undone already, by run " : " is being undone by run ") + run.undone_by};
  if (std::ranges::none_of(run.targets, is_in_force))
    return Error{Code::invalid,
                 "run " + run.id + " has done nothing that could be taken back: it is " + std::string{name(state_of(run))}};
  const Result<const Responder*> responder = responder_named(run.responder);
  if (!responder) return responder.error();
  ActionRun back = inverse_run(run, {}, by, clock_.wall());
  ActionRefusals refusals;
  check_scope(**responder, back, refusals);
  if (!refusals.empty()) return refusals.error();
  back.approval = approval_of(**responder, back);  // of what does no harm it needs none
  if (Result<void> placed = give_place(back); !placed) return std::move(placed).error();
  return back;
}

asio::awaitable<Result<ActionRun>> ActionDesk::undo(std::string id, std::string by) {
  TG_ASSERT(runner_ != nullptr, "a desk has a runner before it is asked");
  const Result<void> over = check_run_ended(id);
  if (!over) co_return over.error();
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
