#include "processor/fleet/health_events.h"

#include <gtest/gtest.h>

#include "tests/unit/processor/fleet/requests.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::noon;

WatchedSensor well(const std::string& sensor = "zurich-01") {
  WatchedSensor facts;
  facts.sensor = sensor;
  facts.tenants = {"acme"};
  facts.state = SensorState::connected;
  facts.last_seen = noon;
  facts.sessions = 1;
  facts.not_after = noon + 24h * 80;
  facts.config_known = true;
  facts.health_known = true;
  return facts;
}

WatchedSensor without(WatchedSensor facts, const std::string& path, const std::string& status = "degraded") {
  facts.unhealthy.push_back({path, false, status, "it does not work"});
  return facts;
}

WatchedSensor gone(WatchedSensor facts) {
  facts.state = SensorState::silent;
  facts.sessions = 0;
  return facts;
}

class HealthEventsTest : public testing::Test {
 protected:
  // Looks after `later`, and what has changed is written.
  std::vector<EventChange> look(const std::vector<WatchedSensor>& fleet, std::chrono::nanoseconds later = 10s) {
    now_.wall += later;
    now_.steady += later;
    std::vector<EventChange> changes = events_.look(fleet, now_);
    std::vector<std::uint64_t> ids;
    for (const EventChange& change : changes) ids.push_back(change.turn == EventTurn::opened ? ++last_id_ : change.event.id);
    events_.written(changes, ids);
    return changes;
  }
  // As after a restart of the processor.
  void restart(std::vector<HealthEvent> open) {
    events_ = HealthEvents{};
    events_.load(std::move(open));
  }

  HealthEvents events_;
  HealthEvents::Now now_{noon, SteadyTime{1h}};
  std::uint64_t last_id_ = 0;
};

TEST_F(HealthEventsTest, OfASensorThatIsWellThereIsNothingToTell) {
  EXPECT_TRUE(look({well()}).empty());
  EXPECT_TRUE(look({well()}, 24h).empty());
}

TEST_F(HealthEventsTest, ABlinkTellsNobody) {
  EXPECT_TRUE(look({gone(well())}).empty());
  EXPECT_TRUE(look({gone(well())}, 110s).empty());
  EXPECT_TRUE(look({well()}).empty());
  EXPECT_TRUE(look({without(well(), "connectors/a/alerts")}).empty());
  EXPECT_TRUE(look({well()}, 30s).empty());
  EXPECT_TRUE(look({without(well(), "connectors/a/alerts")}, 115s).empty()) << "the time before counts no more";
}

TEST_F(HealthEventsTest, ASilentSensorIsCriticalUntilItIsHeard) {
  (void)look({gone(well())});
  const std::vector<EventChange> opened = look({gone(well())}, 2min);
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened[0].turn, EventTurn::opened);
  EXPECT_EQ(opened[0].event.kind, EventKind::silent);
  EXPECT_EQ(opened[0].event.severity, EventSeverity::critical);
  EXPECT_EQ(opened[0].event.tenants, (std::vector<std::string>{"acme"}));
  EXPECT_EQ(opened[0].event.opened, noon + 10s) << "since it was first seen so";
  EXPECT_NE(opened[0].event.reason.find("2026-11-24T12:00:00Z"), std::string::npos) << opened[0].event.reason;
  EXPECT_EQ(events_.open(EventSeverity::critical), 1u);
  EXPECT_TRUE(look({gone(well())}, 24h).empty()) << "told once";
  const std::vector<EventChange> closed = look({well()});
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].turn, EventTurn::closed);
  EXPECT_EQ(closed[0].event.id, 1u);
  EXPECT_EQ(closed[0].event.closed, now_.wall);
  EXPECT_EQ(events_.open(EventSeverity::critical), 0u);
}

TEST_F(HealthEventsTest, EachComponentIsAnEventAndAlertsAndTokensAreCritical) {
  WatchedSensor facts = without(well(), "connectors/a/alerts");
  facts = without(std::move(facts), "connectors/a/audit_logs");
  facts = without(std::move(facts), "connectors/b/audit_logs", "auth_failed");
  (void)look({facts});
  const std::vector<EventChange> opened = look({facts}, 2min);
  ASSERT_EQ(opened.size(), 3u);
  for (const EventChange& change : opened)
    EXPECT_EQ(change.event.severity == EventSeverity::critical, change.event.key != "connectors/a/audit_logs") << change.event.key;
  EXPECT_EQ(opened[0].event.reason, "degraded: it does not work");
  const std::vector<EventChange> closed = look({without(well(), "connectors/a/alerts")});
  EXPECT_EQ(closed.size(), 2u);
}

TEST_F(HealthEventsTest, WhatGrowsWorseIsClosedAndOpenedAgain) {
  (void)look({without(well(), "connectors/a/audit_logs")});
  ASSERT_EQ(look({without(well(), "connectors/a/audit_logs")}, 2min).size(), 1u);
  const std::vector<EventChange> worse = look({without(well(), "connectors/a/audit_logs", "auth_failed")});
  ASSERT_EQ(worse.size(), 2u);
  EXPECT_EQ(worse[0].turn, EventTurn::closed);
  EXPECT_EQ(worse[1].event.severity, EventSeverity::critical);
  EXPECT_TRUE(look({without(well(), "connectors/a/audit_logs")}).empty()) << "it stays as bad as it was";
}

TEST_F(HealthEventsTest, OfASilentSensorItsHealthIsNotKnown) {
  (void)look({without(well(), "uplink")});
  ASSERT_EQ(look({without(well(), "uplink")}, 2min).size(), 1u);
  EXPECT_TRUE(look({gone(well())}).empty()) << "neither over nor new";
  const std::vector<EventChange> back = look({well()});
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].event.kind, EventKind::unhealthy);
}

TEST_F(HealthEventsTest, ARefusedPushIsAnEventAtOnceUntilTheNextIsTaken) {
  WatchedSensor facts = well();
  facts.config.wanted_revision = 7;
  facts.config.state = ConfigState::failed;
  facts.config.reasons = "first\nsecond";
  const std::vector<EventChange> opened = look({facts});
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened[0].event.reason, "revision 7 was refused: first second");
  facts.config_known = false;
  EXPECT_TRUE(look({facts}).empty());
  facts.config_known = true;
  facts.config.state = ConfigState::applied;
  EXPECT_EQ(look({facts}).size(), 1u);
}

TEST_F(HealthEventsTest, ACertificateThatWasNotRenewedIsAnEventThreeWeeksBefore) {
  WatchedSensor facts = well();
  facts.not_after = noon + 24h * 21 + 30s;
  EXPECT_TRUE(look({facts}).empty());
  const std::vector<EventChange> opened = look({facts}, 1min);
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened[0].event.kind, EventKind::certificate_ends);
  facts.not_after = noon + 24h * 111;
  EXPECT_EQ(look({facts}).size(), 1u);
}

TEST_F(HealthEventsTest, ClonesLastUntilOneMachineIsAloneForAWhile) {
  WatchedSensor facts = well();
  facts.sessions = 2;
  EXPECT_TRUE(look({facts}).empty()) << "what a lost connection leaves is no clone";
  facts.clones = 1;
  facts.last_clone = "192.0.2.7 and 192.0.2.8 at once";
  const std::vector<EventChange> opened = look({facts});
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened[0].event.severity, EventSeverity::critical);
  EXPECT_TRUE(look({facts}, 1h).empty());
  facts.sessions = 1;
  EXPECT_TRUE(look({facts}).empty());
  EXPECT_EQ(look({facts}, 2min).size(), 1u);
  EXPECT_TRUE(look({facts}, 1h).empty());
  facts.clones = 2;
  EXPECT_EQ(look({facts}).size(), 1u) << "it is seen again";
}

TEST_F(HealthEventsTest, ARevokedSensorHasNoConditionsAndOneThatIsGoneNeither) {
  (void)look({gone(well())});
  ASSERT_EQ(look({gone(well())}, 2min).size(), 1u);
  WatchedSensor revoked = gone(well());
  revoked.state = SensorState::revoked;
  revoked.not_after = noon;
  EXPECT_EQ(look({revoked}).size(), 1u);
  (void)look({gone(well("b"))});
  ASSERT_EQ(look({gone(well("b"))}, 2min).size(), 1u);
  const std::vector<EventChange> closed = look({});
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].event.sensor, "b");
}

TEST_F(HealthEventsTest, AfterARestartNothingIsToldAnewAndWhatEndedIsTold) {
  std::vector<HealthEvent> open(3);
  open[0] = {1, "zurich-01", {"acme"}, EventKind::silent, "", EventSeverity::critical, "r", noon, {}};
  open[1] = {2, "zurich-01", {"acme"}, EventKind::unhealthy, "uplink", EventSeverity::warning, "r", noon, {}};
  open[2] = {3, "zurich-01", {"acme"}, EventKind::clones, "", EventSeverity::critical, "r", noon, {}};
  restart(open);
  EXPECT_TRUE(look({gone(well())}).empty());
  WatchedSensor back = well();
  back.health_known = false;
  const std::vector<EventChange> heard = look({back});
  ASSERT_EQ(heard.size(), 1u) << "of its health nothing is known yet";
  EXPECT_EQ(heard[0].event.id, 1u);
  EXPECT_TRUE(look({without(well(), "uplink")}).empty());
  const std::vector<EventChange> healthy = look({well()}, 30s);
  ASSERT_EQ(healthy.size(), 1u);
  EXPECT_EQ(healthy[0].event.id, 2u);
  const std::vector<EventChange> alone = look({well()}, 2min);
  ASSERT_EQ(alone.size(), 1u);
  EXPECT_EQ(alone[0].event.id, 3u);
}

TEST_F(HealthEventsTest, WhatWasNotWrittenIsSaidAgain) {
  (void)look({gone(well())});
  now_.steady += 2min;
  now_.wall += 2min;
  ASSERT_EQ(events_.look({gone(well())}, now_).size(), 1u);
  EXPECT_EQ(look({gone(well())}).size(), 1u);
}

TEST_F(HealthEventsTest, NoSensorHasMoreEventsThanItsBound) {
  WatchedSensor facts = well();
  for (int i = 0; i < 100; ++i) facts = without(std::move(facts), "connectors/c" + std::to_string(i));
  (void)look({facts});
  EXPECT_EQ(look({facts}, 2min).size(), HealthEventLimits{}.events_of_sensor_max);
  facts.unhealthy.erase(facts.unhealthy.begin(), facts.unhealthy.begin() + 50);
  (void)look({facts});
  (void)look({facts}, 2min);
  EXPECT_EQ(events_.open(EventSeverity::warning), 50u) << "those that are over make room for the others";
}

TEST_F(HealthEventsTest, NoTextOfASensorIsLongOrHoldsALine) {
  WatchedSensor facts = without(well(), "connectors/" + std::string(1000, 'x') + "\n", std::string(5000, 'y') + "\r\n");
  (void)look({facts});
  const std::vector<EventChange> opened = look({facts}, 2min);
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_LE(opened[0].event.key.size(), 256u);
  EXPECT_LE(opened[0].event.reason.size(), 512u);
  EXPECT_EQ(opened[0].event.reason.find_first_of("\r\n"), std::string::npos);
}

}  // namespace
}  // namespace tidegate
