#include "respond/action_flow.h"

#include <algorithm>

#include "base/check.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

// The API's clock and ours may differ by much, and a task that is not listed would be sent twice: the list goes back this far.
constexpr std::chrono::hours list_margin{24};
// A task without a description is ours only if it was made about when ours was sent.
constexpr std::chrono::minutes same_moment{10};

constexpr std::string_view not_looked_for = "; its task cannot be looked for: ";

constexpr std::string_view trace_begin = " (trace id ";
constexpr std::size_t followed_per_step = 5;  // so that nobody waits long for the run

// A reason without what is another one with each request.
std::string without_trace(std::string_view reason) {
  std::string without;
  for (std::size_t at = reason.find(trace_begin); at != std::string_view::npos; at = reason.find(trace_begin)) {
    without.append(reason.substr(0, at));
    reason.remove_prefix(std::min(reason.find(')', at), reason.size() - 1) + 1);
  }
  return without.append(reason);
}

bool followed(ResponseState state) {
  return state == ResponseState::queued || state == ResponseState::running || state == ResponseState::pending_approval;
}

}  // namespace

ActionFlow::ActionFlow(ActionRun run, FlowPorts ports)
    : run_(std::move(run)), ports_(std::move(ports)), paces_(std::max<std::size_t>(run_.targets.size(), 1)) {
  const SteadyTime now = ports_.clock.steady();
  for (Pace& pace : paces_) pace = {now, now, std::chrono::nanoseconds{0}, Lack::none};
}

void ActionFlow::replace(ActionRun run) {
  TG_ASSERT(run.id == run_.id && run.targets.size() == run_.targets.size(), "a run keeps its targets");
  run_ = std::move(run);
  unwritten_ = uncertain_ = false;
}

void ActionFlow::take_reread(ActionRun run) {
  TG_ASSERT(run.id == run_.id && run.targets.size() == run_.targets.size(), "a run keeps its targets");
  uncertain_ = false;
  if (unwritten_) {
    // That it was given back is for others to say.
    for (std::size_t i = 0; i < run.targets.size(); ++i) run_.targets[i].given_back = run.targets[i].given_back;
    run.targets = std::move(run_.targets);
    run.webhook = std::move(run_.webhook);
    run.undo_at = run_.undo_at;
  }
  run_ = std::move(run);
}

void ActionFlow::wake() {
  for (std::size_t part = 0; part < paces_.size(); ++part) {
    const ResponseState state = run_.webhook ? run_.webhook->state : run_.targets[part].state;
    // What was throttled keeps its pace (P7).
    if (state != ResponseState::waiting || paces_[part].lack == Lack::none) continue;
    paces_[part].lack = Lack::none;
    at_once(part);
  }
}

bool ActionFlow::due(std::size_t target) const {
  return paces_[target].lack != Lack::leave && paces_[target].due <= ports_.clock.steady();
}

void ActionFlow::at_once(std::size_t target) {
  paces_[target].wait = std::chrono::nanoseconds{0};
  paces_[target].due = ports_.clock.steady();
}

// Twice as long each time, and up to half as long again by chance.
void ActionFlow::again_later(std::size_t target, std::chrono::seconds first, std::chrono::seconds most) {
  Pace& pace = paces_[target];
  pace.wait = std::clamp<std::chrono::nanoseconds>(pace.wait * 2, first, most);
  pace.due = ports_.clock.steady() + pace.wait +
             std::chrono::nanoseconds{ports_.random.below(static_cast<std::uint64_t>(pace.wait.count() / 2) + 1)};
}

void ActionFlow::set(std::size_t target, ResponseState state, std::string reason) {
  TargetRun& one = run_.targets[target];
  // Of a failure that comes again and again nothing is written but the first.
  if (one.state == state && without_trace(one.reason) == without_trace(reason)) return;
  if (one.state != state) one.changed = ports_.clock.wall();
  one.state = state;
  one.reason = std::move(reason);
  unwritten_ = true;
  if (settled(state))
    ports_.log.info("an action has come to its end", {{"run", run_.id},
                                                      {"responder", run_.responder},
                                                      {"target", std::to_string(target)},
                                                      {"state", std::string{name(state)}},
                                                      {"reason", one.reason}});
}

// False: not now. What is in memory stays, and nothing else is done before it is written.
asio::awaitable<bool> ActionFlow::write() {
  if (!unwritten_) co_return true;
  const Result<std::vector<ActionRun>> changed = co_await with_what_it_undoes(ports_.ledger, run_);
  Result<void> written = Error{Code::unavailable, "not written"};
  std::vector<ActionRun> runs = changed ? *changed : std::vector<ActionRun>{};
  if (changed) written = co_await ports_.ledger.put(std::move(runs));
  else written = changed.error();
  if (written) {
    unwritten_ = false;
    write_wait_ = std::chrono::nanoseconds{0};
    for (const ActionRun& each : *changed) ports_.written(each);
    for (const ActionRun& each : *changed)
      if (each.id != run_.id) ports_.begin(each);
    co_return true;
  }
  write_wait_ = std::clamp<std::chrono::nanoseconds>(write_wait_ * 2, ports_.limits.retry_first, ports_.limits.retry_most);
  write_due_ = ports_.clock.steady() + write_wait_;
  ports_.log.error("an action waits until its ledger can be written", {{"run", run_.id}, {"reason", written.error().text()}});
  co_return false;
}

asio::awaitable<std::optional<SteadyTime>> ActionFlow::step() {
  if (done() || run_.approval == Approval::awaited) co_return std::nullopt;
  if (unwritten_ && ports_.clock.steady() < write_due_) co_return write_due_;
  // Each answer is in the ledger before the next question.
  using Part = asio::awaitable<void> (ActionFlow::*)();
  static constexpr Part parts[] = {&ActionFlow::send, &ActionFlow::look, &ActionFlow::follow, &ActionFlow::send_webhook,
                                   &ActionFlow::undo_in_time};
  for (const Part part : parts) {
    const bool in = co_await write();
    if (!in) co_return write_due_;
    if (co_await stopped()) co_return std::nullopt;
    co_await (this->*part)();
  }
  const bool in = co_await write();
  if (!in) co_return write_due_;
  co_return next_due();
}

std::optional<SteadyTime> ActionFlow::next_due() const {
  std::optional<SteadyTime> next = undo_due_;
  const auto take = [&next](SteadyTime due) { next = std::min(next.value_or(due), due); };
  for (std::size_t target = 0; target < run_.targets.size(); ++target)
    if (!settled(run_.targets[target].state) && paces_[target].lack != Lack::leave) take(paces_[target].due);
  if (run_.webhook && !settled(run_.webhook->state) && paces_.front().lack != Lack::leave) take(paces_.front().due);
  return next;
}

// The run as if it had these targets alone.
ActionRun ActionFlow::part_of_run(const std::vector<std::size_t>& batch) const {
  ActionRun part = run_;
  part.targets.clear();
  for (const std::size_t target : batch) part.targets.push_back(run_.targets[target]);
  return part;
}

asio::awaitable<void> ActionFlow::send() {
  std::vector<std::size_t> batch;
  for (std::size_t target = 0; target < run_.targets.size() && batch.size() < elements_per_request_max; ++target)
    if (run_.targets[target].state == ResponseState::waiting && due(target)) batch.push_back(target);
  if (batch.empty()) co_return;
  for (const std::size_t target : batch) paces_[target].lack = Lack::none;
  if (!ports_.responders.may_send()) {
    for (const std::size_t target : batch) {
      paces_[target].lack = Lack::leave;
      set(target, ResponseState::waiting, std::string{held_up});
    }
    co_return;
  }
  if (const Result<void> permitted = ports_.responders.permits(part_of_run(batch)); !permitted) {
    for (const std::size_t target : batch) set(target, ResponseState::refused, permitted.error().text());
    co_return;
  }
  Result<ResponderApi> api = ports_.responders.api_for(run_);
  if (!api && retryable(api.error())) {
    for (const std::size_t target : batch) {
      set(target, ResponseState::waiting, api.error().text());
      paces_[target].lack = Lack::api;
      again_later(target, ports_.limits.retry_first, ports_.limits.retry_most);
    }
    co_return;
  }
  if (!api) {
    for (const std::size_t target : batch) set(target, ResponseState::refused, api.error().text());
    co_return;
  }
  TG_ASSERT(api->actions != nullptr, "a run with targets is one of the API's actions");
  co_await ask(api->actions, std::move(batch));
}

asio::awaitable<void> ActionFlow::ask(std::shared_ptr<ActionApi> api, std::vector<std::size_t> batch) {
  const ActionRun before = run_;
  std::vector<ActionElement> elements;
  for (const std::size_t target : batch) {
    TargetRun& one = run_.targets[target];
    TG_ASSERT(one.state == ResponseState::waiting, "what may have been sent is not sent again (P9)");
    one = {one.target, ResponseState::sending, {}, {}, one.attempts + 1, ports_.clock.wall(), ports_.clock.wall()};
    elements.push_back({one.target, sent_description(run_, target)});
  }
  unwritten_ = true;
  const bool intended = co_await write();
  if (!intended) {
    // It may be in all the same: then a restart looks for what was never sent, and finds nothing.
    run_ = before;
    unwritten_ = false;
    for (const std::size_t target : batch) again_later(target, ports_.limits.retry_first, ports_.limits.retry_most);
    co_return;
  }
  Result<std::vector<SentElement>> answers = co_await api->send(*run_.action, std::move(elements));
  for (const std::size_t target : batch) paces_[target].looked_for_from = ports_.clock.steady();
  if (!answers) take_refusal(batch, answers.error());
  else take_answers(batch, *std::move(answers));
}

void ActionFlow::take_refusal(const std::vector<std::size_t>& batch, const Error& error) {
  for (const std::size_t target : batch) {
    if (error.code() == Code::throttled) {
      set(target, ResponseState::waiting, error.text());
      --run_.targets[target].attempts;
    } else {
      at_once(target);
      set(target, nothing_was_done(error) ? ResponseState::refused : ResponseState::sending, error.text());
    }
    again_later(target, ports_.limits.retry_first, ports_.limits.retry_most);
  }
}

void ActionFlow::take_answers(const std::vector<std::size_t>& batch, std::vector<SentElement> answers) {
  answers.resize(batch.size());
  for (std::size_t place = 0; place < batch.size(); ++place) {
    SentElement& answer = answers[place];
    const std::size_t target = batch[place];
    at_once(target);
    switch (answer.fate) {
      case SentElement::Fate::accepted:
      case SentElement::Fate::duplicate:
        run_.targets[target].task_id = std::move(answer.task_id);
        set(target, ResponseState::queued, std::move(answer.reason));
        again_later(target, ports_.limits.follow_first, ports_.limits.follow_most);
        break;
      case SentElement::Fate::refused: set(target, ResponseState::refused, std::move(answer.reason)); break;
      case SentElement::Fate::unknown:
        set(target, ResponseState::sending, std::move(answer.reason));
        again_later(target, ports_.limits.retry_first, ports_.limits.retry_most);
        break;
    }
  }
}

// What may have been sent, and was not answered.
asio::awaitable<void> ActionFlow::look() {
  std::vector<std::size_t> sought;
  WallTime since = WallTime::max();
  for (std::size_t target = 0; target < run_.targets.size(); ++target) {
    if (run_.targets[target].state != ResponseState::sending || !due(target)) continue;
    sought.push_back(target);
    since = std::min(since, run_.targets[target].sent.value_or(run_.created));
  }
  if (sought.empty()) co_return;
  const Result<ResponderApi> api = ports_.responders.api_for(run_);
  const SteadyTime asked = ports_.clock.steady();
  Result<std::vector<TaskView>> tasks = Error{Code::absent, "the responder is not there any more"};
  // Our clock may have been set back since.
  if (api && api->actions) tasks = co_await api->actions->tasks_since(std::min(since, ports_.clock.wall()) - list_margin);
  else if (!api) tasks = api.error();
  if (co_await stopped()) co_return;
  if (tasks) {
    take_list(sought, *tasks, asked);
    co_return;
  }
  for (const std::size_t target : sought) {
    again_later(target, ports_.limits.retry_first, ports_.limits.retry_most);
    const bool too_long = ports_.clock.steady() - paces_[target].looked_for_from > ports_.limits.unknown_after;
    // What came in place of an answer stays part of the reason.
    const std::string& before = run_.targets[target].reason;
    const std::string came = before.substr(0, before.find(not_looked_for));
    set(target, too_long ? ResponseState::unknown : ResponseState::sending,
        (came.empty() ? "it may have been sent" : came) + std::string{not_looked_for} + tasks.error().text());
  }
}

void ActionFlow::take_list(const std::vector<std::size_t>& sought, const std::vector<TaskView>& tasks, SteadyTime asked) {
  for (const std::size_t target : sought) {
    if (const TaskView* task = found_in(tasks, target)) {
      run_.targets[target].task_id = task->id;
      set(target, task->state, task->reason);
      at_once(target);
    } else if (asked < paces_[target].looked_for_from + ports_.limits.look_settle) {
      again_later(target, ports_.limits.retry_first, ports_.limits.retry_most);
    } else if (may_be_among(tasks, target)) {
      set(target, ResponseState::unknown, "it may have been sent: the API has a task for the same object, and does not say whose");
    } else if (run_.targets[target].attempts < ports_.limits.attempts_max) {
      set(target, ResponseState::waiting, "sent again: the API has no task for it");
      at_once(target);
    } else {
      set(target, ResponseState::unknown,
          "sent " + std::to_string(run_.targets[target].attempts) + " times without an answer, and the API has no task for it");
    }
  }
}

// A task of the same kind for the same object, of an API that keeps no description.
bool ActionFlow::is_alike(const TaskView& task, std::size_t target) const {
  return task.description.empty() && task.action == task_name_of(*run_.action) &&
         std::ranges::find(task.objects, run_.targets[target].target.value) != task.objects.end();
}

bool ActionFlow::may_be_among(const std::vector<TaskView>& tasks, std::size_t target) const {
  return std::ranges::any_of(tasks, [&](const TaskView& task) { return is_alike(task, target); });
}

const TaskView* ActionFlow::found_in(const std::vector<TaskView>& tasks, std::size_t target) const {
  const std::string marker = marker_of(run_, target);
  const std::optional<WallTime> sent = run_.targets[target].sent;
  const auto marked =
      std::ranges::find_if(tasks, [&marker](const TaskView& task) { return task.description.find(marker) != std::string::npos; });
  if (marked != tasks.end()) return &*marked;
  const auto alike = std::ranges::find_if(
      tasks, [&](const TaskView& task) { return is_alike(task, target) && sent && task.created + same_moment >= *sent; });
  return alike == tasks.end() ? nullptr : &*alike;
}

asio::awaitable<void> ActionFlow::follow() {
  std::vector<std::size_t> waiting;
  for (std::size_t target = 0; target < run_.targets.size(); ++target)
    if (followed(run_.targets[target].state) && due(target)) waiting.push_back(target);
  // Those that have waited longest; each has its turn, however slow the answers are.
  std::ranges::sort(waiting, {}, [this](std::size_t target) { return std::pair{paces_[target].due, target}; });
  if (waiting.size() > followed_per_step) waiting.resize(followed_per_step);
  for (const std::size_t target : waiting) {
    const Result<ResponderApi> api = ports_.responders.api_for(run_);
    Result<TaskView> task = Error{Code::unavailable, api ? "the responder is none of that kind any more" : api.error().text()};
    if (api && api->actions) task = co_await api->actions->task(run_.targets[target].task_id);
    if (co_await stopped()) co_return;
    take_task(target, task);
  }
}

void ActionFlow::take_task(std::size_t target, const Result<TaskView>& task) {
  const TargetRun& one = run_.targets[target];
  again_later(target, ports_.limits.follow_first, ports_.limits.follow_most);
  if (task) {
    if (one.state != task->state) paces_[target].wait = ports_.limits.follow_first;
    set(target, task->state, task->reason);
  } else {
    // An answer may be there before the task is.
    const bool too_long = ports_.clock.steady() > paces_[target].looked_for_from + ports_.limits.look_settle;
    const bool lost = task.error().code() == Code::absent && too_long;
    set(target, lost ? ResponseState::unknown : one.state,
        lost ? "the API does not know task " + one.task_id + " any more" : "its task cannot be read: " + task.error().text());
  }
  // Also where it is never read again: a run that nobody can follow would hold its responder for ever.
  if (!settled(one.state) && ports_.clock.steady() - paces_[target].looked_for_from > ports_.limits.follow_max)
    set(target, ResponseState::unknown,
        "its task " + one.task_id + " has not come to an end" + (task || one.reason.empty() ? "" : "; " + one.reason));
}

}  // namespace tidegate
