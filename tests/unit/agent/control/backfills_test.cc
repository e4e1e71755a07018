#include "agent/control/backfills.h"

#include "tests/unit/agent/steering_fixture.h"

namespace tidegate {
namespace {

using Numbers = std::set<std::uint32_t>;

class BackfillsTest : public SteeringTest {
 protected:
  std::uint32_t start(std::int64_t from = -10) { return run(backfills_.start(request(from))).value().number; }
  std::string state(std::uint32_t number, Backfills* of = nullptr) {
    Result<std::vector<BackfillView>> list = run((of ? *of : backfills_).list());
    for (const BackfillView& view : *list) {
      if (view.backfill.number == number)
        return std::string{name(view.backfill.state)} + (view.trouble.empty() ? "" : ": " + view.trouble);
    }
    return "none";
  }
  void read_up_to(std::uint32_t number, std::int64_t day_number) {
    Commit page;
    page.key = {"acme-v1", Lane::alerts, number};
    page.next = *journal_.load(page.key)->cursor;
    page.next.settled = page.next.through = page.next.position = at(day_number);
    ASSERT_TRUE(journal_.commit(page));
  }
};

}  // namespace

TEST_F(BackfillsTest, OneThatIsStartedIsInTheJournalWithItsCursorAndRead) {
  const Result<Backfill> begun = run(backfills_.start(request()));
  ASSERT_TRUE(begun) << begun.error().text();
  EXPECT_EQ(*begun, (Backfill{1, "acme-v1", Lane::alerts, at(-10), at(-5), BackfillState::running, at(0)}));
  EXPECT_EQ(journal_.load(begun->key())->cursor, cursor_of(*begun));
  EXPECT_EQ(*journal_.notes("backfill/"), std::vector<Note>{note_of(*begun)});
  EXPECT_EQ(readers_.reading(), Numbers{1});
  EXPECT_EQ(start(), 2u);
}

TEST_F(BackfillsTest, ARestartGoesOnWithThoseThatRun) {
  start();
  start();
  start();
  ASSERT_TRUE(run(backfills_.pause(2)));
  ASSERT_TRUE(run(backfills_.cancel(3)));
  NotingReaders readers;
  Backfills anew{store_, clock_, readers, log_};
  ASSERT_TRUE(run(anew.load()));
  EXPECT_EQ(readers.reading(), Numbers{1});
  EXPECT_EQ(state(2, &anew), "paused");
  EXPECT_EQ(state(3, &anew), "cancelled");
  EXPECT_EQ(run(anew.start(request()))->number, 4u);
}

TEST_F(BackfillsTest, PauseAndResumeKeepWhatWasRead) {
  start();
  read_up_to(1, -8);
  ASSERT_TRUE(run(backfills_.pause(1)));
  EXPECT_EQ(readers_.reading(), Numbers{});
  EXPECT_EQ(state(1), "paused");
  EXPECT_TRUE(run(backfills_.pause(1))) << "it is so already";
  EXPECT_EQ(run(backfills_.list())->front().progress, 0.4);
  ASSERT_TRUE(run(backfills_.resume(1)));
  EXPECT_EQ(readers_.reading(), Numbers{1});
  EXPECT_EQ(state(1), "running");
  EXPECT_EQ(journal_.load({"acme-v1", Lane::alerts, 1})->cursor->position, at(-8));
}

TEST_F(BackfillsTest, AnEndTakesTheCursorAlong) {
  start();
  start();
  ASSERT_TRUE(run(backfills_.finished(1)));
  ASSERT_TRUE(run(backfills_.cancel(2)));
  EXPECT_TRUE(journal_.cursors()->empty());
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(state(2), "cancelled");
  EXPECT_EQ(run(backfills_.list())->front().progress, 1);
  for (const std::uint32_t number : {1u, 2u}) {
    EXPECT_EQ(run(backfills_.resume(number)).error().code(), Code::invalid);
    EXPECT_EQ(run(backfills_.pause(number)).error().code(), Code::invalid);
  }
  EXPECT_TRUE(run(backfills_.cancel(2))) << "it is so already";
  EXPECT_EQ(run(backfills_.cancel(1)).error().text(), "back-fill 1 is done: start another one");
  EXPECT_EQ(run(backfills_.cancel(9)).error().code(), Code::absent);
}

TEST_F(BackfillsTest, AnIntervalThatCannotBeReadIsInvalidAndNamesItsField) {
  const std::vector<std::pair<BackfillRequest, std::string>> wrong{
      {request(-5, -5), "to: "},
      {request(-5, 1), "to: "},
      {request(-30'000), "from: "},
      {{"acme-v1", Lane::own_events, at(-2), at(-1)}, "content_type: "},
      {{std::string(256, 'a'), Lane::alerts, at(-2), at(-1)}, "connector: "}};
  for (const auto& [asked, field] : wrong) {
    const Result<Backfill> refused = run(backfills_.start(asked));
    ASSERT_FALSE(refused) << field;
    EXPECT_EQ(refused.error().code(), Code::invalid);
    EXPECT_TRUE(refused.error().text().starts_with(field)) << refused.error().text();
  }
  EXPECT_TRUE(journal_.notes("")->empty());
}

TEST_F(BackfillsTest, ThoseThatHaveNotEndedAreBounded) {
  for (std::size_t i = 0; i < backfills_open_max; ++i) start();
  ASSERT_TRUE(run(backfills_.pause(3))) << "a paused one counts";
  EXPECT_EQ(run(backfills_.start(request())).error().code(), Code::invalid);
  ASSERT_TRUE(run(backfills_.cancel(3)));
  EXPECT_TRUE(run(backfills_.start(request())));
}

TEST_F(BackfillsTest, ThoseThatHaveEndedDoNotPileUpAndNoNumberIsGivenTwice) {
  start();  // runs on, and is never erased
  for (std::size_t i = 0; i < backfills_ended_max + 20; ++i) ASSERT_TRUE(run(backfills_.cancel(start())));
  const std::uint32_t last = 1 + backfills_ended_max + 20;
  EXPECT_EQ(journal_.notes("")->size(), 1 + backfills_ended_max + 1) << "the latest end is erased by the next beginning";
  EXPECT_EQ(state(1), "running");
  EXPECT_EQ(state(2), "none");
  EXPECT_EQ(state(last), "cancelled");
  Backfills anew = restarted();
  EXPECT_EQ(run(anew.start(request()))->number, last + 1);
}

TEST_F(BackfillsTest, AReaderThatCannotStartIsSaidAndTriedAgain) {  // P12
  readers_.refuse(Error{Code::invalid, "the connector is not configured"});
  start();
  EXPECT_EQ(state(1), "running: the connector is not configured");
  readers_.refuse(std::nullopt);
  backfills_.start_readers();
  EXPECT_EQ(state(1), "running");
  EXPECT_EQ(readers_.reading(), Numbers{1});
}

TEST_F(BackfillsTest, ACursorThatAHealingLostBeginsAnew) {  // P1
  start();
  ASSERT_TRUE(journal_.forget({"acme-v1", Lane::alerts, 1}, {}));
  Backfills anew = restarted();
  ASSERT_TRUE(run(anew.load()));
  EXPECT_EQ(journal_.load({"acme-v1", Lane::alerts, 1})->cursor->position, at(-10));
}

TEST_F(BackfillsTest, ANoteOfANewerVersionIsLeftAlone) {
  const std::uint32_t number = start();
  Note newer = (*journal_.notes("backfill/"))[0];
  newer.value[0] = 9;
  ASSERT_TRUE(journal_.put_notes({newer}));
  Backfills anew = restarted();
  ASSERT_TRUE(run(anew.load()));
  EXPECT_EQ(state(number, &anew), "none");
  EXPECT_EQ(run(anew.start(request()))->number, number + 1) << "its cursor is still there";
}

TEST_F(BackfillsTest, AWriteThatFailedIsLookedAtByTheNextOperation) {
  for (const WriteFault fault : {WriteFault::refused, WriteFault::kept_after_all}) {
    const bool kept = fault == WriteFault::kept_after_all;
    journal_.fail_next(fault);
    EXPECT_EQ(run(backfills_.start(request())).error().code(), Code::unavailable);
    const std::size_t listed = run(backfills_.list())->size();
    EXPECT_EQ(listed, kept ? 2u : 0u);
    if (!kept) start();

    const std::uint32_t number = run(backfills_.list())->back().backfill.number;
    journal_.fail_next(fault);
    EXPECT_EQ(run(backfills_.pause(number)).error().code(), Code::unavailable);
    EXPECT_EQ(state(number), kept ? "paused" : "running");
    EXPECT_EQ(readers_.reading().contains(number), !kept);
    journal_.fail_next(fault);
    EXPECT_EQ(run(backfills_.finished(number)).error().code(), Code::unavailable);
    EXPECT_EQ(state(number), kept ? "done" : "running") << "its reader ends again, and says so again";
  }
}

TEST_F(BackfillsTest, TwoOperationsOnOneDoNotMix) {
  start();
  start();
  readers_.be_slow();
  const auto pause = begin(backfills_.pause(1));
  ASSERT_EQ(readers_.stopping(), 1);
  EXPECT_FALSE(*pause);
  EXPECT_EQ(run(backfills_.cancel(1)).error().code(), Code::unavailable);
  // The reader may reach its end while it is being stopped: it must not wait for the one that waits for it.
  EXPECT_EQ(run(backfills_.finished(1)).error().code(), Code::unavailable);
  EXPECT_TRUE(run(backfills_.finished(2))) << "another one is not held up";
  readers_.release();
  go_on();
  ASSERT_TRUE(*pause);
  EXPECT_TRUE(**pause);
  EXPECT_EQ(state(1), "paused");
}

TEST_F(BackfillsTest, TheListIsNotReadAnewUnderAnOperation) {
  start();
  start();
  readers_.be_slow();
  const auto pause = begin(backfills_.pause(1));
  journal_.fail_next(WriteFault::refused);
  EXPECT_FALSE(run(backfills_.finished(2)));
  EXPECT_EQ(run(backfills_.list()).error().code(), Code::unavailable);
  readers_.release();
  go_on();
  EXPECT_TRUE(**pause);
  EXPECT_EQ(state(1), "paused");
  EXPECT_EQ(state(2), "running");
}

}  // namespace tidegate
