// ActionDesk: which runs a sensor carries out, and what that asks of responders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/processor/respond/sensor_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::isolate_order;
using test::ticket_responder;
using test::visionone_responder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ActionPlacesTest : public test::SensorTest {
 protected:
  std::string no_responder(Responder responder, Code code) {
    std::vector<Responder> one{std::move(responder)};
    const Result<void> applied = desk.apply(std::move(one), "alice");
    if (applied) return "it was applied";
    EXPECT_EQ(applied.error().code(), code);
    return applied.error().text();
  }
  static Responder by_sensor(const std::string& name) {
    Responder responder = visionone_responder();
    responder.sensor = name;
    return responder;
  }
  ActionRun succeeded_there() {
    const ActionRun run = taken(isolate_order());
    sensor.ends(run.id, ResponseState::succeeded);
    pass(10s);
    EXPECT_EQ(state_of(now(run.id)), RunState::succeeded);
    return now(run.id);
  }
};

TEST_F(ActionPlacesTest, ASensorIsOneThatSpeaksForATenantOfTheResponder) {  // P10
  EXPECT_EQ(no_responder(by_sensor("edge-9"), Code::invalid),
            "responder 'acme-v1': sensor: 'edge-9' is not enrolled; see `tidegate-processor sensor list`");
  EXPECT_EQ(no_responder(by_sensor("edge-3"), Code::invalid),
            "responder 'acme-v1': sensor: 'edge-3' speaks for globex, and for none of the responder's tenants: acme; "
            "name a sensor of theirs");
  EXPECT_THAT(desk.responders(), IsEmpty());
  Responder of_all = by_sensor("edge-3");
  of_all.tenants.clear();
  EXPECT_EQ(no_responder(of_all, Code::invalid), "it was applied") << "it acts for all";
  EXPECT_THAT(desk.sensors(), ElementsAre("edge-3"));
}

TEST(ActionPlaces, WhereThereAreNoSensorsNoResponderIsOnes) {
  test::DeskRig rig;
  Responder responder = visionone_responder();
  responder.sensor = "edge-1";
  const std::vector<Responder> one{responder};
  const Result<void> applied = rig.desk.apply(one, "alice");
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code(), Code::invalid);
  EXPECT_EQ(applied.error().text(), "responder 'acme-v1': sensor: 'edge-1' cannot be used: this processor has no sensors");
}

TEST_F(ActionPlacesTest, ARunItsOtherTryAndItsUndoingGoWhereTheResponderIsThen) {
  keep_there();
  const ActionRun run = succeeded_there();
  EXPECT_EQ(run.sensor, "edge-1");
  const ActionRun failed = taken(isolate_order());
  sensor.ends(failed.id, ResponseState::failed);
  pass(10s);
  keep(by_sensor("edge-2"));
  const Result<ActionRun> back = wait(desk.undo(run.id, "bob"));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->sensor, "edge-2");
  EXPECT_EQ(back->handed_to, "");
  const Result<ActionRun> again = wait(desk.retry(failed.id, "bob"));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->sensor, "edge-2");
  EXPECT_EQ(again->handed_to, "");
  ActionOrder order = isolate_order();
  order.dry_run = true;
  EXPECT_EQ(accepted(order).sensor, "edge-2");
  pass(10s);
  EXPECT_THAT(sensor.handed, SizeIs(2)) << "the other sensor's are not handed to this one";
  EXPECT_THAT(api->sent, IsEmpty()) << "nor done by the processor";
}

TEST_F(ActionPlacesTest, OfTheProcessorItIsDoneByTheProcessor) {
  keep_there();
  ASSERT_EQ(succeeded_there().sensor, "edge-1");
  keep(visionone_responder());
  const ActionRun run = succeeded(isolate_order());
  EXPECT_EQ(run.sensor, "");
  EXPECT_THAT(api->sent, SizeIs(1));
  EXPECT_THAT(sensor.handed, SizeIs(1));
}

TEST_F(ActionPlacesTest, ForATenantThatTheSensorDoesNotSpeakForNothingIsDone) {  // P10
  Responder responder = there_by(visionone_responder());
  responder.tenants = {"acme", "globex"};
  keep(responder);
  ActionOrder order = isolate_order();
  order.record["tenantid"] = "globex";
  EXPECT_EQ(refusal(order, Code::denied), "responder 'acme-v1': sensor edge-1 speaks for acme, and not for tenant 'globex'");
  const ActionRun run = succeeded_there();
  tenants["edge-1"] = {"globex"};
  EXPECT_THAT(no_undo(run.id), HasSubstr("speaks for globex, and not for tenant 'acme'"));
  tenants.erase("edge-1");
  const std::string gone = "responder 'acme-v1': sensor edge-1 is not enrolled any more; apply the responder with another one";
  EXPECT_EQ(refusal(isolate_order(), Code::denied), gone);
  EXPECT_EQ(no_undo(run.id), gone);
}

TEST_F(ActionPlacesTest, ARunThatIsTooLargeForASensorIsRefused) {
  Responder responder = there_by(ticket_responder());
  responder.webhook.json_body = R"({"text": "{{text}}"})";
  keep(responder);
  ActionOrder order;
  order.responder = "ticket";
  order.record = test::alert_record();
  order.given["text"] = std::string(100'000, 'x');
  accepted(order);
  order.given["text"] = std::string(140'000, 'x');
  EXPECT_THAT(refusal(order, Code::invalid), HasSubstr("more than the 131072 that a sensor is handed; make its body smaller"));
}

TEST_F(ActionPlacesTest, P9AResponderStaysWhereARunOfItIsOpen) {
  keep_there();
  const ActionRun run = taken(isolate_order());
  const std::string refused = no_responder(by_sensor("edge-2"), Code::denied);
  EXPECT_THAT(refused, HasSubstr("is to send to https://api.xdr.trendmicro.com by sensor edge-2, and run " + run.id));
  EXPECT_THAT(refused, HasSubstr("which began at https://api.xdr.trendmicro.com by sensor edge-1"));
  EXPECT_THAT(no_responder(visionone_responder(), Code::denied), HasSubstr("is not settled"));
  sensor.ends(run.id, ResponseState::succeeded);
  pass(10s);
  EXPECT_EQ(no_responder(by_sensor("edge-2"), Code::invalid), "it was applied");
}

TEST_F(ActionPlacesTest, WhatAResponderIsFitForIsAskedWhereItActs) {
  keep_there();
  EXPECT_EQ(*wait(desk.test("acme-v1")), "by sensor edge-1: acme-v1 may list tasks");
  keep(visionone_responder("here"));
  EXPECT_EQ(*wait(desk.test("here")), "the key may list tasks");
}

TEST_F(ActionPlacesTest, WhoLooksAtARunOfASensorThatIsAwayIsToldWhatThatMeans) {
  keep_there();
  sensor.there = false;
  const ActionRun waits = accepted(isolate_order());
  EXPECT_THAT(desk.warnings_for(waits), ElementsAre("sensor edge-1 is away: what it does not take within an hour is refused, and "
                                                    "not done later"));
  sensor.there = true;
  pass(3s);
  EXPECT_THAT(desk.warnings_for(now(waits.id)), IsEmpty());
  sensor.there = false;
  EXPECT_THAT(desk.warnings_for(now(waits.id)),
              ElementsAre("sensor edge-1 is away: what becomes of this is known once it is back"));
  sensor.ends(waits.id, ResponseState::succeeded);
  sensor.there = true;
  pass(10s);
  sensor.there = false;
  EXPECT_THAT(desk.warnings_for(now(waits.id)), IsEmpty()) << "it has ended";
  ActionOrder order = isolate_order();
  order.dry_run = true;
  EXPECT_THAT(desk.warnings_for(accepted(order)), IsEmpty()) << "it is never sent";
}

TEST_F(ActionPlacesTest, BySensorAreItsOwnRespondersAlone) {
  keep_there();
  Responder elsewhere = by_sensor("edge-2");
  elsewhere.name = "elsewhere";
  keep(elsewhere);
  keep(visionone_responder("here"));
  EXPECT_THAT(desk.sensors(), ElementsAre("edge-1", "edge-2"));
  const Result<SensorResponders> all = desk.responders_of("edge-1");
  ASSERT_TRUE(all);
  ASSERT_THAT(all->responders, SizeIs(1));
  EXPECT_EQ(all->responders.front(), by_sensor("edge-1"));
  EXPECT_TRUE(all->may_send);
  EXPECT_THAT(desk.responders_of("")->responders, SizeIs(1)) << "the processor's";
  Responder of_key = by_sensor("edge-2");
  of_key.name = "of-key";
  of_key.secret = Secret{};
  of_key.credential = "key";
  credentials["key"] = "planted";
  keep(of_key);
  credentials.clear();
  EXPECT_TRUE(desk.responders_of("edge-1"));
  EXPECT_THAT(desk.responders_of("edge-2").error().text(), HasSubstr("credential 'key' is not kept"));
}

}  // namespace
}  // namespace tidegate
