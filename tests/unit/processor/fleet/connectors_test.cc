#include "processor/fleet/connectors.h"

#include <gtest/gtest.h>

#include "processor/fleet/connector_file.h"
#include "tests/unit/processor/fleet/test_desk.h"

namespace tidegate {
namespace {

using test::connector_yaml;
using test::file_for;
using namespace std::chrono_literals;

class ConnectorsTest : public testing::Test, public test::DeskFixture {
 protected:
  std::vector<std::string> names_on(const std::string& sensor) {
    std::vector<std::string> names;
    const Result<ConnectorsDocument> document = read_pushed(Secret{newest(sensor)});
    EXPECT_TRUE(document) << document.error().text();
    for (const ConnectorConfig& each : document->connectors) names.push_back(each.name);
    return names;
  }
  void apply_one(const std::string& name, const std::string& sensor = "zurich-01") {
    const Result<ConnectorsOutcome> outcome = apply(file_for(sensor, connector_yaml(name)));
    ASSERT_TRUE(outcome) << outcome.error().text();
    ASSERT_TRUE(outcome->push && outcome->push->state == PushState::applied);
  }
};

using Names = std::vector<std::string>;

TEST_F(ConnectorsTest, WhatIsAppliedIsPushedAndTheOthersStay) {
  apply_one("one");
  const Result<ConnectorsOutcome> second = apply(file_for("zurich-01", connector_yaml("two")));
  ASSERT_TRUE(second) << second.error().text();
  ASSERT_EQ(second->changes.size(), 1u);
  EXPECT_EQ(second->changes[0].kind, ChangeKind::begins);
  EXPECT_EQ(second->push->revision, 2u);
  EXPECT_EQ(names_on("zurich-01"), (Names{"one", "two"}));
  EXPECT_EQ(newest("geneva-01"), "");
}

TEST_F(ConnectorsTest, ADryRunShowsTheFieldsThatChangeAndPushesNothing) {
  apply_one("one");
  const Result<ConnectorsOutcome> dry =
      apply(file_for("zurich-01", connector_yaml("one", "region: us, interval: 1min, bearer_token: another-token")), {}, true);
  ASSERT_TRUE(dry) << dry.error().text();
  EXPECT_FALSE(dry->push);
  ASSERT_EQ(dry->changes.size(), 1u);
  std::string shown;
  for (const ConfigChange& field : dry->changes[0].fields) shown.append(to_text(field)).append("\n");
  EXPECT_NE(shown.find("interval: 5min to 1min"), std::string::npos) << shown;
  EXPECT_NE(shown.find("region: eu to us"), std::string::npos) << shown;
  EXPECT_NE(shown.find("bearer_token: *** to ***"), std::string::npos) << shown;
  EXPECT_EQ(desk->pushed.size(), 1u);
}

TEST_F(ConnectorsTest, TheSameAgainPushesNothingOnceItIsApplied) {
  desk->answers["zurich-01"] = {PushState::away, 0, {}};
  ASSERT_TRUE(apply(file_for("zurich-01", connector_yaml("one"))));
  desk->answers.clear();
  apply_one("one");  // nobody has answered yet: it is pushed again
  const Result<ConnectorsOutcome> third = apply(file_for("zurich-01", connector_yaml("one")));
  ASSERT_TRUE(third);
  EXPECT_TRUE(third->changes.empty());
  EXPECT_FALSE(third->push);
  EXPECT_EQ(desk->pushed.size(), 2u);
}

TEST_F(ConnectorsTest, WhatFailedDoesNotStandInTheWayOfWhatComesNext) {  // P8
  apply_one("one");
  desk->answers["zurich-01"] = {PushState::failed, 0, "connectors[1].region: no"};
  const Result<ConnectorsOutcome> bad = apply(file_for("zurich-01", connector_yaml("bad")));
  ASSERT_TRUE(bad) << bad.error().text();
  EXPECT_EQ(bad->push->state, PushState::failed);
  EXPECT_EQ(bad->push->reasons, "connectors[1].region: no");
  desk->answers.clear();
  apply_one("two");
  EXPECT_EQ(names_on("zurich-01"), (Names{"one", "two"}));
  apply_one("bad", "geneva-01");
}

TEST_F(ConnectorsTest, TypeAndTenantNeverChangeAndANameIsOnOneSensor) {
  apply_one("one");
  begin_again();
  const Result<ConnectorsOutcome> tenant =
      apply(file_for("zurich-01", connector_yaml("one", "region: eu, bearer_token: t", "blue")));
  ASSERT_FALSE(tenant);
  EXPECT_EQ(tenant.error().code(), Code::invalid);
  EXPECT_NE(tenant.error().text().find("its tenant is acme and stays so"), std::string::npos) << tenant.error().text();
  const Result<ConnectorsOutcome> elsewhere = apply(file_for("geneva-01", connector_yaml("one")));
  ASSERT_FALSE(elsewhere);
  EXPECT_NE(elsewhere.error().text().find("is on sensor zurich-01; `connector move`"), std::string::npos);
  EXPECT_EQ(desk->pushed.size(), 1u);
}

TEST_F(ConnectorsTest, AnotherTenantsConnectorAnUnknownSensorAndNoSensorAreRefused) {  // P10
  const Result<ConnectorsOutcome> tenant =
      apply(file_for("geneva-01", connector_yaml("one", "region: eu, bearer_token: t", "blue")));
  ASSERT_FALSE(tenant);
  EXPECT_NE(tenant.error().text().find("'blue' is no tenant of this sensor"), std::string::npos) << tenant.error().text();
  EXPECT_EQ(apply(file_for("bern-01", connector_yaml("one"))).error().code(), Code::absent);
  EXPECT_EQ(apply("connectors:\n" + connector_yaml("one")).error().code(), Code::invalid);
  EXPECT_EQ(apply(file_for("zurich-01", connector_yaml("one")), "geneva-01").error().code(), Code::invalid);
  EXPECT_TRUE(apply("connectors:\n" + connector_yaml("one"), "geneva-01"));
  EXPECT_EQ(desk->pushed, (Names{"geneva-01"}));
}

TEST_F(ConnectorsTest, ACredentialIsFilledInAndRotatedInOnePlace) {
  EXPECT_FALSE(apply(file_for("zurich-01", connector_yaml("one", "region: eu, credential: acme-key"))));
  ASSERT_TRUE(wait(connectors->set_credential("acme-key", Secret{"first-value"})));
  ASSERT_TRUE(apply(file_for("zurich-01", connector_yaml("one", "region: eu, credential: acme-key"))));
  EXPECT_NE(newest("zurich-01").find("first-value"), std::string::npos);
  ASSERT_TRUE(apply(file_for("geneva-01", connector_yaml("two"))));
  begin_again();
  const Result<std::vector<ConnectorsOutcome>> rotated = wait(connectors->set_credential("acme-key", Secret{"second-value"}));
  ASSERT_TRUE(rotated) << rotated.error().text();
  ASSERT_EQ(rotated->size(), 1u) << "those that use it";
  EXPECT_EQ(rotated->front().sensor, "zurich-01");
  EXPECT_NE(newest("zurich-01").find("second-value"), std::string::npos);
  EXPECT_EQ(newest("zurich-01").find("first-value"), std::string::npos);
  EXPECT_EQ(wait(connectors->delete_credential("acme-key")).error().code(), Code::invalid) << "it is used";
  EXPECT_EQ(wait(connectors->set_credential("acme-key", Secret{"two words"})).error().code(), Code::invalid);
}

TEST_F(ConnectorsTest, NothingThatIsShownHoldsASecret) {  // P10
  apply_one("one");
  const Result<ConnectorDetail> detail = wait(connectors->show("one"));
  ASSERT_TRUE(detail) << detail.error().text();
  EXPECT_NE(detail->yaml.find("***"), std::string::npos) << detail->yaml;
  EXPECT_EQ(detail->yaml.find("planted-token"), std::string::npos);
  const Result<std::vector<ConnectorView>> list = wait(connectors->list());
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ(list->front().state, ConfigState::applied);
}

TEST_F(ConnectorsTest, DeletingTakesOneAwayAndTheLastLeavesAnEmptyList) {
  apply_one("one");
  apply_one("two");
  ASSERT_TRUE(wait(connectors->remove("one")));
  EXPECT_EQ(names_on("zurich-01"), (Names{"two"}));
  ASSERT_TRUE(wait(connectors->remove("two")));
  EXPECT_EQ(names_on("zurich-01"), Names{});
  const Result<ConnectorsOutcome> gone = wait(connectors->remove("two"));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), Code::absent);
}

TEST_F(ConnectorsTest, ARollbackBringsOneConnectorBackAsItWas) {
  apply_one("one");
  ASSERT_TRUE(apply(file_for("zurich-01", connector_yaml("one", "region: us, bearer_token: t"))));
  apply_one("two");
  ASSERT_TRUE(wait(connectors->remove("one")));
  EXPECT_EQ(wait(connectors->rollback("one", 1, "")).error().code(), Code::absent) << "it is nowhere now";
  const Result<ConnectorsOutcome> back = wait(connectors->rollback("one", 1, "zurich-01"));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(names_on("zurich-01"), (Names{"two", "one"}));
  const Result<ConnectorsDocument> document = read_pushed(Secret{newest("zurich-01")});
  EXPECT_EQ(document->connectors.at(1).region, "eu");
  EXPECT_EQ(document->revision, back->push->revision) << "the text counts as the store does";
  EXPECT_EQ(wait(connectors->rollback("two", 1, "")).error().code(), Code::absent) << "it was not there then";
  EXPECT_EQ(wait(connectors->rollback("two", 99, "")).error().code(), Code::absent);
  const Result<ConnectorHistory> history = wait(connectors->history("two", ""));
  ASSERT_TRUE(history);
  EXPECT_EQ(history->revisions.size(), 5u);
}

TEST_F(ConnectorsTest, AMovedConnectorReadsOnWhereTheOldSensorWas) {  // P1
  apply_one("one");
  desk->command.body =
      R"({"cursors":[{"connector":"one","content_type":"alerts","backfill":null,"settled":"2026-11-24T06:00:00Z"},)"
      R"({"connector":"one","content_type":"audit_logs","backfill":null,"settled":"2026-11-22T12:00:00Z"},)"
      R"({"connector":"one","content_type":"alerts","backfill":3,"settled":"2026-01-01T00:00:00Z"},)"
      R"({"connector":"other","content_type":"alerts","backfill":null,"settled":"2026-01-01T00:00:00Z"}]})";
  const Result<ConnectorsOutcome> moved = wait(connectors->move("one", "geneva-01"));
  ASSERT_TRUE(moved) << moved.error().text();
  EXPECT_EQ(desk->requested, (Names{"zurich-01 GET /cursor.json"}));
  EXPECT_EQ(desk->pushed, (Names{"zurich-01", "zurich-01", "geneva-01"}));
  EXPECT_EQ(names_on("zurich-01"), Names{});
  const Result<ConnectorsDocument> document = read_pushed(Secret{newest("geneva-01")});
  ASSERT_TRUE(document);
  EXPECT_EQ(document->connectors.at(0).first_read, 48h + 1min);
}

TEST_F(ConnectorsTest, AMoveStopsBeforeBothSensorsWouldRead) {
  apply_one("one");
  desk->away = true;
  EXPECT_EQ(wait(connectors->move("one", "geneva-01")).error().code(), Code::unavailable);
  desk->away = false;
  desk->answers["zurich-01"] = {PushState::waiting, 0, {}};
  const Result<ConnectorsOutcome> waiting = wait(connectors->move("one", "geneva-01"));
  ASSERT_TRUE(waiting) << waiting.error().text();
  EXPECT_FALSE(waiting->note.empty());
  EXPECT_EQ(newest("geneva-01"), "");
}

TEST_F(ConnectorsTest, AMoveToASensorOfOtherTenantsIsRefused) {  // P10
  ASSERT_TRUE(apply(file_for("zurich-01", connector_yaml("one", "region: eu, bearer_token: t", "blue"))));
  EXPECT_EQ(wait(connectors->move("one", "geneva-01")).error().code(), Code::invalid);
  EXPECT_EQ(wait(connectors->move("one", "zurich-01")).error().code(), Code::invalid);
  EXPECT_EQ(wait(connectors->move("one", "bern-01")).error().code(), Code::absent);
  EXPECT_EQ(desk->pushed.size(), 1u);
}

TEST_F(ConnectorsTest, WhatARevokedSensorHadMayBeAppliedElsewhere) {
  apply_one("one");
  ASSERT_TRUE(desk->revoke_sensor("zurich-01"));
  connectors->forget("zurich-01");
  apply_one("one", "geneva-01");
  begin_again();
  EXPECT_EQ(wait(connectors->show("one"))->view.sensor, "geneva-01");
}

TEST_F(ConnectorsTest, ATestIsAskedOfTheConnectorsSensor) {
  apply_one("one");
  ASSERT_TRUE(wait(connectors->test("one")));
  EXPECT_EQ(desk->requested, (Names{"zurich-01 POST /connector/test?name=one"}));
  const Result<CommandOutcome> unknown = wait(connectors->test("onee"));
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().text().find("did you mean one?"), std::string::npos) << unknown.error().text();
}

TEST_F(ConnectorsTest, WhoeverElseUsesACredentialIsToldOfItsChangeAndHoldsUpItsDeletion) {
  std::vector<std::string> changed;
  connectors->set_credential_watch({[](std::string_view) { return std::vector<std::string>{"acme-v1"}; },
                                    [&changed](std::string_view name) { changed.emplace_back(name); }});
  ASSERT_TRUE(wait(connectors->set_credential("acme-key", Secret{"planted-token"})));
  EXPECT_EQ(changed, std::vector<std::string>{"acme-key"});
  const Result<void> deleted = wait(connectors->delete_credential("acme-key"));
  ASSERT_FALSE(deleted);
  EXPECT_EQ(deleted.error().text(), "credential 'acme-key' is used by responders: acme-v1");
  connectors->set_credential_watch({});
  EXPECT_TRUE(wait(connectors->delete_credential("acme-key")));
}

}  // namespace
}  // namespace tidegate
