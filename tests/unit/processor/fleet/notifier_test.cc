#include "processor/fleet/notifier.h"

#include "tests/unit/processor/fleet/events_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::event_of;
using test::noon;
using test::ToldChannel;

using NotifierTest = test::EventsRig;

TEST_F(NotifierTest, WhatIsOpenedIsToldAtOnceAndOnce) {
  begin();
  write(EventTurn::opened, {event_of("zurich-01")});
  ASSERT_EQ(soc_.told.size(), 1u);
  ASSERT_EQ(soc_.told[0].items.size(), 1u);
  EXPECT_EQ(soc_.told[0].items[0].event.sensor, "zurich-01");
  EXPECT_EQ(soc_.told[0].items[0].event.id, 1u);
  EXPECT_EQ(soc_.told[0].id.size(), 32u);
  pass(25h);
  EXPECT_EQ(soc_.told.size(), 1u);
  EXPECT_TRUE(shows("tidegate_notifications_total{channel=\"soc\",outcome=\"sent\"} 1")) << metrics_.text();
}

TEST_F(NotifierTest, ManySensorsAtOnceAreOneMessage) {
  begin();
  std::vector<HealthEvent> events;
  for (int i = 0; i < 400; ++i) events.push_back(event_of("sensor-" + std::to_string(i)));
  write(EventTurn::opened, events);
  ASSERT_EQ(soc_.told.size(), 1u);
  EXPECT_EQ(soc_.told[0].items.size(), 400u);
}

TEST_F(NotifierTest, AChannelIsToldWhatIsForItsTenantsAndSevereEnough) {
  ToldChannel blue;
  std::vector<NotifyRoute> routes;
  routes.push_back(route("soc", soc_));
  routes.push_back(route("blue", blue));
  routes[0].least_severity = EventSeverity::critical;
  routes[1].tenants = {"blue", "red"};
  begin(std::move(routes));
  write(EventTurn::opened, {event_of("a", EventSeverity::warning, "blue"), event_of("b", EventSeverity::critical, "acme")});
  ASSERT_EQ(soc_.told.size(), 1u);
  ASSERT_EQ(blue.told.size(), 1u);
  EXPECT_EQ(soc_.told[0].items.at(0).event.sensor, "b");
  EXPECT_EQ(blue.told[0].items.at(0).event.sensor, "a");
}

TEST_F(NotifierTest, WhatFailsIsTriedAgainWithBackOffAndJoinsWhatComes) {
  begin();
  soc_.answer = Error{Code::unavailable, "it is away"};
  write(EventTurn::opened, {event_of("a")});
  ASSERT_EQ(soc_.told.size(), 1u);
  pass(30s);
  EXPECT_GE(soc_.told.size(), 2u) << "the first wait is at most 30 s";
  const std::size_t before = soc_.told.size();
  soc_.answer = {};
  write(EventTurn::opened, {event_of("b")});
  ASSERT_EQ(soc_.told.size(), before + 1) << "what is new is tried at once";
  EXPECT_EQ(soc_.told.back().items.size(), 2u) << "and takes along what waits";
  pass(1h);
  EXPECT_EQ(soc_.told.size(), before + 1);
  EXPECT_NE(lines_.find("it is away"), std::string::npos);
}

TEST_F(NotifierTest, TheBackOffGrowsToAQuarterOfAnHour) {
  begin();
  soc_.answer = Error{Code::timeout, "it is slow"};
  write(EventTurn::opened, {event_of("a")});
  for (int minute = 0; minute < 23 * 60; ++minute) pass(1min);
  EXPECT_GE(soc_.told.size(), 23u * 4);
  EXPECT_LE(soc_.told.size(), 23u * 4 * 4) << "on average half of the ceiling";
}

TEST_F(NotifierTest, AfterADayItIsGivenUp) {
  begin();
  soc_.answer = Error{Code::unavailable, "it is away"};
  write(EventTurn::opened, {event_of("a")});
  for (int quarter = 0; quarter < 4 * 25; ++quarter) pass(15min);
  const std::size_t tries = soc_.told.size();
  pass(24h);
  EXPECT_EQ(soc_.told.size(), tries);
  EXPECT_TRUE(shows("tidegate_notifications_total{channel=\"soc\",outcome=\"given_up\"} 1")) << metrics_.text();
  EXPECT_NE(lines_.find("given up"), std::string::npos);
}

TEST_F(NotifierTest, WhatIsRefusedForGoodIsGivenUpAtOnce) {
  begin();
  soc_.answer = Error{Code::invalid, "the webhook answered 400"};
  write(EventTurn::opened, {event_of("a")});
  pass(1h);
  EXPECT_EQ(soc_.told.size(), 1u);
  EXPECT_TRUE(shows("tidegate_notifications_total{channel=\"soc\",outcome=\"given_up\"} 1"));
}

TEST_F(NotifierTest, NoMoreMessagesAMinuteThanTheBoundAndTheRestIsToldTogether) {
  begin();
  for (int i = 0; i < 20; ++i) write(EventTurn::opened, {event_of("s" + std::to_string(i))});
  EXPECT_EQ(soc_.told.size(), 6u);
  pass(59s);
  EXPECT_EQ(soc_.told.size(), 6u);
  pass(1s);
  ASSERT_EQ(soc_.told.size(), 7u);
  EXPECT_EQ(soc_.told.back().items.size(), 14u);
}

TEST_F(NotifierTest, ARestartGoesOnWhereItWas) {
  begin();
  soc_.answer = Error{Code::unavailable, "it is away"};
  const std::vector<std::uint64_t> ids = write(EventTurn::opened, {event_of("a")});
  stop();
  reopen();
  soc_.answer = {};
  soc_.told.clear();
  begin();
  pass(30s);
  ASSERT_EQ(soc_.told.size(), 1u);
  EXPECT_EQ(soc_.told[0].items.at(0).event.id, ids.at(0));
  stop();
  reopen();
  begin();
  pass(1h);
  EXPECT_EQ(soc_.told.size(), 1u) << "what was told is not told again";
}

TEST_F(NotifierTest, WhatEndedIsToldWithItsBeginningWhereThatStillWaits) {
  begin();
  soc_.answer = Error{Code::unavailable, "it is away"};
  HealthEvent event = event_of("a");
  event.id = write(EventTurn::opened, {event}).at(0);
  pass(1min);
  soc_.answer = {};
  event.closed = noon + 1min;
  write(EventTurn::closed, {event});
  const Notification& last = soc_.told.back();
  ASSERT_EQ(last.items.size(), 2u);
  EXPECT_EQ(last.items[0].turn, EventTurn::opened);
  EXPECT_EQ(last.items[1].turn, EventTurn::closed);
  EXPECT_EQ(last.items[1].event.closed, noon + 1min);
}

TEST_F(NotifierTest, WhatWaitsForAChannelThatIsGoneIsGivenUp) {
  begin();
  soc_.answer = Error{Code::unavailable, "it is away"};
  write(EventTurn::opened, {event_of("a")});
  stop();
  ToldChannel other;
  std::vector<NotifyRoute> routes;
  routes.push_back(route("other", other));
  begin(std::move(routes));
  pass(1h);
  EXPECT_TRUE(other.told.empty());
  EXPECT_TRUE(store_->queued("soc", 10)->empty());
  EXPECT_NE(lines_.find("not configured any more"), std::string::npos) << lines_;
}

TEST_F(NotifierTest, ATestIsSentAndTellsWhatCameOfIt) {
  begin();
  const auto test = [this](const std::string& channel) {
    std::optional<Result<void>> result;
    const auto ask = [this, &result](std::string name) -> asio::awaitable<void> {
      result.emplace(co_await notifier_->test(std::move(name)));
    };
    asio::co_spawn(loop_, ask(channel), [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    turn();
    return result.value();
  };
  EXPECT_TRUE(test("soc"));
  ASSERT_EQ(soc_.told.size(), 1u);
  EXPECT_TRUE(soc_.told[0].items.empty());
  soc_.answer = Error{Code::denied, "no"};
  EXPECT_EQ(test("soc").error().text(), "no");
  const Result<void> unknown = test("nobody");
  EXPECT_EQ(unknown.error().code(), Code::absent);
  EXPECT_NE(unknown.error().text().find("known: soc"), std::string::npos);
}

}  // namespace
}  // namespace tidegate
