// What the tests of the running of actions have in common: a ledger in memory, an API that answers as it is told, and a process
// that ends and begins.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <map>

#include "base/id128.h"
#include "respond/runner.h"
#include "tests/support/manual_clock.h"
#include "tests/world/loop_turns.h"

namespace tidegate {
class MemoryLedger final : public ActionLedger {
 public:
  asio::awaitable<Result<void>> put(std::vector<ActionRun> runs) override {
    ++writes;
    if (failures > 0) {
      --failures;
      if (in_all_the_same) keep(std::move(runs));
      co_return Error{Code::unavailable, "the disk failed"};
    }
    keep(std::move(runs));
    co_return Result<void>{};
  }
  asio::awaitable<Result<ActionRun>> read(std::string id) override {
    std::optional<Error> failed;
    if (on_read) failed = co_await on_read();
    if (failed) co_return *failed;
    const auto found = kept.find(id);
    if (found == kept.end()) co_return Error{Code::absent, "no run " + id};
    co_return found->second;
  }
  asio::awaitable<Result<UnsettledRuns>> unsettled() override {
    UnsettledRuns left;
    for (const auto& [id, run] : kept)
      if (!settled(run)) left.runs.push_back(run);
    left.unreadable = unreadable;
    co_return left;
  }

  std::map<std::string, ActionRun> kept;
  std::vector<ResponseState> first_target;  // as it was written, each change once
  std::vector<std::string> unreadable;
  std::function<asio::awaitable<std::optional<Error>>()> on_read;
  int failures = 0;
  int writes = 0;  // tried
  bool in_all_the_same = false;

 private:
  void keep(std::vector<ActionRun> runs) {
    for (ActionRun& run : runs) {
      if (!run.targets.empty() && (first_target.empty() || first_target.back() != run.targets.front().state))
        first_target.push_back(run.targets.front().state);
      kept.insert_or_assign(run.id, std::move(run));
    }
  }
};

// Answers as it is told; what it is not told it answers with a task that has succeeded.
class ToldApi final : public ActionApi {
 public:
  asio::awaitable<Result<std::vector<SentElement>>> send(ResponseAction action, std::vector<ActionElement> elements) override {
    if (on_send) on_send();
    sent.push_back({action, elements});
    if (!send_answers.empty()) {
      Result<std::vector<SentElement>> told = std::move(send_answers.front());
      send_answers.pop_front();
      co_return told;
    }
    std::vector<SentElement> answers;
    for (std::size_t i = 0; i < elements.size(); ++i)
      answers.push_back({SentElement::Fate::accepted, "task-" + std::to_string(sent.size()) + "-" + std::to_string(i), {}});
    co_return answers;
  }
  asio::awaitable<Result<TaskView>> task(std::string id) override {
    asked.push_back(id);
    if (clock != nullptr) co_await clock->sleep_for(task_takes);
    if (const auto known = tasks.find(id); known != tasks.end()) co_return known->second;
    if (!task_answers.empty()) {
      Result<TaskView> told = std::move(task_answers.front());
      task_answers.pop_front();
      co_return told;
    }
    co_return TaskView{std::move(id), ResponseState::succeeded, {}, {}, {}, {}, {}};
  }
  asio::awaitable<Result<std::vector<TaskView>>> tasks_since(WallTime since) override {
    listed_since.push_back(since);
    if (list_error) co_return *list_error;
    co_return list;
  }

  struct Sent {
    ResponseAction action;
    std::vector<ActionElement> elements;
  };
  std::vector<Sent> sent;
  std::vector<std::string> asked;  // tasks
  Clock* clock = nullptr;          // by which each look at a task takes so long
  std::chrono::nanoseconds task_takes{0};
  std::function<void()> on_send;  // before anything else
  std::deque<Result<std::vector<SentElement>>> send_answers;
  std::deque<Result<TaskView>> task_answers;  // of whatever task is asked for next
  std::map<std::string, TaskView> tasks;      // always
  std::vector<TaskView> list;
  std::optional<Error> list_error;
  std::vector<WallTime> listed_since;
};

class ToldWebhook final : public WebhookApi {
 public:
  asio::awaitable<Result<Answer>> send(std::string, std::string, std::string) override {
    ++sent;
    co_return answer;
  }
  int sent = 0;
  Result<Answer> answer = Answer{200, "ok"};
};

inline ActionRun custom_run(const std::string& id) {
  ActionRun run;
  run.id = id;
  run.responder = "hook";
  run.tenant = "acme";
  run.webhook = WebhookRun{"post", "/hook", "{}", ResponseState::waiting, 0, {}, {}, {}, {}};
  return run;
}

class RunnerTest : public ::testing::Test, public Responders {
 protected:
  RunnerTest() { begin(); }
  ~RunnerTest() override { end(); }

  Result<ResponderApi> api_for(const ActionRun& run) override {
    if (trouble_) return *trouble_;
    return run.webhook ? ResponderApi{nullptr, webhook_} : ResponderApi{api_, nullptr};
  }
  Result<void> permits(const ActionRun& run) override {
    const bool is_protected = std::ranges::any_of(
        run.targets, [this](const TargetRun& target) { return !protected_.empty() && target.target.value == protected_; });
    if (is_protected) return Error{Code::denied, protected_ + " is protected"};
    return refusal_ ? Result<void>{*refusal_} : Result<void>{};
  }
  bool may_send() const override { return may_send_; }

  void begin() {
    runner_.emplace(ledger_, *this, loop_.get_executor(), clock_, random_, log_, metrics_, std::string{}, limits_);
    tasks_.emplace(loop_.get_executor());
    tasks_->spawn("runner", runner_->run());
    turn_until_idle(loop_);
  }
  void end() {
    if (!runner_) return;
    tasks_->stop();
    bool joined = false;
    asio::co_spawn(loop_, tasks_->join(), [&joined](const std::exception_ptr&) { joined = true; });
    for (int turns = 0; !joined && turns < turns_max; ++turns) {
      turn_until_idle(loop_);
      tasks_->stop();
    }
    ASSERT_TRUE(joined);
    tasks_.reset();
    runner_.reset();
  }
  void pass(std::chrono::nanoseconds span) {
    const SteadyTime until = clock_.steady() + span;
    turn_until_idle(loop_);
    while (clock_.steady() < until) {
      const SteadyTime next = std::min(clock_.next_deadline().value_or(until), until);
      clock_.advance(std::max<std::chrono::nanoseconds>(next - clock_.steady(), std::chrono::nanoseconds{1}));
      turn_until_idle(loop_);
    }
  }

  template <class T>
  using Outcome = std::shared_ptr<std::optional<Result<T>>>;  // empty: it is not done yet
  // What the loop can do of it at this moment.
  Outcome<void> submit_aside(ActionRun run) {
    Outcome<void> outcome = std::make_shared<std::optional<Result<void>>>();
    const auto work = [](ActionRunner& runner, ActionRun one, Outcome<void> to) -> asio::awaitable<void> {
      *to = co_await runner.submit(std::move(one));
    };
    asio::co_spawn(loop_, work(*runner_, std::move(run), outcome), [](const std::exception_ptr&) {});
    turn_until_idle(loop_);
    return outcome;
  }
  Result<void> submit(ActionRun run) { return submit_aside(std::move(run))->value_or(Error{Code::timeout, "no outcome"}); }
  Outcome<ActionRun> amend_aside(const std::string& id, std::function<Result<void>(ActionRun&)> change) {
    Outcome<ActionRun> outcome = std::make_shared<std::optional<Result<ActionRun>>>();
    const auto work = [](ActionRunner& runner, std::string of, std::function<Result<void>(ActionRun&)> by,
                         Outcome<ActionRun> to) -> asio::awaitable<void> {
      *to = co_await runner.amend(std::move(of), std::move(by));
    };
    asio::co_spawn(loop_, work(*runner_, id, std::move(change), outcome), [](const std::exception_ptr&) {});
    turn_until_idle(loop_);
    return outcome;
  }
  Result<ActionRun> amend(const std::string& id, std::function<Result<void>(ActionRun&)> change) {
    return amend_aside(id, std::move(change))->value_or(Error{Code::timeout, "no outcome"});
  }

  Result<ActionRun> amend_and_submit(const std::string& id, std::function<Result<ActionRun>(ActionRun&)> change) {
    std::optional<Result<ActionRun>> outcome;
    const auto work = [](ActionRunner& runner, std::string of, std::function<Result<ActionRun>(ActionRun&)> by,
                         std::optional<Result<ActionRun>>& to) -> asio::awaitable<void> {
      to = co_await runner.amend_and_submit(std::move(of), std::move(by));
    };
    asio::co_spawn(loop_, work(*runner_, id, std::move(change), outcome), [](const std::exception_ptr&) {});
    turn_until_idle(loop_);
    return outcome.value_or(Error{Code::timeout, "no outcome"});
  }

  ActionRun isolation(std::size_t targets = 1) {
    ActionRun run;
    run.id = to_hex(Id128{1, ++runs_});
    run.responder = "acme-v1";
    run.tenant = "acme";
    run.action = ResponseAction::isolate_endpoint;
    run.requested_by = "alice";
    run.created = clock_.wall();
    for (std::size_t i = 0; i < targets; ++i) {
      TargetRun& target = run.targets.emplace_back();
      target.target = {ObjectType::agent_guid, "guid-" + std::to_string(i), {}, "ticket 7"};
    }
    return run;
  }
  const ActionRun& kept(const ActionRun& run) { return ledger_.kept.at(run.id); }
  ResponseState state(const ActionRun& run, std::size_t target = 0) { return kept(run).targets.at(target).state; }

  asio::io_context loop_{1};
  ManualClock clock_{WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1}}};
  Random random_{Seed{7}};
  std::string logged_;
  Log log_{clock_, LogFormat::text, Level::info, [this](std::string_view line) { logged_.append(line); }};
  Metrics metrics_;
  MemoryLedger ledger_;
  std::shared_ptr<ToldApi> api_ = std::make_shared<ToldApi>();
  std::shared_ptr<ToldWebhook> webhook_ = std::make_shared<ToldWebhook>();
  std::optional<Error> refusal_;  // of what is to be sent
  std::string protected_;         // an object that must not be acted upon
  std::optional<Error> trouble_;  // of the way to the API
  RunnerLimits limits_;           // from the next begin() on
  bool may_send_ = true;
  std::uint64_t runs_ = 0;
  std::optional<ActionRunner> runner_;
  std::optional<TaskGroup> tasks_;
};

}  // namespace tidegate
