#include "processor/response_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "processor/action_asked.h"
#include "tests/unit/processor/respond/desk_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::alert_record;
using test::json_object;
using test::ticket_responder;
using test::visionone_responder;
using test::ws7_guid;
using test::ws8_guid;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* responders_yaml = R"(responders:
  - name: acme-v1
    type: trendmicro_visionone
    tenants: [acme]
    host: api.eu.xdr.trendmicro.com
    api_key: planted-token
    verify_certificate: false
)";

class ResponseRoutesTest : public testing::Test, public test::DeskRig {
 protected:
  ResponseRoutesTest() {
    runner.on_change([this](const ActionRun&) { routes_.changed(); });
  }

  HttpReply ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    return wait(routes_.answer({method, target, body}));
  }
  std::string order(const std::string& more = {}, const std::vector<std::string>& guids = {ws7_guid}) {
    return R"({"responder":"acme-v1","action":"isolate_endpoint","by":"alice","record":)" +
           boost::json::serialize(alert_record(guids)) + more + "}";
  }
  // The id of a run that was accepted.
  std::string accepted(const std::string& body) {
    const HttpReply reply = ask("POST", "/actions/run.json", body);
    EXPECT_EQ(reply.status, 200u) << reply.body;
    return reply.status == 200 ? std::string{json_object(reply.body).at("id").as_string()} : std::string{};
  }

  ResponseRoutes routes_{desk, store, clock};
};

TEST_F(ResponseRoutesTest, RespondersAreAppliedListedShownTestedAndDeleted) {
  EXPECT_EQ(ask("GET", "/responders").body, "there are no responders\n");
  const HttpReply applied = ask("POST", "/responders/apply?file=acme.yaml&by=alice", responders_yaml);
  EXPECT_EQ(applied.status, 200u);
  EXPECT_THAT(applied.body, StartsWith("WARNING: responder 'acme-v1' does not verify certificates"));
  EXPECT_THAT(applied.body, HasSubstr("responder acme-v1 is in force\n"));
  for (const char* target : {"/responders", "/responders/show?name=acme-v1"})
    EXPECT_THAT(ask("GET", target).body, StartsWith("WARNING: responder 'acme-v1' does not verify certificates")) << target;
  EXPECT_THAT(ask("GET", "/responders").body, HasSubstr("acme-v1  https://api.eu.xdr.trendmicro.com  acme  add_to_block_list,"));
  EXPECT_THAT(ask("GET", "/responders/show?name=acme-v1").body, HasSubstr("# applied 2026-11-24T12:00:00Z by alice\n"));
  EXPECT_THAT(ask("GET", "/responders/show?name=acme-v1").body, HasSubstr("***"));
  const boost::json::object all = json_object(ask("GET", "/responders.json").body);
  EXPECT_EQ(all.at("responders").as_array().size(), 1u);
  EXPECT_THAT(ask("POST", "/responders/test?name=acme-v1").body, HasSubstr("PASSED: the key may list tasks\n"));
  probed = Error{Code::denied, "the API says: \x1b[31mno"};
  const HttpReply failed = ask("POST", "/responders/test?name=acme-v1");
  EXPECT_EQ(failed.status, 409u);
  EXPECT_THAT(failed.body, HasSubstr("FAILED: the API says: ?[31mno\n"));
  EXPECT_EQ(ask("POST", "/responders/delete?name=acme-v1&by=alice").status, 200u);
  EXPECT_EQ(ask("GET", "/responders/show?name=acme-v1").status, 404u);
}

TEST_F(ResponseRoutesTest, ADocumentThatIsNotValidIsRefusedWithFileAndLine) {  // P8
  const HttpReply reply = ask("POST", "/responders/apply?file=acme.yaml", "responders:\n  - name: one\n    typo: x\n");
  EXPECT_EQ(reply.status, 400u);
  EXPECT_THAT(reply.body, HasSubstr("acme.yaml:3: "));
  EXPECT_THAT(ask("POST", "/responders/apply", "- \x01").body, HasSubstr("responders.yaml"));
}

TEST_F(ResponseRoutesTest, ARunIsAcceptedFollowedAndShown) {  // P9
  keep(visionone_responder());
  const std::string id = accepted(order());
  const HttpReply begun = ask("GET", "/actions/follow?id=" + id);
  EXPECT_THAT(begun.body, HasSubstr("\"ended\":false"));
  pass(10s);
  const boost::json::object now_so = json_object(ask("GET", "/actions/follow?id=" + id).body);
  EXPECT_EQ(now_so.at("state"), "succeeded");
  EXPECT_EQ(now_so.at("ended"), true);
  const std::string shown = ask("GET", "/actions/show?id=" + id).body;
  EXPECT_THAT(shown, HasSubstr(id + "  succeeded  isolate_endpoint  acme-v1  acme  1 target: 1 succeeded  by alice\n"));
  EXPECT_THAT(shown, HasSubstr("asked for 2026-11-24T12:00:00Z by alice, of responder acme-v1, for tenant acme\n"));
  EXPECT_THAT(shown, HasSubstr("about record 000102030405060708090a0b0c0d0e0f\n"));
  EXPECT_THAT(shown, HasSubstr("request: POST /v3.0/response/endpoints/isolate\n"));
  EXPECT_THAT(shown, HasSubstr(std::string{"  agentGuid "} + ws7_guid + "  succeeded  task task-1\n"));
  EXPECT_THAT(shown, HasSubstr("[tidegate:" + id + "/0]")) << "the request as it was sent";
  const boost::json::object run = json_object(ask("GET", "/actions/show.json?id=" + id).body);
  const boost::json::object& target = run.at("targets").as_array().at(0).as_object();
  EXPECT_EQ(target.at("task_id"), "task-1");
  EXPECT_EQ(target.at("request").as_object().at("agentGuid"), ws7_guid);
}

TEST_F(ResponseRoutesTest, WhoeverFollowsIsToldOfAChangeAndAfterTwentySecondsOfNone) {
  keep(visionone_responder());
  api->outcome = ResponseState::running;
  const std::string id = accepted(order());
  pass(10s);
  const std::string seen{json_object(ask("GET", "/actions/follow?id=" + id).body).at("progress").as_string()};
  std::optional<HttpReply> reply;
  const std::string target = "/actions/follow?id=" + id + "&seen=" + seen;
  const auto follow = [this, &target, &reply]() -> asio::awaitable<void> {
    HttpRequestView request{"GET", target, {}};
    reply.emplace(co_await routes_.answer(request));
  };
  const auto go = [this, &follow, &reply] {
    reply.reset();
    asio::co_spawn(loop, follow(), [](const std::exception_ptr&) {});
    turn();
  };
  go();
  pass(19s);
  EXPECT_FALSE(reply);
  pass(1s);
  ASSERT_TRUE(reply) << "20 s are over";
  EXPECT_THAT(reply->body, HasSubstr("\"state\":\"under_way\""));
  go();
  EXPECT_FALSE(reply);
  api->outcome = ResponseState::failed;
  pass(60s);
  ASSERT_TRUE(reply);
  EXPECT_THAT(reply->body, HasSubstr("\"state\":\"failed\""));
}

TEST_F(ResponseRoutesTest, ADryRunShowsTheRequest) {
  keep(visionone_responder());
  const HttpReply reply = ask("POST", "/actions/run", order(R"(,"dry_run":true)"));
  EXPECT_EQ(reply.status, 200u) << reply.body;
  EXPECT_THAT(reply.body,
              StartsWith("DRY RUN: nothing is sent\nPOST https://api.xdr.trendmicro.com/v3.0/response/endpoints/isolate\n"));
  EXPECT_THAT(reply.body, HasSubstr(ws7_guid));
  EXPECT_THAT(reply.body, HasSubstr("  previewed  "));
  const boost::json::object run = json_object(ask("POST", "/actions/run.json", order(R"(,"dry_run":true)")).body);
  EXPECT_EQ(run.at("preview").as_object().at("method"), "POST");
  EXPECT_EQ(run.at("warnings").as_array().size(), 0u);
  EXPECT_TRUE(api->sent.empty());
  EXPECT_EQ(store.all.size(), 2u) << "each is kept once";
}

TEST_F(ResponseRoutesTest, EachWarningIsToldOnce) {
  Responder responder = visionone_responder();
  responder.verify_certificate = false;
  keep(responder);
  ASSERT_EQ(ask("POST", "/actions/stop?by=carol").status, 200u);
  const auto count_in = [](const std::string& body, std::string_view warning) {
    std::size_t count = 0;
    for (std::size_t at = body.find(warning); at != body.npos; at = body.find(warning, at + 1)) ++count;
    return count;
  };
  const std::string dry = ask("POST", "/actions/run", order(R"(,"dry_run":true)")).body;
  const std::string id = accepted(order());
  const std::string shown = ask("GET", "/actions/show?id=" + id).body;
  for (const std::string& body : {dry, shown}) {
    EXPECT_EQ(count_in(body, "WARNING: responder 'acme-v1' does not verify certificates"), 1u) << body;
    EXPECT_EQ(count_in(body, "WARNING: the kill switch is on"), 1u) << body;
  }
  EXPECT_EQ(json_object(ask("GET", "/actions/show.json?id=" + id).body).at("warnings").as_array().size(), 2u);
  EXPECT_THAT(ask("GET", "/actions/show?without_warnings=true&id=" + id).body, StartsWith(id))
      << "whoever followed it was told before";
}

TEST_F(ResponseRoutesTest, TheHistoryIsSearchedAndPagedToItsEnd) {
  keep(visionone_responder());
  EXPECT_EQ(ask("GET", "/actions").body, "there are no actions\n");
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(accepted(order()));
  pass(10s);
  EXPECT_THAT(ask("GET", "/actions?limit=2").body, HasSubstr("2 of 5 actions; the next with --before " + ids[3] + "\n"));
  std::vector<std::string> read;
  std::string before;
  for (int pages = 0; pages < 10; ++pages) {
    const boost::json::object page = json_object(ask("GET", "/actions.json?limit=2&before=" + before).body);
    EXPECT_EQ(page.contains("total"), before.empty()) << "it is told with the first page alone";
    if (const boost::json::value* const total = page.if_contains("total")) {
      EXPECT_EQ(*total, 5);
    }
    for (const boost::json::value& run : page.at("runs").as_array()) read.emplace_back(run.as_object().at("id").as_string());
    before = std::string{page.at("next").as_string()};
    if (before.empty()) break;
  }
  EXPECT_EQ(read, (std::vector<std::string>{ids.rbegin(), ids.rend()}));
  EXPECT_EQ(json_object(ask("GET", "/actions.json?limit=5").body).at("next"), "") << "a page that is just full is the last, too";
  EXPECT_THAT(ask("GET", "/actions?limit=2&before=" + ids[2]).body, HasSubstr("\n2 actions\n"));
  EXPECT_EQ(ask("GET", "/actions?before=" + ids[0]).body, "there are no more actions\n");
  EXPECT_EQ(ask("GET", "/actions?before=ffffff").status, 404u);
  EXPECT_THAT(ask("GET", "/actions?state=failed&tenant=acme&action=isolate_endpoint&since=24h").body, HasSubstr("no actions"));
}

TEST_F(ResponseRoutesTest, EveryParameterNarrowsTheHistory) {
  keep(visionone_responder());
  Responder blue = visionone_responder("blue-v1");
  blue.tenants = {"blue"};
  keep(blue);
  const std::string early = accepted(order());
  pass(1h);
  const std::string late = accepted(
      R"({"responder":"blue-v1","action":"add_to_block_list","given":{"domain":"bad.example"},"by":"Bob","tenant":"blue"})");
  const auto ids_at = [this](const std::string& query) {
    std::vector<std::string> ids;
    const HttpReply reply = ask("GET", "/actions.json?" + query);
    EXPECT_EQ(reply.status, 200u) << reply.body;
    if (reply.status != 200) return ids;
    const boost::json::object page = json_object(reply.body);
    for (const boost::json::value& run : page.at("runs").as_array()) ids.emplace_back(run.as_object().at("id").as_string());
    return ids;
  };
  for (const char* query : {"tenant=blue", "responder=blue-v1", "action=add_to_block_list", "state=under_way", "text=BAD.example",
                            "text=bob", "since=30min", "since=2026-11-24T12:30:00Z"})
    EXPECT_THAT(ids_at(query), ElementsAre(late)) << query;
  for (const char* query :
       {"tenant=acme", "responder=acme-v1", "action=isolate_endpoint", "state=succeeded", "text=alice",
        "record=000102030405060708090a0b0c0d0e0f", "until=30min", "until=2026-11-24T12:30:00Z", "since=400d&until=30min"})
    EXPECT_THAT(ids_at(query), ElementsAre(early)) << query;
}

TEST_F(ResponseRoutesTest, WhoAsksIsAnOperatorUnlessHeSaysWho) {
  keep(visionone_responder());
  const std::string id =
      accepted(R"({"responder":"acme-v1","action":"isolate_endpoint","given":{"agentGuid":")" + std::string{ws7_guid} + "\"}}");
  EXPECT_EQ(now(id).requested_by, operator_fallback);
  pass(10s);
  EXPECT_THAT(ask("POST", "/actions/undo?id=" + id).body, HasSubstr("by " + std::string{operator_fallback} + "\n"));
  EXPECT_THAT(ask("POST", "/actions/undo?by=a%07&id=" + id).body, HasSubstr("by: has a control character"));
}

TEST_F(ResponseRoutesTest, ApprovalRetryUndoAndTheKillSwitchAreAskedFor) {  // P9
  Responder responder = visionone_responder();
  responder.guards.approval = true;
  keep(responder);
  const std::string id = accepted(order());
  EXPECT_THAT(ask("GET", "/actions/show?id=" + id).body, HasSubstr("approval: awaited\n"));
  EXPECT_EQ(ask("POST", "/actions/stop?by=carol").status, 200u);
  EXPECT_THAT(ask("GET", "/responders").body, StartsWith("WARNING: the kill switch is on"));
  EXPECT_THAT(ask("POST", "/actions/approve?id=" + id + "&by=bob").body,
              HasSubstr("approval: granted, by bob, 2026-11-24T12:00:00Z\n"));
  pass(60s);
  EXPECT_TRUE(api->sent.empty());
  EXPECT_THAT(ask("GET", "/actions/show?id=" + id).body, StartsWith("WARNING: the kill switch is on"));
  EXPECT_EQ(ask("POST", "/actions/resume?by=carol").status, 200u);
  pass(60s);
  EXPECT_EQ(ask("POST", "/actions/retry?id=" + id).status, 400u) << "nothing is left to be done";
  const HttpReply undone = ask("POST", "/actions/undo?id=" + id + "&by=bob");
  EXPECT_THAT(undone.body, HasSubstr("takes back run " + id + "\n"));
  EXPECT_THAT(ask("GET", "/actions/show?id=" + id).body, HasSubstr("\nis being taken back by run "));
  pass(60s);
  EXPECT_THAT(ask("GET", "/actions/show?id=" + id).body, HasSubstr("\ntaken back by run "));
  const std::string other = accepted(order({}, {ws8_guid}));
  EXPECT_EQ(ask("POST", "/actions/deny?id=" + other).status, 200u);
  EXPECT_EQ(ask("POST", "/actions/deny?id=" + other).status, 400u);
}

TEST_F(ResponseRoutesTest, AnotherTryIsToldOfTheRunAndOfTheTry) {
  keep(visionone_responder());
  api->outcome = ResponseState::failed;
  const std::string id = accepted(order());
  pass(10s);
  const HttpReply again = ask("POST", "/actions/retry.json?id=" + id + "&by=bob");
  ASSERT_EQ(again.status, 200u) << again.body;
  const std::string other{json_object(again.body).at("id").as_string()};
  EXPECT_EQ(std::string{json_object(again.body).at("retries").as_string()}, id);
  EXPECT_EQ(std::string{json_object(ask("GET", "/actions/show.json?id=" + id).body).at("retried_by").as_string()}, other);
  EXPECT_THAT(ask("GET", "/actions/show?id=" + id).body, HasSubstr("\ntried again by run " + other + "\n"));
  EXPECT_THAT(ask("GET", "/actions/show?id=" + other).body, HasSubstr("\nanother try of run " + id + "\n"));
  const HttpReply second = ask("POST", "/actions/retry?id=" + id);
  EXPECT_EQ(second.status, 400u);
  EXPECT_THAT(second.body, HasSubstr("is being tried again: run " + other));
}

TEST_F(ResponseRoutesTest, WhatCannotBeUsedIsRefusedWithTheReason) {
  Responder responder = visionone_responder();
  responder.guards.protect = {ws8_guid};
  keep(responder);
  for (const char* body : {"", "[]", "{", "{}", R"({"responder":1})", R"({"responder":"acme-v1","action":"explode"})",
                           R"({"responder":"acme-v1","given":[]})", R"({"responder":"acme-v1","dry_run":"yes"})",
                           R"({"responder":"acme-v1","lasts":"soon"})", R"({"responder":"acme-v1","colour":"red"})",
                           R"({"responder":"acme-v1","by":"a\u0007"})"}) {
    const HttpReply reply = ask("POST", "/actions/run", body);
    EXPECT_EQ(reply.status, 400u) << body << ": " << reply.body;
    EXPECT_GT(reply.body.size(), 1u) << body;
  }
  EXPECT_EQ(ask("POST", "/actions/run", "{\"responder\":" + std::string(100, '[') + std::string(100, ']') + "}").status, 400u);
  EXPECT_EQ(ask("POST", "/actions/run", std::string(action_order_bytes_max + 1, ' ')).status, 400u);
  EXPECT_EQ(ask("POST", "/actions/run", order({}, {ws8_guid})).status, 409u) << "a guard";
  EXPECT_EQ(ask("POST", "/actions/run", R"({"responder":"other"})").status, 404u);
  for (const char* target :
       {"/actions?action=explode", "/actions?state=gone", "/actions?limit=0", "/actions?since=soon", "/actions?until=soon",
        "/actions?colour=red", "/actions/show", "/actions/show?id=a&without_warnings=1"})
    EXPECT_EQ(ask("GET", target).status, 400u) << target;
  EXPECT_EQ(ask("GET", "/actions?since=so%1bon").body,
            "since: 'so?on' is no time; write for example 2026-11-24T13:05:07Z, or 24h for a day back\n");
  EXPECT_EQ(ask("GET", "/actions/show?id=ffffff").status, 404u);
  EXPECT_EQ(ask("GET", "/actions/follow?id=ffffff").status, 404u);
  EXPECT_EQ(ask("POST", "/actions/undo?id=ffffff").status, 404u);
  EXPECT_EQ(ask("GET", "/actions/run").status, 405u);
  EXPECT_EQ(ask("POST", "/actions/stop?by=" + std::string(operator_name_bytes_max + 1, 'a')).status, 400u);
}

TEST_F(ResponseRoutesTest, NoAnswerHoldsASecret) {  // P10
  EXPECT_EQ(ask("POST", "/responders/apply", responders_yaml).status, 200u);
  keep(ticket_responder());
  const std::string id = accepted(order());
  pass(10s);
  const HttpReply custom = ask("POST", "/actions/run", R"({"responder":"ticket","given":{"record_id":"7"}})");
  EXPECT_EQ(custom.status, 200u) << custom.body;
  std::string all = custom.body;
  for (const std::string& target :
       {std::string{"/responders"}, std::string{"/responders.json"}, std::string{"/responders/show?name=acme-v1"},
        std::string{"/responders/show.json?name=acme-v1"}, std::string{"/responders/show?name=ticket"}, std::string{"/actions"},
        std::string{"/actions.json"}, "/actions/show?id=" + id, "/actions/show.json?id=" + id, "/actions/follow?id=" + id}) {
    const HttpReply reply = ask("GET", target);
    EXPECT_EQ(reply.status, 200u) << target << ": " << reply.body;
    EXPECT_FALSE(reply.body.empty()) << target;
    all += reply.body;
  }
  for (const std::string& target :
       {std::string{"/responders/test?name=acme-v1"}, std::string{"/actions/stop"}, std::string{"/actions/resume"},
        "/actions/undo?id=" + id, std::string{"/responders/test.json?name=ticket"}}) {
    const HttpReply reply = ask("POST", target);
    EXPECT_EQ(reply.status, 200u) << target << ": " << reply.body;
    all += reply.body;
  }
  EXPECT_THAT(all, HasSubstr("acme-v1"));
  EXPECT_THAT(all, Not(HasSubstr("planted-token")));
}

}  // namespace
}  // namespace tidegate
