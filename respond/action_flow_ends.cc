// Parts of a run's way beside its targets: the one request of a custom responder, and what takes another run back.
#include <algorithm>

#include "base/check.h"
#include "respond/action_flow.h"
#include "respond/run_id.h"

namespace tidegate {
namespace {

// Those of `run` on which the one that takes it back has succeeded.
void mark_given_back(ActionRun& run, const ActionRun& inverse) {
  for (TargetRun& target : run.targets) {
    const auto gives_it_back = [&target](const TargetRun& back) {
      return back.state == ResponseState::succeeded && back.target == target.target;
    };
    if (is_in_force(target) && std::ranges::any_of(inverse.targets, gives_it_back)) target.given_back = true;
  }
}

}  // namespace

asio::awaitable<Result<std::vector<ActionRun>>> with_what_it_undoes(ActionLedger& ledger, ActionRun run) {
  std::vector<ActionRun> runs{std::move(run)};
  const ActionRun& one = runs.front();
  if (one.undoes.empty() || !settled(one)) co_return runs;
  Result<ActionRun> other = co_await ledger.read(one.undoes);
  if (!other && other.error().code() != Code::absent) co_return std::move(other).error();
  const bool succeeded = state_of(one) == RunState::succeeded;
  if (!other || other->undone || (!succeeded && other->undone_by != one.id)) co_return runs;
  mark_given_back(*other, one);
  if (succeeded) {
    other->undone_by = one.id;  // another try of one that failed, perhaps
    other->undone = true;
  } else {
    other->undone_by.clear();
    // A limit that could not be kept needs a person: the run that failed says why. One that is still to come is kept.
    if (one.by_limit) other->lasts.reset();
    if (one.by_limit) other->undo_at.reset();
  }
  runs.push_back(*std::move(other));
  co_return runs;
}

// Nobody can say whether an unanswered request of a custom responder was done, so it is never sent again.
asio::awaitable<void> ActionFlow::send_webhook() {
  if (!run_.webhook || settled(run_.webhook->state) || !due(0)) co_return;
  const auto end = [this](ResponseState state, std::string reason) {
    WebhookRun& webhook = *run_.webhook;
    webhook.state = state;
    webhook.reason = std::move(reason);
    webhook.changed = ports_.clock.wall();
    unwritten_ = true;
  };
  if (run_.webhook->state == ResponseState::sending) {
    end(ResponseState::unknown, "it may have been sent: the process ended before its answer came");
    co_return;
  }
  TG_ASSERT(run_.webhook->state == ResponseState::waiting, "what may have been sent is not sent again (P9)");
  const auto wait = [this, &end](const std::string& why) {
    if (run_.webhook->reason != why) end(ResponseState::waiting, why);
  };
  paces_.front().lack = Lack::none;
  if (!ports_.responders.may_send()) {
    paces_.front().lack = Lack::leave;
    wait(std::string{held_up});
    co_return;
  }
  const Result<void> permitted = ports_.responders.permits(run_);
  const Result<ResponderApi> api = ports_.responders.api_for(run_);
  if (permitted && !api && retryable(api.error())) {
    wait(api.error().text());
    paces_.front().lack = Lack::api;
    again_later(0, ports_.limits.retry_first, ports_.limits.retry_most);
    co_return;
  }
  if (!permitted || !api || !api->webhook) {
    const std::string kind = "the responder is none of that kind any more";
    end(ResponseState::refused, !permitted ? permitted.error().text() : !api ? api.error().text() : kind);
    co_return;
  }
  const WebhookRun before = *run_.webhook;
  run_.webhook->sent = ports_.clock.wall();
  end(ResponseState::sending, {});
  const bool intended = co_await write();
  if (!intended) {
    run_.webhook = before;
    unwritten_ = false;
    again_later(0, ports_.limits.retry_first, ports_.limits.retry_most);
    co_return;
  }
  WebhookRun& webhook = *run_.webhook;
  const Result<WebhookApi::Answer> answer = co_await api->webhook->send(webhook.method, webhook.path_and_query, webhook.body);
  if (answer) {
    webhook.status = answer->status;
    webhook.answer = answer->body;
    const bool well = answer->status >= 200 && answer->status < 300;
    end(well ? ResponseState::succeeded : ResponseState::failed, "HTTP " + std::to_string(answer->status));
  } else {
    end(nothing_was_done(answer.error()) ? ResponseState::refused : ResponseState::unknown, answer.error().text());
  }
}

asio::awaitable<void> ActionFlow::undo_in_time() {
  if (!run_.lasts || !run_.undone_by.empty() ||
      !std::ranges::all_of(run_.targets, [](const TargetRun& target) { return settled(target.state); }) ||
      std::ranges::none_of(run_.targets, is_in_force))
    co_return;
  const SteadyTime now = ports_.clock.steady();
  const WallTime wall = ports_.clock.wall();
  if (!run_.undo_at) {
    run_.undo_at = wall + *run_.lasts;
    unwritten_ = true;
  }
  // Once it runs, a clock that is set does not matter.
  if (!undo_due_) undo_due_ = now + std::max<std::chrono::nanoseconds>(*run_.undo_at - wall, std::chrono::nanoseconds{0});
  if (now < *undo_due_) co_return;
  if (undo_id_.empty()) undo_id_ = fresh_run_id(ports_.random);
  ActionRun undone = run_;
  undone.undone_by = undo_id_;
  ActionRun inverse = inverse_run(run_, undo_id_, "the time limit of run " + run_.id, wall);
  inverse.by_limit = true;
  std::vector<ActionRun> both{undone, inverse};
  const Result<void> written = co_await ports_.ledger.put(std::move(both));
  if (!written) {
    uncertain_ = true;
    undo_due_ = now + ports_.limits.retry_most;
    ports_.log.error("what is limited in time cannot be undone yet", {{"run", run_.id}, {"reason", written.error().text()}});
    co_return;
  }
  run_ = std::move(undone);
  undo_due_.reset();
  unwritten_ = false;
  ports_.written(run_);
  ports_.begin(std::move(inverse));
}

}  // namespace tidegate
