#include "processor/rule_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "tests/support/json_samples.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::json_object;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr WallTime rule_told_at{1'795'521'600s};  // 2026-11-24T12:00:00Z

KeptRule told_rule() {
  KeptRule kept;
  kept.rule.name = "logins";
  kept.rule.query = "result: failed";
  kept.rule.on = RuleTrigger::both;
  kept.rule.every = 5min;
  kept.rule.look_back = 15min;
  kept.changed_by = "alice";
  return kept;
}

//   requires: `kept` outlives it
RuleView told_view(const KeptRule& kept) {
  RuleView view;
  view.kept = &kept;
  view.totals = {.fired = 5, .muted = 4, .capped = 3, .too_old = 2, .refused = 1, .queued = 6, .last_fired = rule_told_at};
  return view;
}

RuleDecision told_decision(RuleOutcome outcome, FiringState state) {
  RuleDecision decision;
  decision.key = {"logins", "tell", "acme", Id128{1, 2}};
  decision.outcome = outcome;
  decision.state = state;
  decision.at = rule_told_at;
  return decision;
}

RuleRehearsal rehearsed_rule(std::uint64_t fired) {
  RuleRehearsal found;
  found.range = {rule_told_at - 1h, rule_told_at + 250ms};
  found.matched = fired;
  found.tally.fired = fired;
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(fired, 2); ++i) {
    WouldFire& one = found.decisions.emplace_back();
    one.at = rule_told_at - 30min;
    one.record_id = std::string(32, 'a');
    one.tenant = "acme";
    one.action = "tell";
    one.what = "tells soc";
  }
  return found;
}

std::ptrdiff_t lines_told(const std::string& text) { return std::ranges::count(text, '\n'); }

TEST(RuleTexts, AnOutcomeIsReadAsItIsWritten) {
  for (const RuleOutcome outcome : {RuleOutcome::fired, RuleOutcome::muted, RuleOutcome::capped})
    EXPECT_EQ(rule_outcome_of(name(outcome)), outcome);
  for (const char* other : {"", "Fired", "unknown", "queued"}) EXPECT_EQ(rule_outcome_of(other), std::nullopt) << other;
}

TEST(RuleTexts, AListSaysHowEachRuleFares) {
  KeptRule kept = told_rule();
  const RuleView view = told_view(kept);
  EXPECT_EQ(
      rules_text({view}, {}),
      "logins  both, every 5min  all tenants  enabled  fired 5, muted 4, capped 3, too old 2, refused 1, queued 6; last fired "
      "2026-11-24T12:00:00Z\n");
  kept.rule.enabled = false;
  EXPECT_THAT(rules_text({view}, {}), HasSubstr("  not enabled  "));
  kept.rule.dry_run = true;
  EXPECT_THAT(rules_text({view}, {}), HasSubstr("  not enabled, DRY RUN  "));
  kept.rule.enabled = true;
  kept.rule.tenants = {"acme", "blue"};
  EXPECT_THAT(rules_text({view}, {}), HasSubstr("  acme, blue  DRY RUN  "));
}

TEST(RuleTexts, EachFlawIsAWarningOnLinesOfItsOwn) {  // P12
  const KeptRule kept = told_rule();
  RuleView view = told_view(kept);
  view.flaws = {"there is no responder\x1b", "two\nlines"};
  view.sight.trouble = "the index cannot be read";
  EXPECT_THAT(rules_text({view}, {}), EndsWith("\n  WARNING: there is no responder?\n  WARNING: two\n  WARNING: lines\n"
                                               "  WARNING: its last look failed: the index cannot be read\n"));
  EXPECT_EQ(json_object(rules_json({view}, {})).at("rules").as_array().at(0).as_object().at("warnings").as_array().size(), 3u);
}

TEST(RuleTexts, ARuleAsJsonHasItsTotalsAndItsDocument) {
  const KeptRule kept = told_rule();
  RuleDetail detail;
  detail.rule = told_view(kept);
  detail.decisions = {told_decision(RuleOutcome::muted, FiringState::done)};
  detail.now = rule_told_at;
  const boost::json::object json = json_object(rule_json(detail));
  EXPECT_EQ(json.at("on"), "both");
  EXPECT_EQ(json.at("all_tenants"), true);
  const boost::json::object& totals = json.at("totals").as_object();
  EXPECT_EQ(totals.at("too_old"), 2);
  EXPECT_EQ(totals.at("queued"), 6);
  EXPECT_EQ(totals.at("last_fired"), "2026-11-24T12:00:00Z");
  EXPECT_THAT(std::string{json.at("document").as_string()}, HasSubstr("logins"));
  EXPECT_FALSE(json.at("decisions").as_array().at(0).as_object().contains("state")) << "of one that fired alone";
  EXPECT_TRUE(json.at("looked").is_null());
}

TEST(RuleTexts, ADecisionSaysWhatBecameOfIt) {
  const std::string record = to_hex(Id128{1, 2});
  const auto text_of = [](const RuleDecision& decision) { return decisions_text({decision}, 100); };
  const std::string of = "  rule logins  action tell  record " + record + "  acme";
  EXPECT_EQ(text_of(told_decision(RuleOutcome::fired, FiringState::done)), "2026-11-24T12:00:00Z  fired" + of + "\n1 decision\n");
  EXPECT_THAT(text_of(told_decision(RuleOutcome::fired, FiringState::queued)),
              StartsWith("2026-11-24T12:00:00Z  fired, queued" + of));
  EXPECT_THAT(text_of(told_decision(RuleOutcome::capped, FiringState::done)), StartsWith("2026-11-24T12:00:00Z  capped" + of));
  RuleDecision refused = told_decision(RuleOutcome::fired, FiringState::refused);
  refused.entities = "alice\nbob";
  refused.count = 12;
  refused.run_id = "3f2a";
  refused.reason = "agentGuid is missing\nthe record has two hosts";
  EXPECT_EQ(text_of(refused),
            "2026-11-24T12:00:00Z  fired, refused" + of +
                "  alice bob  12 records  run 3f2a\n    agentGuid is missing\n    the record has two hosts\n1 decision\n");
  EXPECT_EQ(json_object(decisions_json({refused})).at("decisions").as_array().at(0).as_object().at("state"), "refused");
}

TEST(RuleTexts, AReasonIsLinesOfTheirOwnAndHasNoControls) {
  RuleDecision refused = told_decision(RuleOutcome::fired, FiringState::refused);
  refused.reason = "one\x1b[2J\xC2\x9B\x31mred\n\n" + std::string(rule_reason_bytes_max + 100, 'x') + "\nlast\n";
  EXPECT_THAT(decisions_text({refused}, 100), EndsWith("  acme\n    one [2J 1mred\n    \n    " +
                                                       std::string(rule_reason_bytes_max, 'x') + "\n    last\n1 decision\n"));
}

TEST(RuleTexts, ThatThereMayBeMoreDecisionsIsSaidWithWhatShowsThem) {
  const std::vector<RuleDecision> two(2, told_decision(RuleOutcome::muted, FiringState::done));
  EXPECT_THAT(decisions_text(two, 3), EndsWith("\n2 decisions\n"));
  EXPECT_THAT(decisions_text(two, 2), EndsWith("\n2 decisions, the newest; there may be more: --limit shows them\n"));
  const std::vector<RuleDecision> most(rule_decisions_shown_max, two.front());
  EXPECT_THAT(decisions_text(most, rule_decisions_shown_max),
              EndsWith("\n1000 decisions, the newest; there may be more: NAME and --outcome narrow them\n"));
}

TEST(RuleTexts, ARehearsalEchoesTheRangeAndCountsWhatIsNotShown) {
  const Rule rule = told_rule().rule;
  const std::string text = rule_run_text(rule, RuleRunning::rehearsed, rehearsed_rule(5));
  EXPECT_THAT(text, StartsWith("REHEARSAL: nothing is done, and nothing is written down; --act does it\n"
                               "range: 2026-11-24T11:00:00Z to 2026-11-24T12:00:00.250Z\n5 records match\n"
                               "2026-11-24T11:30:00Z  would fire  record aaaa"));
  EXPECT_THAT(text, EndsWith("    tells soc\n3 more decisions are not shown\n5 would fire, 0 muted, 0 capped\n"));
  EXPECT_THAT(rule_run_text(rule, RuleRunning::acted, rehearsed_rule(3)),
              EndsWith("    tells soc\n1 more decision is not shown\n3 fired, 0 muted, 0 capped\n"));
  EXPECT_THAT(rule_run_text(rule, RuleRunning::acted, rehearsed_rule(1)), Not(HasSubstr("not shown")));
  RuleRehearsal cut = rehearsed_rule(5);
  cut.cut = true;
  EXPECT_THAT(rule_run_text(rule, RuleRunning::rehearsed, cut), HasSubstr("\nat least 5 records match\n"));
  const boost::json::object json = json_object(rule_run_json(rule, RuleRunning::rehearsed, rehearsed_rule(5)));
  EXPECT_EQ(json.at("cut"), false);
  EXPECT_EQ(json.at("not_shown"), 3);
  EXPECT_EQ(json.at("to"), "2026-11-24T12:00:00.250Z");
}

TEST(RuleTexts, WhatARunSaysOfRecordsBeginsNoLine) {
  RuleRehearsal found = rehearsed_rule(1);
  found.decisions[0].entities = "one\n9 would fire";
  found.decisions[0].what = "isolate_endpoint by acme-v1: agentGuid x\n9 would fire\x1b[2J";
  found.decisions[0].refused = "it is protected\nit is protected twice";
  found.decisions[0].count = 4;
  found.warnings = {"2026-11-23.db cannot be read"};
  const std::string text = rule_run_text(told_rule().rule, RuleRunning::rehearsed, found);
  EXPECT_THAT(text, HasSubstr("  acme  one 9 would fire  4 records\n    isolate_endpoint by acme-v1: agentGuid x 9 would fire [2J\n"
                              "    refused: it is protected\n    refused: it is protected twice\n"));
  EXPECT_THAT(text, EndsWith("1 would fire, 0 muted, 0 capped\nWARNING: 2026-11-23.db cannot be read\n"));
}

TEST(RuleTexts, ADryRunThatActsSaysThatNothingIsSent) {
  Rule rule = told_rule().rule;
  EXPECT_THAT(rule_run_text(rule, RuleRunning::acted, rehearsed_rule(1)), StartsWith("range: "));
  rule.dry_run = true;
  EXPECT_THAT(rule_run_text(rule, RuleRunning::acted, rehearsed_rule(1)),
              StartsWith("DRY RUN: runs are kept as dry runs, and nothing is"));
  EXPECT_EQ(applied_rules_text({rule}, RuleApplying::done), "rule logins is in force as a DRY RUN: nothing is sent or told\n");
  rule.enabled = false;
  rule.dry_run = false;
  EXPECT_EQ(applied_rules_text({rule}, RuleApplying::done), "rule logins is kept, and not enabled\n");
  EXPECT_EQ(applied_rules_text({rule}, RuleApplying::checked), "rule logins would be kept, and not be enabled\n");
}

TEST(RuleTexts, MutesAreShownUpToABoundAndCounted) {
  std::vector<RuleMute> mutes;
  for (std::size_t i = 0; i < rule_mutes_shown_max + 5; ++i)
    mutes.push_back({"logins", "tell", "acme", "user " + std::to_string(i), rule_told_at, rule_told_at + 1h, 1});
  mutes[0].entity.clear();
  mutes[1].until = rule_told_at;
  mutes[1].muted = 2;
  const std::string text = mutes_text(mutes, rule_told_at);
  EXPECT_EQ(lines_told(text), static_cast<std::ptrdiff_t>(rule_mutes_shown_max) + 1);
  EXPECT_THAT(text,
              StartsWith("tell  acme  all of the tenant  until 2026-11-24T13:00:00Z  from 2026-11-24T12:00:00Z  held up 1 time\n"
                         "tell  acme  user 1  over since 2026-11-24T12:00:00Z  from 2026-11-24T12:00:00Z  held up 2 times\n"));
  EXPECT_THAT(text, EndsWith("\n1005 mutes; the first 1000 are shown\n"));
  mutes.resize(RuleLimits{}.rows_shown_max, mutes.back());
  EXPECT_THAT(mutes_text(mutes, rule_told_at), EndsWith("\nat least 10000 mutes; the first 1000 are shown\n"));
  mutes.resize(rule_mutes_shown_max + 5);
  const boost::json::object json = json_object(mutes_json(mutes, rule_told_at));
  EXPECT_EQ(json.at("mutes_at_least"), 1005);
  EXPECT_EQ(json.at("mutes").as_array().size(), rule_mutes_shown_max);
  EXPECT_EQ(json.at("mutes").as_array().at(1).as_object().at("holds"), false);
}

}  // namespace
}  // namespace tidegate
