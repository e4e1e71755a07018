#include "processor/rule_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>

#include "processor/action_asked.h"
#include "respond/rules_document.h"
#include "tests/unit/processor/rule_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::host_alert;
using test::isolate_rule_yaml;
using test::json_object;
using test::tell_rule_yaml;
using test::ws7_guid;
using test::ws8_guid;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class RuleRoutesTest : public testing::Test, public test::RuleRig {
 protected:
  HttpReply ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    return wait_long(routes_.answer({method, target, body}));
  }
  std::string said(const std::string& method, const std::string& target, const std::string& body = {}) {
    const HttpReply reply = ask(method, target, body);
    EXPECT_EQ(reply.status, 200u) << target << ": " << reply.body;
    return reply.body;
  }
  void put(const std::string& yaml) { said("POST", "/rules/apply?by=alice", yaml); }
  std::string id_of(std::uint64_t number) const { return to_hex(test::record_id(number)); }

  RuleRoutes routes_{rules, rule_store, clock, log};
};

TEST_F(RuleRoutesTest, RulesAreAppliedListedShownAndDeleted) {
  EXPECT_THAT(said("GET", "/rules"), StartsWith("there are no rules"));
  EXPECT_EQ(said("POST", "/rules/apply?file=rules.yaml&by=alice", isolate_rule_yaml), "rule isolate-hosts is in force\n");
  EXPECT_EQ(said("POST", "/rules/apply.json?by=alice", tell_rule_yaml), "{\"applied\":[\"tell-soc\"]}\n");
  EXPECT_EQ(said("GET", "/rules"),
            "isolate-hosts  stream  acme  enabled  fired 0, muted 0, capped 0, too old 0, refused 0, queued 0; last fired never\n"
            "tell-soc  schedule, every 5min  acme  DRY RUN  fired 0, muted 0, capped 0, too old 0, refused 0, queued 0; last fired "
            "never\n");
  EXPECT_THAT(said("GET", "/rules/show?name=isolate-hosts"),
              StartsWith("# applied 2026-11-24T12:00:00Z by alice\n# enabled; fired 0"));
  const boost::json::object all = json_object(said("GET", "/rules.json"));
  ASSERT_EQ(all.at("rules").as_array().size(), 2u);
  EXPECT_EQ(all.at("rules").as_array().at(1).as_object().at("every_seconds"), 300);
  EXPECT_THAT(said("POST", "/rules/delete?name=isolate-hosts&by=bob"), StartsWith("rule isolate-hosts is not there any more"));
  EXPECT_EQ(ask("GET", "/rules/show?name=isolate-hosts").status, 404u);
  EXPECT_THAT(ask("GET", "/rules/show?name=isolate-hosts").body, HasSubstr("there are tell-soc"));
}

TEST_F(RuleRoutesTest, ADryRunOfADocumentChangesNothing) {
  EXPECT_EQ(said("POST", "/rules/apply?dry_run=true", isolate_rule_yaml), "rule isolate-hosts would be in force\n");
  EXPECT_EQ(said("POST", "/rules/apply.json?dry_run=true", isolate_rule_yaml), "{\"checked\":[\"isolate-hosts\"]}\n");
  EXPECT_EQ(said("POST", "/rules/apply?dry_run=true", tell_rule_yaml),
            "rule tell-soc would be in force as a DRY RUN: nothing is sent or told\n");
  EXPECT_TRUE(rule_store.kept.empty());
  EXPECT_THAT(said("GET", "/rules"), StartsWith("there are no rules"));
}

TEST_F(RuleRoutesTest, ADocumentThatIsNotValidIsRefusedWithFileAndLine) {  // P8
  for (const char* dry : {"", "&dry_run=true"}) {
    const HttpReply reply = ask("POST", "/rules/apply?file=acme.yaml" + std::string{dry}, "rules:\n  - name: one\n    typo: x\n");
    EXPECT_EQ(reply.status, 400u) << dry;
    EXPECT_THAT(reply.body, HasSubstr("acme.yaml:3: ")) << dry;
  }
  EXPECT_THAT(ask("POST", "/rules/apply", "- one").body, HasSubstr("rules.yaml"));
  EXPECT_TRUE(rule_store.kept.empty());
}

TEST_F(RuleRoutesTest, ARuleForTenantsThatItsResponderMayNotActForIsRefused) {  // P10
  std::string yaml = isolate_rule_yaml;
  yaml.replace(yaml.find("[acme]"), 6, "all");
  for (const char* target : {"/rules/apply", "/rules/apply?dry_run=true"}) {
    const HttpReply reply = ask("POST", target, yaml);
    EXPECT_EQ(reply.status, 409u) << target;
    EXPECT_THAT(reply.body, HasSubstr("responder 'acme-v1' acts for acme")) << target;
  }
  yaml = isolate_rule_yaml;
  yaml.replace(yaml.find("acme-v1"), 7, "nobody");
  EXPECT_EQ(ask("POST", "/rules/apply", yaml).status, 404u);
  EXPECT_TRUE(rule_store.kept.empty());
}

TEST_F(RuleRoutesTest, WhatKeepsARuleFromActingIsSeenForAsLongAsItDoes) {  // P12
  put(isolate_rule_yaml);
  put(tell_rule_yaml);
  Responder elsewhere = test::visionone_responder();
  elsewhere.tenants = {"blue"};
  keep(elsewhere);
  rules.set_sights([](const std::string& rule) {
    EXPECT_EQ(rule, "tell-soc") << "the other looks at the stream alone";
    return RuleSight{test::desk_noon - 5min, test::desk_noon + 1min, "2026-11-24.db cannot be read\nnor the day before"};
  });
  EXPECT_THAT(said("GET", "/rules"),
              HasSubstr("last fired never\n  WARNING: rule 'isolate-hosts', action 'isolate': responder 'acme-v1' acts for blue"));
  EXPECT_THAT(said("GET", "/rules"), HasSubstr("\n  WARNING: its last look failed: 2026-11-24.db cannot be read\n"
                                               "  WARNING: nor the day before\n"));
  EXPECT_THAT(said("GET", "/rules/show?name=isolate-hosts"), StartsWith("# WARNING: rule 'isolate-hosts'"));
  const std::string shown = said("GET", "/rules/show?name=tell-soc");
  EXPECT_THAT(shown, StartsWith("# WARNING: its last look failed"));
  EXPECT_THAT(shown, HasSubstr("\n# looked to 2026-11-24T11:55:00Z\n# looks again 2026-11-24T12:01:00Z\n"));
  const boost::json::object json = json_object(said("GET", "/rules/show.json?name=tell-soc"));
  EXPECT_EQ(json.at("warnings").as_array().size(), 1u);
  EXPECT_EQ(json.at("next"), "2026-11-24T12:01:00Z");
  keep(test::visionone_responder());
  EXPECT_THAT(said("GET", "/rules"), Not(HasSubstr("acts for blue")));
}

TEST_F(RuleRoutesTest, ARehearsalSaysWhatWouldHaveBeenDoneAndWritesNothing) {
  Responder careful = test::visionone_responder();
  careful.guards.protect = {ws8_guid};
  keep(careful);
  put(isolate_rule_yaml);
  indexed = {host_alert(1, 25h), host_alert(2, 60min), host_alert(3, 30min), host_alert(4, 20min, ws8_guid),
             host_alert(5, 10min, ws8_guid, "blue")};
  const std::string head = "REHEARSAL: nothing is done, and nothing is written down; --act does it\n";
  const std::string text = said("POST", "/rules/run?name=isolate-hosts");
  EXPECT_THAT(text, StartsWith(head +
                               "range: 2026-11-23T12:00:00Z to 2026-11-24T12:00:00Z\n3 records match\n"
                               "2026-11-24T11:00:00Z  would fire  record " +
                               id_of(2) + "  action isolate  acme  " + ws7_guid + "\n    isolate_endpoint by acme-v1: agentGuid " +
                               ws7_guid + "\n2026-11-24T11:30:00Z  would be muted  record " + id_of(3)));
  EXPECT_THAT(text, HasSubstr("would fire  record " + id_of(4) + "  action isolate  acme  " + ws8_guid + "\n    refused: "));
  EXPECT_THAT(text, HasSubstr("\n2 would fire, 1 muted, 0 capped\n"));
  const boost::json::object json = json_object(said("POST", "/rules/run.json?name=isolate-hosts&from=-48h&to=2026-11-24"));
  EXPECT_EQ(json.at("from"), "2026-11-22T12:00:00Z");
  EXPECT_EQ(json.at("to"), "2026-11-24T00:00:00Z");
  EXPECT_EQ(json.at("acted"), false);
  EXPECT_EQ(json.at("matched"), 1);
  EXPECT_EQ(json.at("fired"), 1);
  EXPECT_EQ(json.at("not_shown"), 0);
  EXPECT_EQ(std::string{json.at("decisions").as_array().at(0).as_object().at("record_id").as_string()}, id_of(1));
  EXPECT_TRUE(rule_store.decided.empty());
  EXPECT_TRUE(rule_store.muted.empty());
  EXPECT_TRUE(store.all.empty()) << "no run, not even a dry one";
}

TEST_F(RuleRoutesTest, ARunThatActsDecidesOfEachRecordOnce) {  // P9
  put(isolate_rule_yaml);
  indexed = {host_alert(2, 60min), host_alert(3, 30min)};
  EXPECT_EQ(said("POST", "/rules/run?name=isolate-hosts&act=true&by=bob"),
            "range: 2026-11-23T12:00:00Z to 2026-11-24T12:00:00Z\n2 records match\n2026-11-24T12:00:00Z  fired  record " +
                id_of(2) + "  action isolate  acme  " + ws7_guid + "\n2026-11-24T12:00:00Z  was muted  record " + id_of(3) +
                "  action isolate  acme  " + ws7_guid + "\n1 fired, 1 muted, 0 capped\n");
  EXPECT_THAT(logged, HasSubstr("bob"));
  pass(1h);
  EXPECT_EQ(said("POST", "/rules/run?name=isolate-hosts&act=true&by=bob"),
            "range: 2026-11-23T13:00:00Z to 2026-11-24T13:00:00Z\n2 records match\n0 fired, 0 muted, 0 capped\n");
  EXPECT_EQ(rule_store.decided.size(), 2u);
  EXPECT_THAT(said("GET", "/rules"), HasSubstr("fired 1, muted 1, capped 0, too old 0, refused 0, queued 1; last fired "
                                               "2026-11-24T12:00:00Z\n"));
}

TEST_F(RuleRoutesTest, DecisionsAreListedTheNewestFirstAndNarrowed) {
  put(isolate_rule_yaml);
  EXPECT_EQ(said("GET", "/rules/decisions"), "there are no decisions\n");
  indexed = {host_alert(2, 60min), host_alert(3, 30min)};
  said("POST", "/rules/run?name=isolate-hosts&act=true");
  pass(2h);
  indexed.push_back(host_alert(4, 10min, ws8_guid));
  said("POST", "/rules/run?name=isolate-hosts&act=true");
  const auto records_at = [this](const std::string& query) {
    std::vector<std::string> records;
    const boost::json::object page = json_object(said("GET", "/rules/decisions.json?" + query));
    for (const boost::json::value& each : page.at("decisions").as_array())
      records.emplace_back(each.as_object().at("record_id").as_string());
    return records;
  };
  EXPECT_THAT(records_at(""), ElementsAre(id_of(4), id_of(3), id_of(2)));
  EXPECT_THAT(records_at("name=isolate-hosts&limit=2"), ElementsAre(id_of(4), id_of(3)));
  EXPECT_THAT(records_at("outcome=muted"), ElementsAre(id_of(3)));
  EXPECT_THAT(records_at("since=1h"), ElementsAre(id_of(4)));
  EXPECT_THAT(records_at("since=2026-11-24T13:00:00Z&outcome=fired"), ElementsAre(id_of(4)));
  const std::string text = said("GET", "/rules/decisions?name=isolate-hosts&limit=1");
  EXPECT_THAT(text, StartsWith("2026-11-24T14:00:00Z  fired, queued  rule isolate-hosts  action isolate  record " + id_of(4) +
                               "  acme  " + ws8_guid + "  run "));
  EXPECT_THAT(text, HasSubstr("\n1 decision, the newest; there may be more"));
  EXPECT_THAT(said("GET", "/rules/decisions"), HasSubstr("\n3 decisions\n"));
  said("POST", "/rules/delete?name=isolate-hosts");
  EXPECT_THAT(records_at("name=isolate-hosts&limit=1"), ElementsAre(id_of(4))) << "what was decided stays";
  EXPECT_EQ(ask("GET", "/rules/decisions?name=nobody").status, 404u);
}

TEST_F(RuleRoutesTest, NoMoreDecisionsAreListedThanAnAnswerHolds) {
  put(isolate_rule_yaml);
  RuleDecision muted;
  muted.outcome = RuleOutcome::muted;
  for (std::uint64_t number = 1; number <= rule_decisions_shown_max + 1; ++number) {
    muted.key = {"isolate-hosts", "isolate", "acme", test::record_id(number)};
    rule_store.decided.push_back(muted);
  }
  const boost::json::object page = json_object(said("GET", "/rules/decisions.json?limit=10000"));
  EXPECT_EQ(page.at("decisions").as_array().size(), rule_decisions_shown_max);
  EXPECT_THAT(said("GET", "/rules/decisions?limit=10000"), HasSubstr("\n1000 decisions, the newest; there may be more: NAME"));
}

TEST_F(RuleRoutesTest, MutesAreListedAndLiftedAndItIsLoggedByWhom) {
  put(isolate_rule_yaml);
  EXPECT_EQ(said("GET", "/rules/mutes?name=isolate-hosts"), "nothing is muted\n");
  EXPECT_EQ(said("POST", "/rules/unmute?name=isolate-hosts"), "0 mutes were lifted\n");
  indexed = {host_alert(2, 60min), host_alert(3, 30min), host_alert(4, 10min, ws8_guid)};
  said("POST", "/rules/run?name=isolate-hosts&act=true");
  EXPECT_THAT(said("GET", "/rules/mutes?name=isolate-hosts"),
              HasSubstr(std::string{"isolate  acme  "} + ws7_guid +
                        "  until 2026-11-24T16:00:00Z  from 2026-11-24T12:00:00Z  held up 1 time\n"));
  EXPECT_EQ(json_object(said("GET", "/rules/mutes.json?name=isolate-hosts")).at("mutes_at_least"), 2);
  for (const char* wrong : {"&action=tell", "&entity=nobody"}) {
    const HttpReply reply = ask("POST", std::string{"/rules/unmute?name=isolate-hosts"} + wrong);
    EXPECT_EQ(reply.status, 404u) << wrong;
    EXPECT_THAT(reply.body, HasSubstr("`tidegate-processor rule mutes isolate-hosts` shows all")) << wrong;
  }
  EXPECT_EQ(rule_store.muted.size(), 2u);
  EXPECT_EQ(said("POST", std::string{"/rules/unmute?name=isolate-hosts&action=isolate&by=carol&entity="} + ws7_guid),
            "1 mute was lifted\n");
  EXPECT_THAT(logged, HasSubstr("by=carol"));
  EXPECT_EQ(said("POST", "/rules/unmute.json?name=isolate-hosts"), "{\"lifted\":1}\n");
  EXPECT_TRUE(rule_store.muted.empty());
  EXPECT_EQ(ask("POST", "/rules/unmute?name=nobody").status, 404u);
  EXPECT_EQ(ask("GET", "/rules/mutes?name=nobody").status, 404u);
}

TEST_F(RuleRoutesTest, WhatIsShownCanBeAppliedAgainWhateverRecordsHold) {
  put(isolate_rule_yaml);
  RuleDecision hostile;
  hostile.key = {"isolate-hosts", "isolate", "acme", test::record_id(9)};
  hostile.entities = "one\nrules: []\x1b[2J";
  hostile.state = FiringState::refused;
  hostile.reason = "not this one\nrules: []";
  rule_store.decided.push_back(hostile);
  rule_store.muted.push_back({"isolate-hosts", "isolate", "acme", "two\nrules: []\x07", clock.wall(), clock.wall() + 1h, 0});
  const std::string shown = said("GET", "/rules/show?name=isolate-hosts");
  EXPECT_THAT(shown, Not(HasSubstr("\x1b")));
  EXPECT_THAT(shown, Not(HasSubstr("\x07")));
  const ParsedRules parsed = parse_rules(shown);
  ASSERT_TRUE(parsed.rules) << to_text(parsed.errors) << shown;
  EXPECT_THAT(*parsed.rules, ElementsAre(rules.rules().at("isolate-hosts").rule));
  EXPECT_THAT(shown, HasSubstr("#       not this one\n#       rules: []\n"));
  EXPECT_EQ(json_object(said("GET", "/rules/show.json?name=isolate-hosts")).at("decisions").as_array().size(), 1u);
}

TEST_F(RuleRoutesTest, WhatCannotBeUsedIsRefusedWithTheReason) {
  put(isolate_rule_yaml);
  for (const char* target :
       {"/rules/show", "/rules/show?name=", "/rules/mutes", "/rules/decisions?outcome=gone", "/rules/decisions?limit=0",
        "/rules/decisions?since=soon", "/rules/decisions?rule=isolate-hosts", "/rules?name=isolate-hosts"})
    EXPECT_EQ(ask("GET", target).status, 400u) << target;
  const std::string too_long(operator_name_bytes_max + 1, 'a');
  for (const std::string& target :
       {std::string{"/rules/run"}, std::string{"/rules/run?name=isolate-hosts&from=soon"},
        std::string{"/rules/run?name=isolate-hosts&act=yes"}, std::string{"/rules/run?name=isolate-hosts&from=1h&to=2h"},
        std::string{"/rules/run?name=isolate-hosts&to=tomorrow"}, std::string{"/rules/apply?dry_run=1"},
        "/rules/delete?name=isolate-hosts&by=" + too_long, "/rules/unmute?name=isolate-hosts&by=" + too_long,
        std::string{"/rules/run?name=isolate-hosts&by=a%07"}})
    EXPECT_EQ(ask("POST", target, isolate_rule_yaml).status, 400u) << target;
  for (const char* target : {"/rules/run?name=nobody", "/rules/run?name=nobody&act=true", "/rules/delete?name=nobody"})
    EXPECT_EQ(ask("POST", target).status, 404u) << target;
  EXPECT_EQ(ask("GET", "/rules/decisions?outcome=gone").body, "outcome: 'gone' is none of fired, muted, capped\n");
  EXPECT_EQ(ask("GET", "/rules/run?name=isolate-hosts").status, 405u);
  EXPECT_EQ(rules.rules().size(), 1u);
  EXPECT_TRUE(rule_store.decided.empty());
}

TEST_F(RuleRoutesTest, AStoreThatCannotBeReadIsNoEmptyAnswer) {
  put(isolate_rule_yaml);
  rule_store.broken = Error{Code::corrupt, "rules.db: malformed"};
  for (const char* target : {"/rules", "/rules/show?name=isolate-hosts", "/rules/decisions", "/rules/mutes?name=isolate-hosts"}) {
    const HttpReply reply = ask("GET", target);
    EXPECT_EQ(reply.status, 507u) << target;
    EXPECT_THAT(reply.body, HasSubstr("rules.db: malformed")) << target;
  }
}

}  // namespace
}  // namespace tidegate
