// What takes another run back, and what becomes of that one.
#include "tests/unit/respond/runner_rig.h"

namespace tidegate {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class RunnerUndoTest : public RunnerTest {
 protected:
  Result<ActionRun> undo(const ActionRun& run, const std::string& by) {
    const WallTime now = clock_.wall();
    return amend_and_submit(run.id, [by, now](ActionRun& of) -> Result<ActionRun> {
      of.undone_by = by;
      return inverse_run(of, by, "alice", now);
    });
  }
};

TEST_F(RunnerUndoTest, P9AnEarlyUndoingThatFailsLeavesTheTimeLimitWhateverTheClockWasSetTo) {
  ActionRun run = isolation();
  run.lasts = hours{4};
  ASSERT_TRUE(submit(run));
  pass(minutes{30});
  clock_.step_wall(hours{24});
  api_->send_answers.emplace_back(Error{Code::denied, "HTTP 403 AccessDenied"});
  ASSERT_TRUE(undo(run, "early"));
  pass(minutes{30});
  ASSERT_EQ(state_of(ledger_.kept.at("early")), RunState::failed);
  EXPECT_TRUE(kept(run).lasts) << "it was not the limit that could not be kept";
  pass(hours{4});
  EXPECT_EQ(state_of(kept(run)), RunState::undone);
}

TEST_F(RunnerUndoTest, P9ALimitThatCannotBeKeptIsTriedOnceWhateverTheClockWasSetTo) {
  ActionRun run = isolation();
  run.lasts = hours{4};
  ASSERT_TRUE(submit(run));
  pass(minutes{30});
  clock_.step_wall(-hours{24});
  api_->send_answers.emplace_back(Error{Code::denied, "HTTP 403 AccessDenied"});
  pass(hours{4});
  EXPECT_EQ(api_->sent.size(), 2u);
  EXPECT_FALSE(kept(run).lasts);
  EXPECT_TRUE(settled(kept(run))) << "a person has to look";
  pass(hours{72});
  EXPECT_EQ(api_->sent.size(), 2u);
}

TEST_F(RunnerUndoTest, P9WhatWasGivenBackEarlyIsNotGivenBackAgainAtTheTimeLimit) {
  ActionRun run = isolation(2);
  run.lasts = hours{4};
  ASSERT_TRUE(submit(run));
  pass(minutes{30});
  std::vector<SentElement> answers{{SentElement::Fate::accepted, "back", {}}, {SentElement::Fate::refused, {}, "not now"}};
  api_->send_answers.emplace_back(std::move(answers));
  ASSERT_TRUE(undo(run, "early"));
  pass(minutes{30});
  ASSERT_EQ(state_of(ledger_.kept.at("early")), RunState::partly);
  EXPECT_TRUE(kept(run).targets[0].given_back);
  EXPECT_FALSE(kept(run).targets[1].given_back);
  EXPECT_FALSE(settled(kept(run)));
  pass(hours{4});
  ASSERT_EQ(api_->sent.size(), 3u);
  ASSERT_EQ(api_->sent[2].elements.size(), 1u);
  EXPECT_EQ(api_->sent[2].elements[0].target.value, "guid-1");
  EXPECT_EQ(state_of(kept(run)), RunState::undone);
}

TEST_F(RunnerUndoTest, P9WhatAnotherRunHasTakenBackIsNotTakenBackByTheTimeLimit) {
  ActionRun run = isolation();
  run.lasts = hours{4};
  ASSERT_TRUE(submit(run));
  pass(minutes{30});
  ASSERT_TRUE(submit(inverse_run(kept(run), "another try", "alice", clock_.wall())));
  pass(minutes{30});
  ASSERT_EQ(state_of(kept(run)), RunState::undone);
  EXPECT_NE(metrics_.text().find("tidegate_actions_under_way 0"), std::string::npos) << "nothing is left to wait for";
  pass(hours{5});
  EXPECT_EQ(api_->sent.size(), 2u);
  EXPECT_EQ(kept(run).undone_by, "another try");
}

TEST_F(RunnerUndoTest, P12ARunThatIsUndoneLaterIsCountedOnce) {
  ActionRun run = isolation();
  run.lasts = hours{4};
  ASSERT_TRUE(submit(run));
  pass(minutes{30});
  api_->send_answers.emplace_back(Error{Code::denied, "HTTP 403 AccessDenied"});
  ASSERT_TRUE(undo(run, "early"));
  pass(hours{5});
  ASSERT_EQ(state_of(kept(run)), RunState::undone);
  const auto shows = [this](const std::string& line) { return metrics_.text().find(line) != std::string::npos; };
  EXPECT_TRUE(shows("tidegate_actions_total{action=\"isolate_endpoint\",outcome=\"succeeded\"} 1")) << metrics_.text();
  EXPECT_TRUE(shows("tidegate_actions_total{action=\"restore_endpoint\",outcome=\"failed\"} 1")) << metrics_.text();
  EXPECT_TRUE(shows("tidegate_actions_total{action=\"restore_endpoint\",outcome=\"succeeded\"} 1")) << metrics_.text();
}

}  // namespace
}  // namespace tidegate
