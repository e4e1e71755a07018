#include "agent/action_routes.h"

#include <gmock/gmock.h>

#include "tests/unit/agent/control/responder_rig.h"

namespace tidegate {
namespace {

using testing::HasSubstr;
using testing::Not;

class ActionRoutesTest : public SensorRig {
 protected:
  ActionRoutesTest() {
    begin();
    routes_.emplace(*responder_);
  }
  HttpReply ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    const auto reply = begin_to(routes_->answer({.method = method, .target = target, .body = body}));
    return *reply ? **reply : HttpReply{.status = 0, .body = "no answer"};
  }
  HttpReply give_text(const SensorResponders& all) {
    const Result<Secret> text = sensor_responders_text(all);
    return text ? ask("POST", responders_route, text->reveal()) : HttpReply{.status = 0, .body = text.error().text()};
  }
  HttpReply hand(const ActionRun& run, const std::string& ledger) {
    return ask("POST", "/actions/run?ledger=" + ledger, stored_run(run));
  }

  std::optional<ActionRoutes> routes_;
};

TEST_F(ActionRoutesTest, WhatTheProcessorSendsIsTakenAndToldOf) {
  EXPECT_EQ(give_text({true, {visionone()}}).status, 200u);
  const ActionRun run = isolation();
  const HttpReply taken = hand(run, ledger_.ledger_id);
  ASSERT_EQ(taken.status, 200u) << taken.body;
  EXPECT_EQ(taken.content_type, "application/json");
  const Result<ActionRun> read = run_from_stored(taken.body);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, run.id);
  pass(std::chrono::minutes{1});
  const HttpReply told = ask("GET", "/actions/changes?after=0");
  EXPECT_EQ(told.content_type, "application/json");
  const Result<SensorChanges> changes = changes_from_stored(told.body);
  ASSERT_TRUE(changes) << changes.error().text();
  ASSERT_EQ(changes->runs.size(), 1u);
  EXPECT_EQ(state_of(changes->runs.front()), RunState::succeeded);
  EXPECT_EQ(changes->ledger, ledger_.ledger_id);
  EXPECT_FALSE(changes->responders.empty());
}

TEST_F(ActionRoutesTest, AResponderIsTestedAndTheOutcomeIsInWords) {
  ASSERT_EQ(give_text({true, {visionone()}}).status, 200u);
  HttpReply reply = ask("POST", "/actions/test?responder=acme-v1");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.body, "the key is good\n");
  EXPECT_EQ(ask("POST", "/actions/test?responder=acme%2Dv2").status, 404u);
  probe_answer_ = Error{Code::denied, "HTTP 401"};
  reply = ask("POST", "/actions/test?responder=acme-v1");
  EXPECT_EQ(reply.status, 409u);
  EXPECT_EQ(reply.body, "HTTP 401\n");
}

TEST_F(ActionRoutesTest, P9WhatMustNotBeTakenIsAConflict) {
  ASSERT_EQ(give_text({true, {visionone()}}).status, 200u);
  const ActionRun run = isolation();
  EXPECT_EQ(hand(run, "ffeeddccbbaa99887766554433221100").status, 412u);
  EXPECT_TRUE(ledger_.rows.kept.empty());
  ASSERT_EQ(hand(run, ledger_.ledger_id).status, 200u);
  pass(std::chrono::minutes{1});
  for (const std::uint64_t number : {1u, 2u}) {
    ActionRun back = inverse_run(kept(run), to_hex(Id128{2, number}), "bob", clock_.wall());
    back.sensor = sensor;
    EXPECT_EQ(hand(back, ledger_.ledger_id).status, number == 1 ? 200u : 409u);
  }
  ledger_.read_error = Error{Code::corrupt, "the row was damaged and is set aside"};
  EXPECT_EQ(hand(isolation(), ledger_.ledger_id).status, 410u) << "it may have been done: it is not begun anew";
}

TEST_F(ActionRoutesTest, P10WhatIsNotPermittedIsRefusedWithEveryReasonAndNoSecret) {
  Responder foreign = visionone();
  foreign.host = "evil.example.net";
  foreign.ca_file = "/etc/shadow";
  const HttpReply reply = give_text({true, {foreign}});
  EXPECT_EQ(reply.status, 400u);
  EXPECT_THAT(reply.body, HasSubstr("evil.example.net"));
  EXPECT_THAT(reply.body, HasSubstr("/etc/shadow"));
  EXPECT_THAT(reply.body, Not(HasSubstr(std::string{api_key})));
}

TEST_F(ActionRoutesTest, ARequestThatIsWrongIsToldWhatIsRight) {
  EXPECT_EQ(ask("GET", "/actions/other").status, 404u);
  EXPECT_THAT(ask("GET", "/actions/other").body, HasSubstr("/actions/changes"));
  EXPECT_EQ(ask("GET", "/actions/run?ledger=x").status, 405u);
  EXPECT_EQ(ask("POST", "/actions/changes?after=0").status, 405u);
  EXPECT_EQ(ask("POST", "/actions/run", "{}").status, 400u);
  EXPECT_EQ(ask("POST", "/actions/run?ledger=x&other=y", "{}").status, 400u);
  EXPECT_EQ(ask("POST", "/actions/responders?x=y", "{}").status, 400u);
  EXPECT_EQ(ask("POST", responders_route, "nothing of it").status, 400u);
  for (const std::string after : {"x", "-1", "1.5"}) {
    const HttpReply reply = ask("GET", "/actions/changes?after=" + after);
    EXPECT_EQ(reply.status, 400u) << after;
    EXPECT_THAT(reply.body, HasSubstr("after: '" + after + "'"));
  }
  EXPECT_EQ(ask("POST", responders_route, std::string(sensor_message_bytes_max + 1, 'x')).status, 413u);
  EXPECT_EQ(hand(ActionRun{}, ledger_.ledger_id).status, 400u);
}

TEST_F(ActionRoutesTest, WhatCannotBeWrittenNowIsAskedForAgain) {
  ledger_.keep_error = Error{Code::full, "the disk is full"};
  EXPECT_EQ(give_text({true, {visionone()}}).status, 503u);
  ledger_.rows.failures = 1;
  EXPECT_EQ(hand(isolation(), ledger_.ledger_id).status, 503u);
}

TEST(ActionRoutes, OnlyWhatBeginsSoIsForThem) {
  EXPECT_TRUE(ActionRoutes::takes("/actions/run?ledger=x"));
  EXPECT_TRUE(ActionRoutes::takes("/actions/other"));
  EXPECT_FALSE(ActionRoutes::takes("/status"));
  EXPECT_FALSE(ActionRoutes::takes("/actions"));
}

}  // namespace
}  // namespace tidegate
