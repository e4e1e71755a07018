#include "tests/unit/respond/runner_rig.h"

namespace tidegate {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_F(RunnerTest, EachTargetHasItsOwnEnd) {
  const ActionRun run = isolation(4);
  std::vector<SentElement> answers{{SentElement::Fate::accepted, "a", {}},
                                   {SentElement::Fate::refused, {}, "BadRequest: Target not found."},
                                   {SentElement::Fate::duplicate, "d", "TaskError: Task duplication."},
                                   {SentElement::Fate::accepted, "f", {}}};
  api_->send_answers.emplace_back(std::move(answers));
  api_->tasks["a"] = {"a", ResponseState::succeeded, {}, {}, {}, {}, {}};
  api_->tasks["d"] = {"d", ResponseState::pending_approval, {}, {}, {}, {}, {}};
  api_->tasks["f"] = {"f", ResponseState::failed, {}, {}, "TaskError: offline", {}, {}};
  ASSERT_TRUE(submit(run));
  pass(seconds{4});
  EXPECT_EQ(state(run, 0), ResponseState::succeeded);
  EXPECT_EQ(state(run, 1), ResponseState::refused);
  EXPECT_EQ(kept(run).targets[1].reason, "BadRequest: Target not found.");
  EXPECT_EQ(state(run, 2), ResponseState::pending_approval);
  EXPECT_EQ(kept(run).targets[2].task_id, "d");
  EXPECT_EQ(state(run, 3), ResponseState::failed);
  EXPECT_EQ(kept(run).targets[3].reason, "TaskError: offline");
  EXPECT_EQ(state_of(kept(run)), RunState::pending_approval);
  api_->tasks["d"].state = ResponseState::succeeded;
  pass(minutes{2});
  EXPECT_EQ(state_of(kept(run)), RunState::partly);
}

TEST_F(RunnerTest, MoreTargetsThanARequestHoldsAreSentInSeveral) {
  const ActionRun run = isolation(23);
  ASSERT_TRUE(submit(run));
  pass(minutes{2});
  ASSERT_EQ(api_->sent.size(), 3u);
  EXPECT_EQ(api_->sent[0].elements.size(), elements_per_request_max);
  EXPECT_EQ(api_->sent[2].elements.size(), 3u);
  EXPECT_EQ(state_of(kept(run)), RunState::succeeded);
}

TEST_F(RunnerTest, AWholeRefusalIsOneForEachTarget) {
  const ActionRun run = isolation(2);
  api_->send_answers.emplace_back(Error{Code::denied, "HTTP 403 AccessDenied: Insufficient permissions."});
  ASSERT_TRUE(submit(run));
  pass(minutes{10});
  EXPECT_EQ(state(run, 0), ResponseState::refused);
  EXPECT_EQ(state(run, 1), ResponseState::refused);
  EXPECT_EQ(api_->sent.size(), 1u);
}

TEST_F(RunnerTest, AThrottledRequestWasNotDoneAndIsSentAgain) {
  const ActionRun run = isolation();
  api_->send_answers.emplace_back(Error{Code::throttled, "HTTP 429"});
  ASSERT_TRUE(submit(run));
  pass(minutes{1});
  EXPECT_EQ(api_->sent.size(), 2u);
  EXPECT_TRUE(api_->listed_since.empty());
  EXPECT_EQ(kept(run).targets[0].attempts, 1u);
  EXPECT_EQ(state(run), ResponseState::succeeded);
}

TEST_F(RunnerTest, TheKillSwitchHoldsUpWhatIsNewAndFollowsWhatWasSent) {
  const ActionRun sent = isolation();
  for (int i = 0; i < 3; ++i) api_->task_answers.emplace_back(TaskView{"t", ResponseState::running, {}, {}, {}, {}, {}});
  ASSERT_TRUE(submit(sent));
  pass(seconds{1});
  may_send_ = false;
  const ActionRun held = isolation();
  ASSERT_TRUE(submit(held));
  pass(hours{1});
  EXPECT_EQ(state(sent), ResponseState::succeeded);
  EXPECT_EQ(state(held), ResponseState::waiting);
  EXPECT_NE(kept(held).targets[0].reason.find("held up"), std::string::npos);
  may_send_ = true;
  runner_->wake();
  pass(minutes{1});
  EXPECT_EQ(state(held), ResponseState::succeeded);
}

TEST_F(RunnerTest, NothingIsSentBeforeAPersonHasSaidYes) {
  ActionRun run = isolation();
  run.approval = Approval::awaited;
  ASSERT_TRUE(submit(run));
  pass(hours{1});
  EXPECT_TRUE(api_->sent.empty());
  const auto grant = [](ActionRun& asked) -> Result<void> {
    asked.approval = Approval::granted;
    return {};
  };
  ASSERT_TRUE(amend(run.id, grant));
  pass(minutes{1});
  EXPECT_EQ(state(run), ResponseState::succeeded);

  ActionRun denied = isolation();
  denied.approval = Approval::awaited;
  ASSERT_TRUE(submit(denied));
  const auto deny = [](ActionRun& asked) -> Result<void> {
    asked.approval = Approval::denied;
    return {};
  };
  ASSERT_TRUE(amend(denied.id, deny));
  pass(hours{1});
  EXPECT_EQ(api_->sent.size(), 1u);
  EXPECT_EQ(state_of(kept(denied)), RunState::denied);
}

TEST_F(RunnerTest, AClockThatIsSetDoesNotEndWhatIsLimitedInTime) {
  ActionRun run = isolation();
  run.lasts = hours{4};
  ASSERT_TRUE(submit(run));
  pass(minutes{10});
  clock_.step_wall(hours{24});
  pass(hours{3});
  EXPECT_EQ(api_->sent.size(), 1u) << "four hours are not over";
  pass(hours{1});
  EXPECT_EQ(api_->sent.size(), 2u);
}

TEST_F(RunnerTest, AnOrderWhoseWriteFailedAndIsInIsAccepted) {
  const ActionRun run = isolation();
  ledger_.failures = 1;
  ledger_.in_all_the_same = true;
  EXPECT_TRUE(submit(run));
  pass(minutes{1});
  EXPECT_EQ(state(run), ResponseState::succeeded);

  const ActionRun another = isolation();
  ledger_.failures = 1;
  ledger_.in_all_the_same = false;
  EXPECT_FALSE(submit(another));
  pass(minutes{1});
  EXPECT_FALSE(ledger_.kept.contains(another.id));
}

TEST_F(RunnerTest, AResponderThatIsGoneRefusesWhatWasNotSent) {
  const ActionRun run = isolation();
  refusal_ = Error{Code::absent, "no responder acme-v1"};
  ASSERT_TRUE(submit(run));
  pass(minutes{1});
  EXPECT_EQ(state(run), ResponseState::refused);
  EXPECT_EQ(kept(run).targets[0].reason, "no responder acme-v1");
}

TEST_F(RunnerTest, ATaskThatTheApiForgetsNeedsAPerson) {
  const ActionRun run = isolation();
  for (int i = 0; i < 60; ++i) api_->task_answers.emplace_back(Error{Code::absent, "HTTP 404 NotFound"});
  ASSERT_TRUE(submit(run));
  pass(seconds{120});
  EXPECT_EQ(state(run), ResponseState::queued) << "an answer may be there before its task";
  pass(minutes{10});
  EXPECT_EQ(state(run), ResponseState::unknown);
}

TEST_F(RunnerTest, ATaskThatCannotBeReadForAMonthNeedsAPerson) {
  const ActionRun run = isolation();
  api_->tasks["task-1-0"] = {"task-1-0", ResponseState::running, {}, {}, {}, {}, {}};
  ASSERT_TRUE(submit(run));
  pass(minutes{1});
  trouble_ = Error{Code::unavailable, "credential 'k' is not kept"};
  pass(hours{30 * 24 - 1});
  EXPECT_EQ(state(run), ResponseState::running);
  pass(hours{2});
  EXPECT_EQ(state(run), ResponseState::unknown);
  EXPECT_EQ(kept(run).targets[0].reason,
            "its task task-1-0 has not come to an end; its task cannot be read: credential 'k' is not kept");
  EXPECT_TRUE(settled(kept(run)));
}

TEST_F(RunnerTest, EachTaskIsLookedAtInTurnHoweverSlowTheAnswersAre) {
  ActionRun run = isolation(targets_max);
  for (std::size_t request = 1; request <= targets_max / elements_per_request_max; ++request)
    for (std::size_t place = 0; place < elements_per_request_max; ++place) {
      const std::string id = "task-" + std::to_string(request) + "-" + std::to_string(place);
      api_->tasks[id] = {id, ResponseState::running, {}, {}, {}, {}, {}};
    }
  ASSERT_TRUE(submit(run));
  api_->clock = &clock_;
  api_->task_takes = seconds{15};
  pass(hours{2});
  for (const auto& [id, task] : api_->tasks) EXPECT_GT(std::ranges::count(api_->asked, id), 5) << id;
}

TEST_F(RunnerTest, P7WhatWasThrottledKeepsItsPaceWhateverElseIsThereAgain) {
  for (int i = 0; i < 1000; ++i) api_->send_answers.emplace_back(Error{Code::throttled, "HTTP 429"});
  ASSERT_TRUE(submit(isolation()));
  pass(hours{1});
  const std::size_t sent = api_->sent.size();
  for (int i = 0; i < 20; ++i) {
    runner_->wake();
    pass(seconds{1});
  }
  EXPECT_LE(api_->sent.size(), sent + 1);
}

TEST_F(RunnerTest, OneThatIsProtectedHoldsUpWhatIsSentWithItAndNothingElse) {
  const ActionRun run = isolation(elements_per_request_max + 1);
  protected_ = "guid-" + std::to_string(elements_per_request_max);
  ASSERT_TRUE(submit(run));
  pass(minutes{1});
  EXPECT_EQ(state(run, 0), ResponseState::succeeded);
  EXPECT_EQ(state(run, elements_per_request_max), ResponseState::refused);
  EXPECT_EQ(kept(run).targets[elements_per_request_max].reason, protected_ + " is protected");
}

TEST_F(RunnerTest, P7AThrottledRequestIsAskedEverMoreSeldom) {
  for (int i = 0; i < 1000; ++i) api_->send_answers.emplace_back(Error{Code::throttled, "HTTP 429"});
  ASSERT_TRUE(submit(isolation()));
  pass(hours{1});
  EXPECT_LT(api_->sent.size(), 30u);
  EXPECT_GT(api_->sent.size(), 8u);
}

TEST_F(RunnerTest, WhatMayNotBeSentAnyMoreIsRefusedAndWhatWasSentIsFollowed) {
  const ActionRun sent = isolation();
  for (int i = 0; i < 3; ++i) api_->task_answers.emplace_back(TaskView{"t", ResponseState::running, {}, {}, {}, {}, {}});
  ASSERT_TRUE(submit(sent));
  pass(seconds{1});
  refusal_ = Error{Code::denied, "may not act for 'acme' any more"};
  const ActionRun late = isolation();
  ASSERT_TRUE(submit(late));
  pass(minutes{5});
  EXPECT_EQ(state(sent), ResponseState::succeeded);
  EXPECT_EQ(state(late), ResponseState::refused);
  EXPECT_EQ(kept(late).targets[0].reason, "may not act for 'acme' any more");
}

TEST_F(RunnerTest, WhatIsMissingForTheMomentIsWaitedForUntilItIsThere) {
  trouble_ = Error{Code::unavailable, "credential 'k' is not kept"};
  const ActionRun run = isolation();
  ASSERT_TRUE(submit(run));
  ASSERT_TRUE(submit(custom_run("1")));
  pass(hours{1});
  EXPECT_EQ(state(run), ResponseState::waiting);
  EXPECT_EQ(ledger_.kept.at("1").webhook->state, ResponseState::waiting);
  EXPECT_EQ(ledger_.kept.at("1").webhook->reason, "credential 'k' is not kept");
  trouble_.reset();
  runner_->wake();
  pass(seconds{10});
  EXPECT_EQ(state(run), ResponseState::succeeded) << "it does not wait for its turn";
  EXPECT_EQ(ledger_.kept.at("1").webhook->state, ResponseState::succeeded);
}

TEST_F(RunnerTest, AFailureThatComesAgainAndAgainIsWrittenOnce) {
  const ActionRun run = isolation();
  ASSERT_TRUE(submit(run));
  for (int i = 0; i < 1000; ++i)
    api_->task_answers.emplace_back(Error{Code::unavailable, "refused (trace id " + std::to_string(i) + ")"});
  pass(seconds{10});
  const int before = ledger_.writes;
  const std::size_t asked = api_->asked.size();
  pass(hours{1});
  EXPECT_EQ(ledger_.writes, before);
  EXPECT_GT(api_->asked.size(), asked + 30) << "it was asked for, and failed";
}

TEST_F(RunnerTest, WhatKeepsATaskFromBeingLookedForIsSaidBesideWhatCameInPlaceOfAnAnswer) {
  const ActionRun run = isolation();
  api_->send_answers.emplace_back(Error{Code::unavailable, "HTTP 500 (trace id 1)"});
  api_->list_error = Error{Code::unavailable, "HTTP 502 (trace id 2)"};
  ASSERT_TRUE(submit(run));
  pass(minutes{1});
  EXPECT_EQ(kept(run).targets[0].reason, "HTTP 500 (trace id 1); its task cannot be looked for: HTTP 502 (trace id 2)");
}

TEST_F(RunnerTest, P12WhatIsUnderWayIsCounted) {
  const auto shows = [this](const std::string& line) { return metrics_.text().find(line) != std::string::npos; };
  ActionRun run = isolation();
  run.lasts = hours{1};
  ASSERT_TRUE(submit(run));
  EXPECT_TRUE(shows("tidegate_actions_under_way 1"));
  pass(hours{2});
  EXPECT_TRUE(shows("tidegate_actions_under_way 0"));
  EXPECT_TRUE(shows("tidegate_actions_total{action=\"isolate_endpoint\",outcome=\"succeeded\"} 1")) << metrics_.text();
  EXPECT_TRUE(shows("tidegate_actions_total{action=\"restore_endpoint\",outcome=\"succeeded\"} 1"));
}

TEST_F(RunnerTest, WhatCannotBeReadIsSaidAndHoldsUpNothing) {
  const ActionRun run = isolation();
  end();
  ledger_.kept[run.id] = run;
  ledger_.unreadable = {"run number 7: no JSON"};
  begin();
  pass(minutes{1});
  EXPECT_EQ(state(run), ResponseState::succeeded);
  EXPECT_NE(logged_.find("run number 7: no JSON"), std::string::npos);
}

}  // namespace
}  // namespace tidegate
