#include "processor/control_routes.h"

#include <gtest/gtest.h>

#include "processor/control_texts.h"
#include "processor/fleet/authority.h"
#include "tests/unit/processor/fleet/test_desk.h"

namespace tidegate {
namespace {

using test::connector_yaml;
using test::file_for;

class FleetRoutesTest : public testing::Test, public test::DeskFixture {
 protected:
  FleetRoutesTest() {
    Result<std::unique_ptr<Authority>> made = Authority::make(system_entropy(), test::noon);
    EXPECT_TRUE(made);
    authority_ = *std::move(made);
    enrolment_.emplace(*store, *authority_, revocations_, clock, system_entropy());
    routes_.emplace(FleetRoutesParts{*store, *enrolment_, *desk, *connectors, clock, log_, authority_->fingerprint()});
  }

  HttpReply ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    return wait(routes_->answer({method, target, body}));
  }

  std::string logged_;
  Log log_{clock, LogFormat::text, Level::debug, [this](std::string_view line) { logged_.append(line); }};
  std::unique_ptr<Authority> authority_;
  RevocationList revocations_;
  std::optional<Enrolment> enrolment_;
  std::optional<FleetRoutes> routes_;
};

TEST_F(FleetRoutesTest, ATokenIsShownOnceAndNeverLogged) {  // P10
  const HttpReply made = ask("POST", "/tokens/create?uses=2&expires=7d&note=for%20Zurich", "acme\nblue\n");
  ASSERT_EQ(made.status, 200u) << made.body;
  const std::string token = made.body.substr(0, made.body.find('\n'));
  ASSERT_TRUE(token.starts_with("tge_"));
  EXPECT_NE(made.body.find("--ca-sha256 " + authority_->fingerprint()), std::string::npos) << made.body;
  const HttpReply list = ask("GET", "/tokens");
  EXPECT_NE(list.body.find("open  2 of 2 uses left"), std::string::npos) << list.body;
  EXPECT_NE(list.body.find("for Zurich"), std::string::npos);
  EXPECT_EQ(list.body.find(token), std::string::npos);
  EXPECT_EQ(ask("GET", "/tokens.json").body.find(token), std::string::npos);
  EXPECT_EQ(logged_.find(token), std::string::npos);
  const std::string id = token.substr(4, 8);
  EXPECT_EQ(ask("POST", "/tokens/revoke?id=" + id).status, 200u);
  EXPECT_NE(ask("GET", "/tokens").body.find(id + "  revoked"), std::string::npos);
  EXPECT_EQ(ask("GET", "/tokens/uses?id=" + id).body, "the token was not used\n");
}

TEST_F(FleetRoutesTest, WhatCannotBeUsedIsRefusedWithTheReason) {
  for (const auto& [target, body] :
       std::vector<std::pair<std::string, std::string>>{{"/tokens/create", ""},
                                                        {"/tokens/create?uses=0", "acme"},
                                                        {"/tokens/create?uses=many", "acme"},
                                                        {"/tokens/create?expires=soon", "acme"},
                                                        {"/tokens/create?expires=9999d", "acme"},
                                                        {"/tokens/create?replace=perhaps", "acme"},
                                                        {"/tokens/create?colour=red", "acme"},
                                                        {"/connectors/apply?dry_run=1", "x: 1"},
                                                        {"/connectors/apply", "x: 1"},
                                                        {"/connectors/rollback?name=a", ""},
                                                        {"/connectors/rollback?name=a&revision=-1", ""},
                                                        {"/credentials/set", "value"},
                                                        {"/credentials/set?name=k", ""}}) {
    const HttpReply reply = ask("POST", target, body);
    EXPECT_EQ(reply.status, 400u) << target << ": " << reply.body;
    EXPECT_GT(reply.body.size(), 1u) << target;
  }
  EXPECT_EQ(ask("GET", "/tokens/create").status, 405u);
  EXPECT_EQ(ask("GET", "/nowhere").status, 404u);
  EXPECT_EQ(ask("GET", "/sensors/show?name=bern-01").status, 404u);
  EXPECT_EQ(ask("GET", "/tokens/uses?id=nothing0").status, 404u);
}

TEST_F(FleetRoutesTest, ApplySaysAppliedFailedOrThatTheSensorIsAway) {  // P8
  const HttpReply applied = ask("POST", "/connectors/apply", file_for("zurich-01", connector_yaml("acme-v1")));
  EXPECT_EQ(applied.status, 200u) << applied.body;
  EXPECT_NE(applied.body.find("acme-v1 begins\nAPPLIED: sensor zurich-01, revision 1\n"), std::string::npos) << applied.body;
  desk->answers["zurich-01"] = {PushState::failed, 0, "first reason\nsecond \x1b[31mreason"};
  const HttpReply failed = ask("POST", "/connectors/apply", file_for("zurich-01", connector_yaml("bad")));
  EXPECT_EQ(failed.status, 409u);
  EXPECT_NE(failed.body.find("FAILED: sensor zurich-01, revision 2"), std::string::npos) << failed.body;
  EXPECT_NE(failed.body.find("first reason\nsecond ?[31mreason\n"), std::string::npos) << failed.body;
  desk->answers["geneva-01"] = {PushState::away, 0, {}};
  const HttpReply away = ask("POST", "/connectors/apply.json", file_for("geneva-01", connector_yaml("two")));
  EXPECT_EQ(away.status, 202u);
  EXPECT_NE(away.body.find("\"state\":\"away\""), std::string::npos) << away.body;
}

TEST_F(FleetRoutesTest, ADryRunShowsAndDoesNothing) {
  const HttpReply dry =
      ask("POST", "/connectors/apply?dry_run=true&file=mine.yaml", file_for("zurich-01", connector_yaml("acme-v1")));
  EXPECT_EQ(dry.status, 200u) << dry.body;
  EXPECT_EQ(dry.body, "acme-v1 begins\n");
  EXPECT_TRUE(desk->pushed.empty());
  const HttpReply wrong =
      ask("POST", "/connectors/apply?file=mine.yaml", file_for("zurich-01", connector_yaml("a", "region: mars")));
  EXPECT_EQ(wrong.status, 400u);
  EXPECT_NE(wrong.body.find("mine.yaml:3: connectors[0].region"), std::string::npos) << wrong.body;
}

TEST_F(FleetRoutesTest, NoAnswerAndNoLineHoldsASecret) {  // P10
  constexpr std::string_view planted = "planted-token";
  std::string all = ask("POST", "/credentials/set?name=acme-key", "planted-token-of-the-credential\n").body;
  all += ask("POST", "/connectors/apply", file_for("zurich-01", connector_yaml("one"))).body;
  all += ask("POST", "/connectors/apply", file_for("zurich-01", connector_yaml("two", "region: eu, credential: acme-key"))).body;
  for (const char* path : {"/connectors", "/credentials", "/sensors"})
    all += ask("GET", path).body + ask("GET", std::string{path} + ".json").body;
  for (const char* path : {"/connectors/show", "/connectors/history"})
    for (const char* name : {"one", "two"})
      all += ask("GET", std::string{path} + "?name=" + name).body + ask("GET", std::string{path} + ".json?name=" + name).body;
  EXPECT_NE(newest("zurich-01").find(planted), std::string::npos) << "the sensor gets it";
  EXPECT_NE(all.find("acme-key"), std::string::npos);
  EXPECT_EQ(all.find(planted), std::string::npos) << all;
  EXPECT_EQ(logged_.find(planted), std::string::npos) << logged_;
}

TEST_F(FleetRoutesTest, ATestTellsVerdictStagesAndRemedies) {
  ASSERT_EQ(ask("POST", "/connectors/apply", file_for("zurich-01", connector_yaml("one"))).status, 200u);
  desk->command.body = R"({"connector":"one","verdict":"failed","stages":[{"stage":"dns","verdict":"passed","ms":3,"evidence":{}},)"
                       R"({"stage":"token","verdict":"failed","ms":40,"evidence":{},"reason":"401","remedy":"make a new token"}]})";
  const HttpReply failed = ask("POST", "/connectors/test?name=one");
  EXPECT_EQ(failed.status, 409u);
  EXPECT_EQ(failed.body,
            "passed  dns  3 ms\nfailed  token  40 ms\n    reason: 401\n    remedy: make a new token\nverdict: failed\n");
  EXPECT_EQ(ask("POST", "/connectors/test.json?name=one").body, desk->command.body);
  desk->command = {404, "text/plain", "there is no such route"};
  EXPECT_EQ(ask("POST", "/connectors/test?name=one").status, 409u);
  desk->away = true;
  EXPECT_EQ(ask("POST", "/connectors/test?name=one").status, 503u);
}

TEST_F(FleetRoutesTest, SensorsAreShownAndRevoked) {
  EXPECT_NE(ask("GET", "/sensors").body.find("zurich-01  connected"), std::string::npos);
  const HttpReply one = ask("GET", "/sensors/show?name=zurich-01");
  EXPECT_NE(one.body.find("connectors/acme-v1: not healthy, failing, token ?[31mexpired"), std::string::npos) << one.body;
  EXPECT_EQ(ask("POST", "/sensors/revoke?name=zurich-01").status, 200u);
  EXPECT_NE(ask("GET", "/sensors.json").body.find("\"state\":\"revoked\""), std::string::npos);
  EXPECT_EQ(ask("POST", "/sensors/revoke?name=bern-01").status, 404u);
}

}  // namespace
}  // namespace tidegate
