#include "processor/event_routes.h"

#include "tests/unit/processor/fleet/events_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::event_of;
using test::noon;

class EventRoutesTest : public test::EventsRig {
 protected:
  EventRoutesTest() {
    begin();
    routes_.emplace(*store_, *notifier_, clock_, log_);
  }

  HttpReply ask(const std::string& method, const std::string& target) {
    std::optional<HttpReply> reply;
    const auto run = [&]() -> asio::awaitable<void> { reply.emplace(co_await routes_->answer({method, target, {}})); };
    asio::co_spawn(loop_, run, [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    turn();
    return reply.value();
  }

  std::optional<EventRoutes> routes_;
};

TEST_F(EventRoutesTest, ServesWhatIsItsOwn) {
  EXPECT_TRUE(EventRoutes::serves("/events"));
  EXPECT_TRUE(EventRoutes::serves("/events.json?open=true"));
  EXPECT_TRUE(EventRoutes::serves("/notify/test?name=a"));
  EXPECT_FALSE(EventRoutes::serves("/sensors"));
  EXPECT_FALSE(EventRoutes::serves("/eventsx"));
  EXPECT_FALSE(EventRoutes::serves(""));
}

TEST_F(EventRoutesTest, EventsAreListedAsTextAndAsJson) {
  EXPECT_EQ(ask("GET", "/events").body, "there are no events\n");
  HealthEvent event = event_of("zurich-01");
  event.reason = "it \x1b[31mfailed";
  event.id = write(EventTurn::opened, {event}).at(0);
  const HttpReply list = ask("GET", "/events?open=true");
  EXPECT_EQ(list.status, 200u);
  EXPECT_EQ(list.body, "1  open  critical  2026-11-24T12:00:00Z  sensor zurich-01 is silent\n  it ?[31mfailed\n");
  event.closed = noon + 1min;
  write(EventTurn::closed, {event});
  EXPECT_EQ(ask("GET", "/events?open=true").body, "there are no events\n");
  const HttpReply json = ask("GET", "/events.json?sensor=zurich-01&since=24h&limit=5");
  EXPECT_EQ(json.content_type, "application/json");
  EXPECT_NE(json.body.find(R"("state":"closed","closed":"2026-11-24T12:01:00Z")"), std::string::npos) << json.body;
  EXPECT_EQ(ask("GET", "/events.json?sensor=bern-01").body, "{\"events\":[]}\n");
  EXPECT_EQ(ask("GET", "/events?since=2026-11-25T00:00:00Z").body, "there are no events\n");
}

TEST_F(EventRoutesTest, WhatCannotBeUsedIsRefusedWithTheReason) {
  for (const char* target : {"/events?open=perhaps", "/events?since=yesterday", "/events?limit=0", "/events?limit=many",
                             "/events?colour=red", "/events?open"}) {
    const HttpReply reply = ask("GET", target);
    EXPECT_EQ(reply.status, 400u) << target;
    EXPECT_GT(reply.body.size(), 1u) << target;
  }
  EXPECT_EQ(ask("POST", "/events").status, 405u);
  EXPECT_EQ(ask("GET", "/notify/test?name=soc").status, 405u);
  EXPECT_EQ(ask("POST", "/notify/test").status, 400u);
}

TEST_F(EventRoutesTest, AChannelIsTested) {
  EXPECT_EQ(ask("POST", "/notify/test?name=soc").status, 200u);
  EXPECT_EQ(soc_.told.size(), 1u);
  soc_.answer = Error{Code::denied, "the server says no"};
  const HttpReply failed = ask("POST", "/notify/test?name=soc");
  EXPECT_EQ(failed.status, 409u);
  EXPECT_EQ(failed.body, "FAILED: the server says no\n");
  EXPECT_EQ(ask("POST", "/notify/test.json?name=soc").body,
            "{\"channel\":\"soc\",\"outcome\":\"failed\",\"reason\":\"the server says no\"}\n");
  EXPECT_EQ(ask("POST", "/notify/test?name=nobody").status, 404u);
}

}  // namespace
}  // namespace tidegate
