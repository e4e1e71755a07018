// Runs that are submitted and changed while the ledger is slow, or does not answer.
#include "tests/unit/respond/runner_rig.h"

namespace tidegate {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class RunnerLedgerTest : public RunnerTest {
 protected:
  RunnerLedgerTest() {
    ledger_.on_read = [this]() -> asio::awaitable<std::optional<Error>> { return read(); };
  }
  asio::awaitable<std::optional<Error>> read() {
    const int number = ++reads_;
    if (number == slow_) co_await goes_on_.wait();
    const bool fails = failing_ && failing_(number);
    if (!fails) co_return std::nullopt;
    co_return Error{Code::unavailable, "the disk failed"};
  }
  std::size_t times_logged(std::string_view words) const {
    std::size_t times = 0;
    for (std::size_t at = logged_.find(words); at != std::string::npos; at = logged_.find(words, at + 1)) ++times;
    return times;
  }

  int reads_ = 0;
  int slow_ = 0;                      // the read that waits
  std::function<bool(int)> failing_;  // of the reads, from 1
  Signal goes_on_;
};

const auto as_it_is = [](ActionRun&) -> Result<void> { return {}; };

TEST_F(RunnerLedgerTest, P9ARunIsSubmittedOnce) {
  const ActionRun run = isolation();
  api_->tasks["task-1-0"] = {"task-1-0", ResponseState::running, {}, {}, {}, {}, {}};
  ASSERT_TRUE(submit(run));
  pass(seconds{10});
  for (const ResponseState state : {ResponseState::running, ResponseState::succeeded}) {
    api_->tasks["task-1-0"].state = state;
    pass(minutes{3});
    const Result<void> again = submit(run);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code(), Code::invalid);
    EXPECT_EQ(again.error().text(), "there is a run " + run.id + " already");
    pass(minutes{3});
    EXPECT_EQ(kept(run).targets[0].state, state);
  }
  EXPECT_EQ(api_->sent.size(), 1u);
}

TEST_F(RunnerLedgerTest, P9ARunThatIsBeingSubmittedIsNotSubmittedBeside) {
  const ActionRun run = isolation();
  slow_ = reads_ + 1;
  const Outcome<void> first = submit_aside(run);
  EXPECT_FALSE(*first);
  const Result<void> second = submit(run);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::invalid);
  goes_on_.notify();
  pass(minutes{1});
  EXPECT_TRUE(*first && **first);
  EXPECT_EQ(api_->sent.size(), 1u);
}

TEST_F(RunnerLedgerTest, P9WithoutAnAnswerOfTheLedgerNothingIsSubmitted) {
  const ActionRun run = isolation();
  failing_ = [](int) { return true; };
  EXPECT_EQ(submit(run).error().code(), Code::unavailable);
  failing_ = {};
  pass(minutes{5});
  EXPECT_FALSE(ledger_.kept.contains(run.id));
}

// One that changes a run reads it again after a failed write, while others wait for their turn with it.
TEST_F(RunnerLedgerTest, P9ARunHasOneTaskHoweverManyChangeIt) {
  ActionRun run = isolation();
  run.approval = Approval::denied;
  ASSERT_TRUE(submit(run));
  trouble_ = Error{Code::unavailable, "credential 'k' is not kept"};
  ledger_.failures = 1;
  const int before = reads_;
  failing_ = [before](int number) { return number == before + 2; };  // it was found by the first
  slow_ = before + 3;
  const Outcome<ActionRun> first = amend_aside(run.id, as_it_is);
  ASSERT_EQ(reads_, slow_);
  const Outcome<ActionRun> second = amend_aside(run.id, as_it_is);
  const auto grant = [](ActionRun& of) -> Result<void> {
    of.approval = Approval::granted;
    return {};
  };
  const Outcome<ActionRun> third = amend_aside(run.id, grant);
  goes_on_.notify();
  pass(minutes{1});
  EXPECT_TRUE(*first && !**first);
  EXPECT_TRUE(*second && **second);
  EXPECT_TRUE(*third && **third);
  EXPECT_EQ(state(run), ResponseState::waiting);
  EXPECT_NE(metrics_.text().find("tidegate_actions_under_way 1"), std::string::npos) << metrics_.text();
  trouble_.reset();
  pass(minutes{10});
  EXPECT_EQ(api_->sent.size(), 1u);
  EXPECT_EQ(state(run), ResponseState::succeeded);
}

TEST_F(RunnerLedgerTest, P12ARunThatIsReadAgainAfterItsEndIsCountedOnce) {
  const ActionRun run = isolation();
  ASSERT_TRUE(submit(run));
  pass(minutes{1});
  ledger_.failures = 1;
  const int before = reads_;
  failing_ = [before](int number) { return number > before + 1; };
  EXPECT_FALSE(amend(run.id, as_it_is));
  failing_ = {};
  pass(minutes{1});
  EXPECT_NE(metrics_.text().find("tidegate_actions_under_way 0"), std::string::npos);
  EXPECT_NE(metrics_.text().find("tidegate_actions_total{action=\"isolate_endpoint\",outcome=\"succeeded\"} 1"), std::string::npos)
      << metrics_.text();
}

TEST_F(RunnerLedgerTest, P9OrdersThatMayBeInTheLedgerAreLookedForWithinABound) {
  end();
  limits_.sought_max = 2;
  begin();
  ledger_.failures = 5;
  ledger_.in_all_the_same = true;
  failing_ = [this](int) { return ledger_.failures < 5 - static_cast<int>(runs_) + 1; };  // after the write alone
  std::vector<ActionRun> runs;
  for (int i = 0; i < 5; ++i) {
    runs.push_back(isolation());
    EXPECT_FALSE(submit(runs.back()));
  }
  EXPECT_EQ(times_logged("beside many others"), 3u);
  EXPECT_EQ(ledger_.kept.size(), 5u);
  failing_ = [](int) { return true; };
  pass(minutes{5});
  EXPECT_TRUE(api_->sent.empty());
  failing_ = {};
  pass(minutes{5});
  EXPECT_EQ(api_->sent.size(), 2u);
  end();
  begin();
  pass(minutes{5});
  for (const ActionRun& run : runs) EXPECT_EQ(state(run), ResponseState::succeeded);
  EXPECT_EQ(api_->sent.size(), 5u);
}

}  // namespace
}  // namespace tidegate
