#include "processor/edges/sqlite_events.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "processor/event_texts.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/processor/fleet/events_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::event_of;
using test::noon;

class SqliteEventsTest : public testing::Test {
 protected:
  SqliteEventsTest() { reopen(); }

  void reopen(EventLimits limits = {}) {
    store_.reset();
    Result<std::unique_ptr<SqliteEvents>> opened = SqliteEvents::open(file_, limits);
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
  }
  HealthEvent opened(HealthEvent event, std::vector<std::string> channels = {}) {
    const Result<std::vector<std::uint64_t>> ids = store_->write({{EventTurn::opened, event, std::move(channels)}});
    EXPECT_TRUE(ids) << ids.error().text();
    event.id = ids->at(0);
    return event;
  }
  void close(HealthEvent event, WallTime at, std::vector<std::string> channels = {}) {
    event.closed = at;
    ASSERT_TRUE(store_->write({{EventTurn::closed, event, std::move(channels)}}));
  }

  TemporaryDirectory folder_;
  std::filesystem::path file_ = folder_.path() / "events.db";
  std::unique_ptr<SqliteEvents> store_;
};

TEST_F(SqliteEventsTest, AnEventIsKeptWholeAndIsItsOwnersAlone) {
  HealthEvent event = event_of("zurich-01");
  event.tenants = {"acme", "b c"};
  event.kind = EventKind::unhealthy;
  event.key = "connectors/Zürich/alerts";
  event = opened(event);
  reopen();
  const Result<std::vector<HealthEvent>> open = store_->open_events();
  ASSERT_TRUE(open);
  EXPECT_EQ(*open, (std::vector<HealthEvent>{event}));
  close(event, noon + 5min);
  EXPECT_TRUE(store_->open_events()->empty());
  EXPECT_EQ(store_->events({})->at(0).closed, noon + 5min);
  struct stat status{};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0077, 0u);
}

TEST_F(SqliteEventsTest, TheHistoryIsAskedBySensorTimeAndState) {
  const HealthEvent old = opened(event_of("a"));
  close(old, noon + 1min);
  HealthEvent later = event_of("a");
  later.opened = noon + 1h;
  later = opened(later);
  const HealthEvent other = opened(event_of("b"));
  EventQuery query;
  EXPECT_EQ(store_->events(query)->at(0).id, later.id) << "newest first";
  query.sensor = "a";
  EXPECT_EQ(store_->events(query)->size(), 2u);
  query.open_only = true;
  EXPECT_EQ(store_->events(query)->size(), 1u);
  query = {};
  query.since = noon + 30min;
  EXPECT_EQ(store_->events(query)->size(), 2u) << "what is still open lasted then";
  query = {};
  query.limit = 1;
  EXPECT_EQ(store_->events(query)->size(), 1u);
  EXPECT_EQ(other.id, 3u);
}

TEST_F(SqliteEventsTest, ADeliveryIsWrittenWithItsEvent) {
  const HealthEvent event = opened(event_of("a"), {"soc", "mail"});
  reopen();
  const Result<std::vector<EventDelivery>> queued = store_->queued("soc", 10);
  ASSERT_EQ(queued->size(), 1u);
  EXPECT_EQ(queued->at(0).event, event);
  EXPECT_EQ(queued->at(0).attempts, 0u);
  EXPECT_EQ(queued->at(0).next_attempt, noon);
  ASSERT_TRUE(store_->update({{queued->at(0).id, DeliveryState::queued, noon + 30s, "away"}}));
  EXPECT_EQ(store_->queued("soc", 10)->at(0).attempts, 1u);
  EXPECT_EQ(store_->queued("soc", 10)->at(0).next_attempt, noon + 30s);
  ASSERT_TRUE(store_->update({{queued->at(0).id, DeliveryState::sent, {}, {}}}));
  EXPECT_TRUE(store_->queued("soc", 10)->empty());
  EXPECT_EQ(store_->queued("mail", 10)->size(), 1u);
  EXPECT_EQ(*store_->give_up_others({"soc"}), 1u);
  EXPECT_TRUE(store_->queued("mail", 10)->empty());
}

TEST_F(SqliteEventsTest, WhatARuleFoundIsOverAtOnceAndItsDeliveryIsQueued) {
  HealthEvent event = event_of("zurich-01");
  event.kind = EventKind::rule;
  event.key = "isolate-hosts";
  event.closed = event.opened;
  event = opened(event, {"soc"});
  reopen();
  EXPECT_TRUE(store_->open_events()->empty()) << "nobody has to close it";
  EXPECT_EQ(*store_->events({}), (std::vector<HealthEvent>{event})) << "its kind is read back";
  EventQuery query;
  query.open_only = true;
  EXPECT_TRUE(store_->events(query)->empty());
  const Result<std::vector<EventDelivery>> queued = store_->queued("soc", 10);
  ASSERT_EQ(queued->size(), 1u) << "one turn";
  EXPECT_EQ(queued->front().turn, EventTurn::opened);
  EXPECT_EQ(queued->front().event, event);
  EXPECT_EQ(queued->front().next_attempt, noon);
  ASSERT_TRUE(store_->update({{queued->front().id, DeliveryState::sent, {}, {}}}));
  ASSERT_TRUE(store_->trim(noon + 24h * 90 + 1min));
  EXPECT_TRUE(store_->events({})->empty()) << "it is forgotten like others that are over";
  EXPECT_TRUE(store_->queued("soc", 10)->empty());
}

TEST_F(SqliteEventsTest, TheHeadlineOfARuleNamesTheRuleAndTheSensor) {
  HealthEvent event = event_of("zurich-01");
  event.kind = EventKind::rule;
  event.key = "isolate-hosts";
  EXPECT_EQ(headline(event), "rule isolate-hosts has found a record of sensor zurich-01");
  event.sensor.clear();
  EXPECT_EQ(headline(event), "rule isolate-hosts has found a record");
  event.closed = event.opened;
  EXPECT_NE(events_text({event}).find("over  critical  2026-11-24T12:00:00Z  rule isolate-hosts has found a record\n"),
            std::string::npos);
  EXPECT_NE(events_json({event}).find(R"("kind":"rule")"), std::string::npos);
}

TEST_F(SqliteEventsTest, WhatIsOldOrTooMuchGoesButNothingThatIsOpen) {
  EventLimits limits;
  limits.events_max = 5;
  reopen(limits);
  const HealthEvent old = opened(event_of("old"), {"soc"});
  close(old, noon + 1min);
  ASSERT_EQ(*store_->give_up_others({}), 1u);
  ASSERT_TRUE(store_->trim(noon + 24h * 90 + 2min));
  EXPECT_TRUE(store_->events({})->empty());
  store_.reset();
  {
    Result<SqliteDatabase> file = SqliteDatabase::open(file_, SqliteDatabase::Mode::read);
    Result<SqliteStatement> count = file->prepare("SELECT count(*) FROM deliveries");
    ASSERT_TRUE(count && count->step());
    EXPECT_EQ(count->integer(0), 0) << "a delivery goes with its event";
  }
  reopen(limits);
  const HealthEvent open = opened(event_of("open"));
  EXPECT_GT(open.id, old.id) << "no id is used twice";
  for (int i = 0; i < 8; ++i) close(opened(event_of("s" + std::to_string(i))), noon + i * 1min);
  ASSERT_TRUE(store_->trim(noon + 1h));
  const Result<std::vector<HealthEvent>> left = store_->events({});
  ASSERT_EQ(left->size(), 5u);
  EXPECT_EQ(store_->open_events()->size(), 1u);
  EXPECT_EQ(left->front().sensor, "s7");
}

TEST_F(SqliteEventsTest, WhatAChannelIsStillToBeToldOfStays) {
  EventLimits limits;
  limits.events_max = 3;
  reopen(limits);
  // Over at once, as what a rule has found: a burst of more than are kept.
  for (int i = 0; i < 8; ++i) {
    HealthEvent event = event_of("s" + std::to_string(i));
    event.closed = event.opened;
    opened(event, {"soc"});
  }
  ASSERT_TRUE(store_->trim(noon + 1h));
  ASSERT_EQ(store_->queued("soc", 10)->size(), 8u) << "none was told to nobody";
  ASSERT_TRUE(store_->trim(noon + 24h * 365));
  const Result<std::vector<EventDelivery>> queued = store_->queued("soc", 10);
  ASSERT_EQ(queued->size(), 8u) << "however old";
  std::vector<DeliveryUpdate> sent;
  for (std::size_t i = 2; i < 8; ++i) sent.push_back({queued->at(i).id, DeliveryState::sent, {}, {}});
  ASSERT_TRUE(store_->update(sent));
  ASSERT_TRUE(store_->trim(noon + 1h));
  EXPECT_EQ(store_->events({})->size(), 3u) << "those that were told go, the oldest first";
  EXPECT_EQ(store_->events({})->front().sensor, "s7");
  EXPECT_EQ(store_->queued("soc", 10)->size(), 2u);
}

TEST_F(SqliteEventsTest, ADamagedFileIsSetAsideAndANewerOneRefused) {  // P11
  opened(event_of("a"));
  store_.reset();
  bool set_aside = true;
  ASSERT_TRUE(open_or_begin_events(file_, set_aside));
  EXPECT_FALSE(set_aside);
  std::ofstream{file_} << std::string(8192, 'x');
  const Result<std::unique_ptr<SqliteEvents>> anew = open_or_begin_events(file_, set_aside);
  ASSERT_TRUE(anew) << anew.error().text();
  EXPECT_TRUE(set_aside);
  EXPECT_TRUE((*anew)->events({})->empty());
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "events.db.damaged"));
  {
    Result<SqliteDatabase> newer = SqliteDatabase::open(folder_.path() / "newer.db", SqliteDatabase::Mode::write);
    ASSERT_TRUE(newer->execute("PRAGMA user_version = 99"));
  }
  EXPECT_EQ(open_or_begin_events(folder_.path() / "newer.db", set_aside).error().code(), Code::invalid);
  EXPECT_FALSE(set_aside);
}

}  // namespace
}  // namespace tidegate
