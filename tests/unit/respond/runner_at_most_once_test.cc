// P9: what is sent once is not sent again, and what was begun comes to an end.
#include "tests/unit/respond/runner_rig.h"

namespace tidegate {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_F(RunnerTest, P9TheIntentIsWrittenBeforeAnythingIsSent) {
  const ActionRun run = isolation();
  api_->on_send = [this, &run] { EXPECT_EQ(state(run), ResponseState::sending) << "the intent is in the ledger"; };
  ASSERT_TRUE(submit(run));
  pass(minutes{1});
  EXPECT_EQ(ledger_.first_target,
            (std::vector{ResponseState::waiting, ResponseState::sending, ResponseState::queued, ResponseState::succeeded}));
  ASSERT_EQ(api_->sent.size(), 1u);
  EXPECT_EQ(api_->sent[0].elements[0].description, "ticket 7 " + marker_of(run, 0));
  EXPECT_EQ(kept(run).targets[0].task_id, "task-1-0");
  EXPECT_EQ(state_of(kept(run)), RunState::succeeded);
}

TEST_F(RunnerTest, P9NothingIsSentWhileTheIntentCannotBeWritten) {
  const ActionRun run = isolation();
  end();
  ledger_.kept[run.id] = run;  // as a start finds it
  ledger_.failures = 1'000'000;
  begin();
  pass(minutes{30});
  EXPECT_TRUE(api_->sent.empty());
  ledger_.failures = 0;
  pass(minutes{10});
  EXPECT_EQ(api_->sent.size(), 1u);
  EXPECT_EQ(state(run), ResponseState::succeeded);
  EXPECT_EQ(kept(run).targets[0].attempts, 1u);
}

TEST_F(RunnerTest, P9AnAnswerThatWasLostIsLookedForAndNotSentAgain) {
  const ActionRun run = isolation();
  api_->send_answers.emplace_back(Error{Code::timeout, "no answer"});
  api_->list = {{"other", ResponseState::running, "isolate", "by hand", {}, clock_.wall(), {"guid-0"}},
                {"ours", ResponseState::running, "isolate", "ticket 7 " + marker_of(run, 0), {}, clock_.wall(), {"guid-0"}}};
  ASSERT_TRUE(submit(run));
  pass(minutes{1});
  EXPECT_EQ(api_->sent.size(), 1u);
  EXPECT_EQ(kept(run).targets[0].task_id, "ours");
  EXPECT_EQ(state(run), ResponseState::succeeded);
  ASSERT_FALSE(api_->listed_since.empty());
  EXPECT_LE(api_->listed_since[0], clock_.wall() - hours{23}) << "the API's clock may differ by hours";
}

TEST_F(RunnerTest, P9OnlyAListThatIsWholeAndLateEnoughLetsItBeSentAgain) {
  const ActionRun run = isolation();
  api_->send_answers.emplace_back(Error{Code::unavailable, "reset"});
  api_->list_error = Error{Code::unavailable, "the list breaks off"};
  ASSERT_TRUE(submit(run));
  pass(minutes{30});
  EXPECT_EQ(api_->sent.size(), 1u) << "no list, no second try";
  EXPECT_EQ(state(run), ResponseState::sending);
  api_->list_error.reset();
  pass(minutes{15});
  EXPECT_EQ(api_->sent.size(), 2u);
  EXPECT_EQ(state(run), ResponseState::succeeded);
  EXPECT_EQ(kept(run).targets[0].attempts, 2u);
}

TEST_F(RunnerTest, P9AListThatIsAskedTooSoonSaysNothing) {
  ASSERT_TRUE(submit(isolation()));
  const ActionRun run = isolation();
  api_->send_answers.emplace_back(Error{Code::timeout, "no answer"});
  ASSERT_TRUE(submit(run));
  pass(seconds{170});
  EXPECT_FALSE(api_->listed_since.empty());
  EXPECT_EQ(api_->sent.size(), 2u);
  pass(minutes{10});
  EXPECT_EQ(api_->sent.size(), 3u);
}

TEST_F(RunnerTest, P9AStartLooksForWhatMayHaveBeenSent) {
  ActionRun run = isolation();
  run.targets[0].state = ResponseState::sending;
  run.targets[0].attempts = 1;
  run.targets[0].sent = clock_.wall();
  end();
  ledger_.kept[run.id] = run;
  api_->list = {{"ours", ResponseState::succeeded, "isolate", marker_of(run, 0), {}, clock_.wall(), {"guid-0"}}};
  begin();
  pass(minutes{1});
  EXPECT_TRUE(api_->sent.empty());
  EXPECT_EQ(state(run), ResponseState::succeeded);
}

TEST_F(RunnerTest, P9WhatNobodyCanSayNeedsAPerson) {
  const ActionRun run = isolation();
  for (int i = 0; i < 5; ++i) api_->send_answers.emplace_back(Error{Code::timeout, "no answer"});
  ASSERT_TRUE(submit(run));
  pass(hours{2});
  EXPECT_EQ(api_->sent.size(), 5u);
  EXPECT_EQ(state(run), ResponseState::unknown);
  EXPECT_NE(kept(run).targets[0].reason.find("sent 5 times"), std::string::npos);
  EXPECT_EQ(state_of(kept(run)), RunState::unknown);

  const ActionRun blind = isolation();
  api_->send_answers.emplace_back(Error{Code::timeout, "no answer"});
  api_->list_error = Error{Code::denied, "HTTP 403 AccessDenied"};
  ASSERT_TRUE(submit(blind));
  pass(hours{25});
  EXPECT_EQ(state(blind), ResponseState::unknown);
  EXPECT_NE(kept(blind).targets[0].reason.find("AccessDenied"), std::string::npos);
}

TEST_F(RunnerTest, P9AnApiThatKeepsNoDescriptionIsAskedByActionAndObject) {
  const ActionRun run = isolation();
  api_->send_answers.emplace_back(Error{Code::timeout, "no answer"});
  const WallTime long_ago = clock_.wall() - hours{5};
  api_->list = {{"old", ResponseState::succeeded, "isolate", {}, {}, long_ago, {"guid-0"}},
                {"another", ResponseState::running, "restoreIsolate", {}, {}, clock_.wall(), {"guid-0"}},
                {"ours", ResponseState::running, "isolate", {}, {}, clock_.wall(), {"guid-0"}}};
  ASSERT_TRUE(submit(run));
  pass(minutes{1});
  EXPECT_EQ(kept(run).targets[0].task_id, "ours");
  EXPECT_EQ(api_->sent.size(), 1u);
}

TEST_F(RunnerTest, P9WhatIsLimitedInTimeIsUndoneOnceAlsoWhereTheTimePassedWhileNothingRan) {
  ActionRun run = isolation();
  run.lasts = hours{4};
  ASSERT_TRUE(submit(run));
  pass(hours{1});
  end();
  pass(hours{5});
  begin();
  pass(minutes{2});
  ASSERT_EQ(api_->sent.size(), 2u);
  EXPECT_EQ(api_->sent[1].action, ResponseAction::restore_endpoint);
  EXPECT_EQ(api_->sent[1].elements[0].target.value, "guid-0");
  EXPECT_EQ(state_of(kept(run)), RunState::undone);
  EXPECT_EQ(ledger_.kept.at(kept(run).undone_by).undoes, run.id);
  end();
  begin();
  pass(hours{5});
  EXPECT_EQ(api_->sent.size(), 2u);
}

// Found by the simulation: seed 669 of its first runs.
TEST_F(RunnerTest, P9WhatCameToItsEndWhileTheLedgerFailedIsWrittenAllTheSame) {
  const ActionRun run = isolation();
  api_->task_answers.emplace_back(TaskView{"t", ResponseState::running, {}, {}, {}, {}, {}});
  ASSERT_TRUE(submit(run));
  pass(seconds{4});
  ASSERT_FALSE(settled(state(run)));
  ledger_.failures = 4;
  pass(minutes{5});
  EXPECT_EQ(state(run), ResponseState::succeeded);
}

// Found by the simulation: seed 2 of its first runs.
TEST_F(RunnerTest, P9AnUndoingWhoseWriteFailedAndIsInIsNotBegunTwice) {
  ActionRun run = isolation();
  run.lasts = hours{1};
  ASSERT_TRUE(submit(run));
  pass(minutes{59});
  ledger_.failures = 1;
  ledger_.in_all_the_same = true;
  pass(minutes{2});
  const std::string inverse = kept(run).undone_by;
  ASSERT_FALSE(inverse.empty());
  const auto not_again = [](ActionRun& asked) -> Result<void> {
    return asked.undone_by.empty() ? Result<void>{} : Error{Code::invalid, "it was undone already"};
  };
  const Result<ActionRun> again = amend(run.id, not_again);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().text(), "it was undone already");
  pass(hours{1});
  EXPECT_EQ(kept(run).undone_by, inverse);
  EXPECT_EQ(api_->sent.size(), 2u);
  EXPECT_EQ(state_of(ledger_.kept.at(inverse)), RunState::succeeded);
}

TEST_F(RunnerTest, P9ACustomRequestIsNeverSentTwice) {
  ASSERT_TRUE(submit(custom_run("1")));
  pass(minutes{1});
  EXPECT_EQ(ledger_.kept.at("1").webhook->state, ResponseState::succeeded);
  EXPECT_EQ(ledger_.kept.at("1").webhook->answer, "ok");

  webhook_->answer = Error{Code::timeout, "no answer"};
  ASSERT_TRUE(submit(custom_run("2")));
  pass(hours{1});
  EXPECT_EQ(ledger_.kept.at("2").webhook->state, ResponseState::unknown);
  EXPECT_EQ(webhook_->sent, 2);

  ActionRun cut_short = custom_run("3");
  cut_short.webhook->state = ResponseState::sending;
  end();
  ledger_.kept["3"] = cut_short;
  begin();
  pass(hours{1});
  EXPECT_EQ(ledger_.kept.at("3").webhook->state, ResponseState::unknown);
  EXPECT_EQ(webhook_->sent, 2);

  webhook_->answer = WebhookApi::Answer{500, "broken"};
  ASSERT_TRUE(submit(custom_run("4")));
  pass(minutes{1});
  EXPECT_EQ(ledger_.kept.at("4").webhook->state, ResponseState::failed);
  EXPECT_EQ(ledger_.kept.at("4").webhook->status, 500u);
}

TEST_F(RunnerTest, P12ARunIsUndoneOnlyOnceWhatTakesItBackHasSucceeded) {
  ActionRun run = isolation();
  run.lasts = hours{1};
  ASSERT_TRUE(submit(run));
  pass(minutes{30});
  api_->send_answers.emplace_back(Error{Code::denied, "HTTP 403 AccessDenied"});
  pass(hours{1});
  EXPECT_EQ(state_of(kept(run)), RunState::succeeded) << "the endpoint is still isolated";
  EXPECT_TRUE(kept(run).undone_by.empty());
  EXPECT_TRUE(settled(kept(run))) << "a person has to look";

  const WallTime now = clock_.wall();
  ActionRun again = inverse_run(kept(run), "again", "alice", now);
  for (int i = 0; i < 3; ++i) api_->task_answers.emplace_back(TaskView{"t", ResponseState::running, {}, {}, {}, {}, {}});
  const auto taken_back = [](ActionRun& asked) -> Result<void> {
    asked.undone_by = "again";
    return {};
  };
  ASSERT_TRUE(amend(run.id, taken_back));
  ASSERT_TRUE(submit(again));
  pass(seconds{4});
  EXPECT_EQ(state_of(kept(run)), RunState::undoing);
  pass(minutes{2});
  EXPECT_EQ(state_of(kept(run)), RunState::undone);
}

TEST_F(RunnerTest, P9ATaskThatDoesNotSayWhoseItIsIsNotSentBeside) {
  const ActionRun run = isolation();
  api_->send_answers.emplace_back(Error{Code::timeout, "no answer"});
  const WallTime by_another_clock = clock_.wall() - minutes{40};
  api_->list = {{"perhaps", ResponseState::running, "isolate", {}, {}, by_another_clock, {"guid-0"}}};
  ASSERT_TRUE(submit(run));
  pass(hours{2});
  EXPECT_EQ(api_->sent.size(), 1u);
  EXPECT_EQ(state(run), ResponseState::unknown);
  EXPECT_NE(kept(run).targets[0].reason.find("does not say whose"), std::string::npos);
}

TEST_F(RunnerTest, P9AClockThatWasSetBackHidesNoTask) {
  const ActionRun run = isolation();
  api_->send_answers.emplace_back(Error{Code::timeout, "no answer"});
  ASSERT_TRUE(submit(run));
  clock_.step_wall(-hours{48});
  pass(minutes{5});
  ASSERT_FALSE(api_->listed_since.empty());
  EXPECT_LE(api_->listed_since.back(), clock_.wall() - hours{23});
}

TEST_F(RunnerTest, P9TheTimeInWhichNothingRanMakesNothingUnknown) {
  const ActionRun run = isolation();
  api_->send_answers.emplace_back(Error{Code::timeout, "no answer"});
  api_->list_error = Error{Code::unavailable, "refused"};
  ASSERT_TRUE(submit(run));
  pass(minutes{5});
  end();
  pass(hours{100});
  begin();
  pass(minutes{5});
  EXPECT_EQ(state(run), ResponseState::sending);
  api_->list_error.reset();
  pass(minutes{30});
  EXPECT_EQ(state(run), ResponseState::succeeded);
}

// A change that leaves the run as it is says nothing of whether the new one is in.
TEST_F(RunnerTest, P9AnotherTryWhoseWriteFailedIsNotAccepted) {
  const ActionRun run = isolation();
  ASSERT_TRUE(submit(run));
  pass(minutes{1});
  const ActionRun again = isolation();
  const auto another = [again](ActionRun&) -> Result<ActionRun> { return again; };
  ledger_.failures = 1;
  EXPECT_FALSE(amend_and_submit(run.id, another));
  pass(minutes{5});
  EXPECT_FALSE(ledger_.kept.contains(again.id));
  EXPECT_EQ(api_->sent.size(), 1u);
  ledger_.failures = 1;
  ledger_.in_all_the_same = true;
  EXPECT_TRUE(amend_and_submit(run.id, another));
  pass(minutes{5});
  EXPECT_EQ(state(again), ResponseState::succeeded);
}

TEST_F(RunnerTest, P9AnEarlyUndoingThatFailsLeavesTheTimeLimit) {
  ActionRun run = isolation();
  run.lasts = hours{4};
  ASSERT_TRUE(submit(run));
  pass(minutes{30});
  api_->send_answers.emplace_back(Error{Code::denied, "HTTP 403 AccessDenied"});
  const WallTime now = clock_.wall();
  const auto early = [now](ActionRun& of) -> Result<ActionRun> {
    of.undone_by = "early";
    return inverse_run(of, "early", "alice", now);
  };
  ASSERT_TRUE(amend_and_submit(run.id, early));
  pass(minutes{30});
  EXPECT_EQ(state_of(ledger_.kept.at("early")), RunState::failed);
  EXPECT_TRUE(kept(run).undone_by.empty());
  pass(hours{4});
  EXPECT_EQ(state_of(kept(run)), RunState::undone) << "it lasts no longer than it was asked for";
  EXPECT_EQ(api_->sent.size(), 3u);
}

}  // namespace
}  // namespace tidegate
