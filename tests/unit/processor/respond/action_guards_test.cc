#include "respond/action_guards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/processor/respond/desk_fixture.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::block_order;
using test::isolate_order;
using test::json_object;
using test::visionone_responder;
using test::ws7_guid;
using testing::HasSubstr;

class ActionGuardsTest : public test::DeskTest {};

TEST_F(ActionGuardsTest, AMissingValueIsRefusedWithWhatTheRecordHas) {  // P9
  keep(visionone_responder());
  ActionOrder order = isolate_order();
  order.body = R"([{"agentGuid": "{{computerId}}"}])";
  const std::string why = refusal(order, Code::invalid);
  EXPECT_THAT(why, HasSubstr("computerId"));
  EXPECT_THAT(why, HasSubstr(ws7_guid)) << "a candidate";
  order = isolate_order();
  order.record.clear();
  order.tenant = "acme";
  EXPECT_THAT(refusal(order, Code::invalid), HasSubstr("agentGuid"));
}

TEST_F(ActionGuardsTest, EveryReasonIsToldAtOnce) {
  Responder responder = visionone_responder();
  responder.actions = {ResponseAction::add_to_block_list};
  responder.guards.protect = {ws7_guid};
  keep(responder);
  ActionOrder order = isolate_order();
  order.tenant = "blue";
  order.lasts = 31 * 24h;
  const std::string why = refusal(order, Code::invalid);
  EXPECT_THAT(why, HasSubstr("the record is of tenant 'acme', not of 'blue'"));
  EXPECT_THAT(why, HasSubstr("may not do isolate_endpoint; it may do add_to_block_list"));
  EXPECT_THAT(why, HasSubstr("is protected"));
  EXPECT_THAT(why, HasSubstr("lasts: 2678400 s is not within 1 s and 30 d"));
}

TEST_F(ActionGuardsTest, NoTenantIsActedForBeyondTheRespondersOwn) {  // P10
  keep(visionone_responder());
  ActionOrder order = block_order("bad.example");
  EXPECT_EQ(accepted(order).tenant, "acme") << "the responder's only one";
  order.tenant = "blue";
  EXPECT_THAT(refusal(order, Code::denied), HasSubstr("may not act for 'blue'; it acts for acme"));
  order.tenant.clear();
  order.record = json_object(R"({"tenantid": "blue"})");
  EXPECT_THAT(refusal(order, Code::denied), HasSubstr("may not act for 'blue'"));
  Responder all = visionone_responder("all-v1");
  all.tenants.clear();
  keep(all);
  order = block_order("bad.example");
  order.responder = "all-v1";
  EXPECT_THAT(refusal(order, Code::invalid), HasSubstr("give the tenant, or a record"));
  order.tenant = "blue";
  EXPECT_EQ(accepted(order).tenant, "blue");
}

TEST_F(ActionGuardsTest, WhatIsNotThereIsRefusedWithWhatIs) {
  ActionOrder order = isolate_order();
  EXPECT_THAT(refusal(order, Code::absent), HasSubstr("`tidegate-processor responder apply`"));
  keep(visionone_responder());
  order.responder = "acme";
  EXPECT_THAT(refusal(order, Code::absent), HasSubstr("there is no responder 'acme'; there are acme-v1"));
  order = isolate_order();
  order.action.reset();
  EXPECT_THAT(refusal(order, Code::invalid), HasSubstr("action: is missing; responder 'acme-v1' may do add_to_block_list"));
  order = isolate_order();
  order.path = "/else";
  EXPECT_THAT(refusal(order, Code::invalid), HasSubstr("path: goes with a custom responder alone"));
  order = isolate_order();
  order.tenant = "acme\n";
  order.record.clear();
  EXPECT_THAT(refusal(order, Code::invalid), HasSubstr("tenant: has a control character"));
}

TEST_F(ActionGuardsTest, ProtectedObjectsAreNeverBlockedIsolatedOrQuarantined) {  // P9
  Responder responder = visionone_responder();
  responder.guards.protect = {"*.example.com", ws7_guid};
  keep(responder);
  EXPECT_THAT(refusal(isolate_order(), Code::denied), HasSubstr(ws7_guid));
  EXPECT_THAT(refusal(block_order("dc01.example.com"), Code::denied), HasSubstr("dc01.example.com"));
  ActionOrder unblock = block_order("dc01.example.com");
  unblock.action = ResponseAction::remove_from_block_list;
  accepted(unblock);
  unblock.lasts = 1h;
  EXPECT_THAT(refusal(unblock, Code::denied), HasSubstr("dc01.example.com")) << "it would be blocked at the end";
}

TEST_F(ActionGuardsTest, NothingIsSentBeforeAPersonHasSaidYes) {  // P9
  Responder responder = visionone_responder();
  responder.guards.approval = true;
  keep(responder);
  const ActionRun run = accepted(isolate_order());
  EXPECT_EQ(state_of(run), RunState::awaiting_approval);
  pass(1h);
  EXPECT_TRUE(api->sent.empty());
  const Result<ActionRun> granted = wait(desk.decide(run.id, true, "bob"));
  ASSERT_TRUE(granted) << granted.error().text();
  EXPECT_EQ(granted->decided_by, "bob");
  pass(10s);
  EXPECT_EQ(state_of(now(run.id)), RunState::succeeded);
  EXPECT_EQ(api->sent.size(), 1u);
  const Result<ActionRun> again = wait(desk.decide(run.id, false, "bob"));
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().text(), HasSubstr("does not wait for approval: it is succeeded"));
}

TEST_F(ActionGuardsTest, WhatIsDeniedIsNeverSent) {  // P9
  Responder responder = visionone_responder();
  responder.guards.approval = true;
  keep(responder);
  const ActionRun run = accepted(isolate_order());
  ASSERT_TRUE(wait(desk.decide(run.id, false, "alice")));
  pass(1h);
  EXPECT_TRUE(api->sent.empty());
  EXPECT_EQ(state_of(now(run.id)), RunState::denied);
  EXPECT_EQ(now(run.id).decided_by, "alice");
  const Result<ActionRun> undone = wait(desk.undo(run.id, "alice"));
  EXPECT_THAT(undone.error().text(), HasSubstr("has done nothing that could be taken back"));
}

TEST_F(ActionGuardsTest, WhatCameUnderProtectionMeanwhileIsNotApproved) {
  Responder responder = visionone_responder();
  responder.guards.approval = true;
  keep(responder);
  const ActionRun run = accepted(isolate_order());
  responder.guards.protect = {ws7_guid};
  keep(responder);
  const Result<ActionRun> granted = wait(desk.decide(run.id, true, "bob"));
  ASSERT_FALSE(granted);
  EXPECT_EQ(granted.error().code(), Code::denied);
  EXPECT_EQ(state_of(now(run.id)), RunState::awaiting_approval);
}

TEST_F(ActionGuardsTest, RestoringIsNeverHeldUp) {
  Responder responder = visionone_responder();
  responder.guards.approval = true;
  responder.guards.protect = {ws7_guid};
  keep(responder);
  ActionOrder order = isolate_order();
  order.action = ResponseAction::restore_endpoint;
  EXPECT_EQ(succeeded(order).approval, Approval::not_needed);
  responder.guards.protect.clear();
  keep(responder);
  order.lasts = 1h;
  EXPECT_EQ(accepted(order).approval, Approval::awaited) << "it is isolated at the end";
}

}  // namespace
}  // namespace tidegate
