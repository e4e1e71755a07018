#include "processor/fleet/event_watch.h"

#include "tests/unit/processor/fleet/events_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::noon;

class EventWatchTest : public test::EventsRig {
 protected:
  EventWatchTest() {
    WatchedSensor facts;
    facts.sensor = "zurich-01";
    facts.tenants = {"acme"};
    facts.state = SensorState::connected;
    facts.sessions = 1;
    facts.not_after = noon + 24h * 80;
    fleet_ = std::vector<WatchedSensor>{facts};
  }

  void watch() {
    watch_ = std::make_unique<EventWatch>(*store_, *notifier_, [this] { return fleet_; }, clock_, log_, metrics_);
    ASSERT_TRUE(watch_->load());
  }
  void look(std::chrono::nanoseconds later = 10s) {
    pass(later);
    ASSERT_TRUE(watch_->look());
    turn();
  }
  void set(SensorState state) { fleet_->front().state = state; }

  Result<std::vector<WatchedSensor>> fleet_{std::vector<WatchedSensor>{}};
  std::unique_ptr<EventWatch> watch_;
};

TEST_F(EventWatchTest, WhatBeginsAndEndsIsWrittenToldAndCounted) {
  begin();
  watch();
  set(SensorState::silent);
  look();
  look(2min);
  ASSERT_EQ(soc_.told.size(), 1u);
  EXPECT_EQ(soc_.told[0].items.at(0).turn, EventTurn::opened);
  EXPECT_TRUE(shows("tidegate_events_open{severity=\"critical\"} 1")) << metrics_.text();
  set(SensorState::connected);
  look();
  ASSERT_EQ(soc_.told.size(), 2u);
  EXPECT_EQ(soc_.told[1].items.at(0).turn, EventTurn::closed);
  EXPECT_TRUE(shows("tidegate_events_open{severity=\"critical\"} 0"));
  const Result<std::vector<HealthEvent>> history = store_->events({});
  ASSERT_EQ(history->size(), 1u);
  EXPECT_TRUE(history->front().closed);
}

TEST_F(EventWatchTest, ARestartTellsNobodyTwiceAndTellsWhatEndedMeanwhile) {
  begin();
  watch();
  set(SensorState::silent);
  look();
  look(2min);
  stop();
  reopen();
  begin();
  watch();
  EXPECT_TRUE(shows("tidegate_events_open{severity=\"critical\"} 1"));
  look();
  look(10min);
  EXPECT_EQ(soc_.told.size(), 1u);
  set(SensorState::connected);
  look();
  ASSERT_EQ(soc_.told.size(), 2u);
  EXPECT_EQ(soc_.told[1].items.at(0).turn, EventTurn::closed);
}

TEST_F(EventWatchTest, AFleetThatCannotBeReadChangesNothing) {
  begin();
  watch();
  set(SensorState::silent);
  look();
  look(2min);
  fleet_ = Error{Code::unavailable, "the disk is away"};
  EXPECT_FALSE(watch_->look());
  EXPECT_EQ(store_->open_events()->size(), 1u);
}

TEST_F(EventWatchTest, ItLooksAgainAndAgainUntilItIsStopped) {
  begin();
  watch();
  set(SensorState::silent);
  tasks_->spawn("watch", watch_->run());
  turn();
  for (int i = 0; i < 13; ++i) pass(10s);
  EXPECT_EQ(soc_.told.size(), 1u);
  stop();
}

}  // namespace
}  // namespace tidegate
