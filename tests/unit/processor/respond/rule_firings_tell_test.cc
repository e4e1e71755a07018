// Of what rules decided: messages, and what is decided in a dry run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processor/respond/rule_firings.h"
#include "tests/unit/processor/respond/rule_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::sample_at;
using test::tell_rule;
using testing::HasSubstr;

class RuleMessagesTest : public testing::Test, public test::RuleDeskRig {};

TEST_F(RuleMessagesTest, AMessageIsOneEventForItsChannelAndTheNotifierIsWoken) {
  put({tell_rule()});
  start_firings();
  clock.advance(1s);
  tell({sample_at(1)});
  turn();
  ASSERT_EQ(events.written.size(), 1u);
  const EventChange& change = events.written.front();
  EXPECT_EQ(change.turn, EventTurn::opened);
  EXPECT_EQ(change.channels, std::vector<std::string>{"soc-mail"});
  EXPECT_EQ(change.event.kind, EventKind::rule);
  EXPECT_EQ(change.event.key, "tell-bad");
  EXPECT_EQ(change.event.sensor, "zurich-01");
  EXPECT_EQ(change.event.tenants, std::vector<std::string>{"acme"});
  EXPECT_EQ(change.event.opened, clock.wall());
  EXPECT_EQ(change.event.closed, clock.wall());
  EXPECT_THAT(change.event.reason, HasSubstr(to_hex(test::record_id(1))));
  EXPECT_EQ(told, 1u);
  EXPECT_EQ(decided(), "tell 1 done");
  EXPECT_TRUE(store.all.empty());
  pass(5min);
  EXPECT_EQ(events.written.size(), 1u);
}

TEST_F(RuleMessagesTest, AMessageThatCannotBeWrittenDownWaits) {
  put({tell_rule()});
  events.broken = Error{Code::full, "the disk is full"};
  start_firings();
  tell({sample_at(1)});
  pass(5min);
  EXPECT_EQ(decided(), "tell 1 queued");
  EXPECT_EQ(told, 0u);
  EXPECT_EQ(times_logged("cannot be done, and waits"), 1u);
  events.broken.reset();
  pass(31s);
  EXPECT_EQ(decided(), "tell 1 done");
  ASSERT_EQ(events.written.size(), 1u);
  const HealthEvent& event = events.written.front().event;
  EXPECT_GT(event.opened, test::desk_noon + 5min) << "its channel has all its time from then on, not from the decision";
  EXPECT_EQ(event.closed, event.opened);
}

TEST_F(RuleMessagesTest, WhatWasToldAndCannotBeSettledIsNotToldAgainForThat) {
  put({tell_rule()});
  start_firings();
  break_call("settle");
  tell({sample_at(1)});
  pass(10min);
  EXPECT_EQ(decided(), "tell 1 queued");
  EXPECT_EQ(events.written.size(), 1u) << "not at each try";
  watch = {};
  pass(31s);
  EXPECT_EQ(decided(), "tell 1 done");
  EXPECT_EQ(events.written.size(), 1u);
}

TEST_F(RuleMessagesTest, P10AChannelIsNotToldOfWhatItMayNotBeToldOf) {
  put({tell_rule()});
  tell({sample_at(1)});
  channels = {{"soc-mail", EventSeverity::warning, {"blue"}}};
  restart();
  start_firings();
  EXPECT_EQ(decided(), "tell 1 refused");
  EXPECT_THAT(refusal_of("tell"), HasSubstr("channel 'soc-mail' is told of blue"));
  tell({sample_at(2)});
  turn();
  EXPECT_EQ(decided(), "tell 1 refused, tell 2 refused");
  channels.clear();
  restart();
  start_firings();
  tell({sample_at(3)});
  turn();
  EXPECT_THAT(refusal_of("tell", 3), HasSubstr("there is no channel 'soc-mail'"));
  EXPECT_TRUE(events.written.empty());
  EXPECT_EQ(told, 0u);
}

TEST_F(RuleMessagesTest, WhatADryRunDecidedIsNeverDoneInEarnest) {
  Rule rule = test::block_rule();
  rule.dry_run = true;
  rule.actions.push_back(test::tell_action());
  put({rule});
  tell({sample_at(1)});
  rule.dry_run = false;
  put({rule});
  start_firings();
  pass(10min);
  EXPECT_EQ(decided(), "block 1 done, tell 1 done");
  ASSERT_EQ(store.all.size(), 1u);
  EXPECT_TRUE(store.all.front().dry_run);
  EXPECT_TRUE(api->sent.empty());
  EXPECT_TRUE(events.written.empty());
}

TEST_F(RuleMessagesTest, ADryRunIsKeptAndNothingIsSentOrTold) {
  Rule dry = test::block_rule();
  dry.dry_run = true;
  dry.actions.push_back(test::tell_action());
  put({dry});
  start_firings();
  tell({sample_at(1)});
  turn();
  EXPECT_EQ(decided(), "block 1 done, tell 1 done");
  ASSERT_EQ(store.all.size(), 1u);
  EXPECT_TRUE(store.all.front().dry_run);
  pass(10min);
  EXPECT_EQ(name(state_of(store.all.front())), "previewed");
  EXPECT_TRUE(api->sent.empty());
  EXPECT_TRUE(events.written.empty());
  EXPECT_EQ(told, 0u);
}

}  // namespace
}  // namespace tidegate
