// What keeps a rule from being in force, and what is said of those that are.
#include "processor/respond/rule_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/processor/respond/rule_rig.h"

namespace tidegate {
namespace {

using test::block_rule;
using test::tell_action;
using test::tell_rule;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class RuleDeskTest : public testing::Test, public test::RuleDeskRig {
 protected:
  RuleDeskTest() {
    Responder blue = test::visionone_responder("blue-v1");
    blue.tenants = {"blue"};
    blue.actions = {ResponseAction::isolate_endpoint, ResponseAction::quarantine_email};
    keep(blue);
    Responder any = test::visionone_responder("any-v1");
    any.tenants = {};
    any.actions = {ResponseAction::restore_endpoint};
    keep(any);
    keep(test::ticket_responder());
  }
  // Why the rule is not put in force; nothing is then.
  std::string refusal(const Rule& rule, Code code) {
    const Result<void> applied = rules->apply({rule}, "alice");
    EXPECT_TRUE(rules->rules().empty());
    EXPECT_TRUE(owner->rules()->empty());
    if (applied) return "it was applied";
    EXPECT_EQ(applied.error().code(), code) << applied.error().text();
    EXPECT_EQ(rules->check({rule}).error(), applied.error()) << "what is checked is what is asked";
    constexpr std::string_view subject = "rule 'block-bad', action 'block': ";
    const std::string text = applied.error().text();
    return text.starts_with(subject) ? text.substr(subject.size()) : text;
  }
  // Of a rule whose action `block` is by that responder.
  static Rule rule_by(const std::string& responder, std::optional<ResponseAction> action,
                      std::vector<std::string> tenants = {"acme"}) {
    Rule rule = block_rule();
    rule.tenants = std::move(tenants);
    rule.actions.front().responder = responder;
    rule.actions.front().action = action;
    return rule;
  }
  static Rule rule_telling(const std::string& channel, std::vector<std::string> tenants = {"acme"}) {
    Rule rule = tell_rule("block-bad");
    rule.tenants = std::move(tenants);
    rule.actions.front() = tell_action(channel);
    rule.actions.front().name = "block";
    return rule;
  }
  std::vector<std::string> names_in_force() const {
    std::vector<std::string> names;
    for (const auto& [name, kept] : rules->rules()) names.push_back(name);
    return names;
  }
};

TEST_F(RuleDeskTest, WhatIsNotThereIsNamedWithWhatIs) {
  EXPECT_EQ(refusal(rule_by("nobody", std::nullopt), Code::absent),
            "there is no responder 'nobody'; there are acme-v1, any-v1, blue-v1, ticket");
  EXPECT_EQ(refusal(rule_telling("nowhere"), Code::absent),
            "there is no channel 'nowhere' under notify in the processor's configuration; there are soc-mail, acme-mail, night");
  channels.clear();
  restart();
  EXPECT_EQ(refusal(rule_telling("nowhere"), Code::absent),
            "there is no channel 'nowhere' under notify in the processor's configuration");
}

TEST_F(RuleDeskTest, P10ARuleForMoreTenantsThanItsResponderActsForIsRefused) {
  const auto block = ResponseAction::add_to_block_list;
  EXPECT_EQ(refusal(rule_by("acme-v1", block, {"blue"}), Code::denied), "responder 'acme-v1' acts for acme, and the rule for blue");
  EXPECT_EQ(refusal(rule_by("acme-v1", block, {"acme", "blue"}), Code::denied),
            "responder 'acme-v1' acts for acme, and the rule for acme, blue");
  EXPECT_EQ(refusal(rule_by("acme-v1", block, {}), Code::denied), "responder 'acme-v1' acts for acme, and the rule for all");
  EXPECT_EQ(refusal(rule_by("ticket", std::nullopt, {}), Code::denied), "responder 'ticket' acts for acme, and the rule for all");
  put({rule_by("any-v1", std::nullopt, {})});
  put({rule_by("acme-v1", block)});
}

TEST_F(RuleDeskTest, P10ARuleForMoreTenantsThanItsChannelIsToldOfIsRefused) {
  EXPECT_EQ(refusal(rule_telling("acme-mail", {"blue"}), Code::denied),
            "channel 'acme-mail' is told of acme, and the rule is for blue");
  EXPECT_EQ(refusal(rule_telling("acme-mail", {}), Code::denied), "channel 'acme-mail' is told of acme, and the rule is for all");
  put({rule_telling("acme-mail")});
  put({rule_telling("soc-mail", {})});
}

TEST_F(RuleDeskTest, AMessageThatItsChannelWouldPassOverIsRefused) {
  EXPECT_EQ(refusal(rule_telling("night"), Code::invalid),
            "channel 'night' tells nothing below critical: write severity: critical");
  Rule grave = rule_telling("night");
  grave.severity = EventSeverity::critical;
  put({grave});
}

TEST_F(RuleDeskTest, ACustomResponderDoesOneThingThatNothingTakesBack) {
  Rule rule = rule_by("ticket", ResponseAction::isolate_endpoint);
  EXPECT_EQ(refusal(rule, Code::invalid), "responder 'ticket' is a custom one: leave out action");
  rule.actions.front().action.reset();
  rule.actions.front().lasts = std::chrono::hours{4};
  EXPECT_EQ(refusal(rule, Code::invalid), "nothing takes back a custom request: leave out lasts");
  rule.actions.front().lasts.reset();
  rule.actions.front().path = "/hooks/other";
  put({rule});
}

TEST_F(RuleDeskTest, AVisionOneResponderDoesWhatItMay) {
  EXPECT_EQ(refusal(rule_by("acme-v1", std::nullopt), Code::invalid),
            "action is missing; responder 'acme-v1' may do add_to_block_list, remove_from_block_list, isolate_endpoint, "
            "restore_endpoint, quarantine_email");
  EXPECT_EQ(refusal(rule_by("blue-v1", ResponseAction::add_to_block_list, {"blue"}), Code::denied),
            "responder 'blue-v1' may not do add_to_block_list; it may do isolate_endpoint, quarantine_email");
  Rule rule = rule_by("acme-v1", ResponseAction::add_to_block_list);
  rule.actions.front().path = "/elsewhere";
  EXPECT_EQ(refusal(rule, Code::invalid), "path goes with a custom responder alone: leave it out");
  put({rule_by("any-v1", std::nullopt)});
}

TEST_F(RuleDeskTest, WhatIsLimitedInTimeCanBeTakenBack) {
  Rule rule = rule_by("acme-v1", ResponseAction::quarantine_email);
  rule.actions.front().lasts = std::chrono::hours{4};
  EXPECT_EQ(refusal(rule, Code::invalid), "nothing takes back quarantine_email: leave out lasts");
  rule = rule_by("any-v1", std::nullopt);
  rule.actions.front().lasts = std::chrono::hours{4};
  EXPECT_EQ(refusal(rule, Code::denied), "responder 'any-v1' may not do isolate_endpoint, which ends what is limited in time");
  rule = rule_by("blue-v1", ResponseAction::isolate_endpoint, {"blue"});
  rule.actions.front().lasts = std::chrono::hours{4};
  put({rule});  // giving back is always allowed
}

TEST_F(RuleDeskTest, EachReasonIsALineAndTheGravestIsTheCode) {
  Rule rule = rule_by("acme-v1", ResponseAction::quarantine_email, {});
  rule.actions.front().lasts = std::chrono::hours{4};
  rule.actions.push_back(tell_action("acme-mail"));
  EXPECT_EQ(refusal(rule, Code::invalid),
            "responder 'acme-v1' acts for acme, and the rule for all\n"
            "rule 'block-bad', action 'block': nothing takes back quarantine_email: leave out lasts\n"
            "rule 'block-bad', action 'tell': channel 'acme-mail' is told of acme, and the rule is for all");
  EXPECT_EQ(rules->flaws_of(rule).size(), 3u);
}

TEST_F(RuleDeskTest, ADocumentIsAppliedAsAWholeOrNotAtAll) {
  const Result<void> applied = rules->apply({block_rule("good"), rule_by("nobody", std::nullopt), tell_rule("fine")}, "alice");
  ASSERT_FALSE(applied);
  EXPECT_THAT(names_in_force(), IsEmpty());
  EXPECT_TRUE(owner->rules()->empty());
  tell({test::sample_at(1)});
  EXPECT_EQ(decided(), "") << "none of them is in force";

  break_call("put_rules");
  changes = 0;
  EXPECT_EQ(rules->apply({block_rule()}, "alice").error(), (Error{Code::full, "rules.db failed"}));
  EXPECT_THAT(names_in_force(), IsEmpty());
  tell({test::sample_at(1)});
  EXPECT_EQ(decided(), "");
  EXPECT_EQ(changes, 0u);
}

TEST_F(RuleDeskTest, WhatIsAppliedIsInForceFromTheNextRecordOnAndReplacesByName) {
  clock.advance(std::chrono::minutes{1});
  put({block_rule(), tell_rule()});
  EXPECT_THAT(names_in_force(), ElementsAre("block-bad", "tell-bad"));
  const KeptRule kept = **rules->rule_named("block-bad");
  EXPECT_EQ(kept.rule, block_rule());
  EXPECT_EQ(kept.changed, clock.wall());
  EXPECT_EQ(kept.changed_by, "alice");
  EXPECT_EQ(owner->rules()->size(), 2u);
  EXPECT_EQ(times_logged("a rule was applied"), 2u);
  tell({test::sample_at(1)});
  EXPECT_EQ(decided(), "block 1 queued, tell 1 queued");

  Rule off = block_rule();
  off.enabled = false;
  put({off});
  EXPECT_THAT(names_in_force(), ElementsAre("block-bad", "tell-bad")) << "the other stays";
  tell({test::sample_at(2)});
  EXPECT_EQ(decided(), "block 1 queued, tell 1 queued, tell 2 queued");
}

TEST_F(RuleDeskTest, WhatIsKeptIsInForceAfterARestart) {
  put({block_rule()});
  restart();
  EXPECT_THAT(names_in_force(), ElementsAre("block-bad"));
  EXPECT_EQ((*rules->rule_named("block-bad"))->rule, block_rule());
  tell({test::sample_at(1)});
  EXPECT_EQ(decided(), "block 1 queued");
  EXPECT_EQ(times_logged("a rule cannot act"), 0u);
  break_call("rules", Code::corrupt);
  EXPECT_EQ(rules->load().error(), (Error{Code::corrupt, "rules.db failed"}));
}

TEST_F(RuleDeskTest, ARuleThatIsTakenAwayActsNoMore) {
  put({block_rule(), tell_rule()});
  tell({test::sample_at(1)});
  ASSERT_TRUE(rules->remove("block-bad", "bob"));
  EXPECT_THAT(names_in_force(), ElementsAre("tell-bad"));
  EXPECT_EQ(owner->rules()->size(), 1u);
  EXPECT_EQ(decided(), "block 1 refused, tell 1 queued") << "nor for what is queued";
  tell({test::sample_at(2)});
  EXPECT_EQ(decided(), "block 1 refused, tell 1 queued, tell 2 queued");
  EXPECT_EQ(rules->remove("block-bad", "bob").error(), (Error{Code::absent, "there is no rule 'block-bad'; there are tell-bad"}));
  break_call("delete_rule");
  EXPECT_EQ(rules->remove("tell-bad", "bob").error().code(), Code::full);
  EXPECT_THAT(names_in_force(), ElementsAre("tell-bad"));
  watch = {};
  ASSERT_TRUE(rules->remove("tell-bad", "bob"));
  EXPECT_THAT(rules->rule_named("tell-bad").error().text(), HasSubstr("make one with `tidegate-processor rule apply`"));
}

TEST_F(RuleDeskTest, EachChangeIsTold) {
  changes = 0;
  put({block_rule()});
  EXPECT_EQ(changes, 1u);
  ASSERT_FALSE(rules->apply({rule_by("nobody", std::nullopt)}, "alice"));
  ASSERT_FALSE(rules->remove("another", "bob"));
  EXPECT_EQ(changes, 1u) << "nothing was changed";
  ASSERT_TRUE(rules->load());
  EXPECT_EQ(changes, 2u);
  ASSERT_TRUE(rules->remove("block-bad", "bob"));
  EXPECT_EQ(changes, 3u);
}

TEST_F(RuleDeskTest, WhatKeepsARuleFromActingIsAFlawForAsLongAsItIsSo) {
  put({block_rule()});
  EXPECT_THAT(rules->flaws_of(block_rule()), IsEmpty());
  Responder narrow = test::visionone_responder();
  narrow.tenants = {"blue"};
  narrow.actions = {ResponseAction::isolate_endpoint};
  keep(narrow);
  EXPECT_THAT(rules->flaws_of(block_rule()),
              ElementsAre("rule 'block-bad', action 'block': responder 'acme-v1' acts for blue, and the rule for acme",
                          "rule 'block-bad', action 'block': responder 'acme-v1' may not do add_to_block_list; it may do "
                          "isolate_endpoint"));
  restart();
  EXPECT_THAT(names_in_force(), ElementsAre("block-bad")) << "it is kept";
  EXPECT_EQ(times_logged("a rule cannot act"), 2u);
  keep(test::visionone_responder());
  EXPECT_THAT(rules->flaws_of(block_rule()), IsEmpty());
  desk.set_rules_of({});
  ASSERT_TRUE(desk.remove("acme-v1", "bob"));
  EXPECT_THAT(rules->flaws_of(block_rule()), ElementsAre(HasSubstr("there is no responder 'acme-v1'")));
}

TEST_F(RuleDeskTest, WhatAChannelMayBeToldOfIsAskedForEachTenant) {
  const Rule all = rule_telling("soc-mail", {});
  EXPECT_TRUE(rules->may_tell(all, tell_action("soc-mail"), "blue"));
  EXPECT_TRUE(rules->may_tell(all, tell_action("acme-mail"), "acme"));
  EXPECT_EQ(rules->may_tell(all, tell_action("acme-mail"), "blue").error().code(), Code::denied);
  EXPECT_EQ(rules->may_tell(all, tell_action("night"), "acme").error().code(), Code::invalid);
  EXPECT_EQ(rules->may_tell(all, tell_action("gone"), "acme").error().code(), Code::absent);
}

TEST_F(RuleDeskTest, AResponderThatARuleActsByIsNotDeleted) {
  Rule off = block_rule("off");
  off.enabled = false;
  put({block_rule(), off, tell_rule()});
  EXPECT_THAT(rules->users_of("acme-v1"), ElementsAre("block-bad", "off"));
  EXPECT_THAT(rules->users_of("ticket"), IsEmpty());
  const Result<void> removed = desk.remove("acme-v1", "bob");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error(), (Error{Code::denied,
                                    "responder 'acme-v1' is needed by rules: block-bad, off; delete them, or apply "
                                    "them without it, first"}));
  ASSERT_TRUE(rules->remove("block-bad", "bob"));
  ASSERT_TRUE(rules->remove("off", "bob"));
  EXPECT_TRUE(desk.remove("acme-v1", "bob"));
}

TEST_F(RuleDeskTest, ARuleThatCannotBeReadIsSaidAndCanBeTakenAwayOrReplaced) {  // P12
  put({block_rule(), tell_rule()});
  EXPECT_THAT(rules->warnings(), IsEmpty());
  for (const bool by_deleting : {true, false}) {
    spoil_rule("block-bad");
    restart();
    EXPECT_THAT(rules->warnings(), ElementsAre(StartsWith("rule 'block-bad' cannot be read any more, and is not in force: ")));
    EXPECT_EQ(rules->rules().size(), 1u) << "it holds up no other";
    EXPECT_THAT(logged, HasSubstr("a rule cannot be read any more"));
    if (by_deleting) {
      ASSERT_TRUE(rules->remove("block-bad", "bob"));
      EXPECT_THAT(rules->warnings(), IsEmpty());
    }
    put({block_rule()});
    EXPECT_THAT(rules->warnings(), IsEmpty());
    EXPECT_EQ(rules->rules().size(), 2u);
  }
}

TEST_F(RuleDeskTest, ThatTheKillSwitchIsOnIsSaid) {  // P12
  put({block_rule()});
  ASSERT_TRUE(desk.set_may_send(false, "carol"));
  EXPECT_THAT(rules->warnings(), ElementsAre(HasSubstr("the kill switch is on")));
}

}  // namespace
}  // namespace tidegate
