// What a rule would have done, and what it does when it is run by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "processor/respond/rule_desk.h"
#include "processor/rule_texts.h"
#include "tests/unit/processor/respond/rule_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::block_rule;
using test::sample_at;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RuleDeskRunTest : public testing::Test, public test::RuleDeskRig {
 protected:
  RuleRehearsal rehearsed(const std::string& name, RuleRange range = {}) {
    Result<RuleRehearsal> done = answer_of(rules->rehearse(name, range));
    EXPECT_TRUE(done) << done.error().text();
    return done ? *std::move(done) : RuleRehearsal{};
  }
  RuleRehearsal run_now(const std::string& name, RuleRange range = {}) {
    Result<RuleRehearsal> done = answer_of(rules->run_now(name, range, "bob"));
    EXPECT_TRUE(done) << done.error().text();
    return done ? *std::move(done) : RuleRehearsal{};
  }
  Error rehearsal_error(const std::string& name, RuleRange range = {}) {
    const Result<RuleRehearsal> done = answer_of(rules->rehearse(name, range));
    return done ? Error{Code::gone, "it was rehearsed"} : done.error();
  }
  Error run_error(const std::string& name, RuleRange range = {}) {
    const Result<RuleRehearsal> done = answer_of(rules->run_now(name, range, "bob"));
    return done ? Error{Code::gone, "it was run"} : done.error();
  }
  // "block fired: what", a line each.
  static std::vector<std::string> told_of(const RuleRehearsal& rehearsal) {
    std::vector<std::string> lines;
    for (const WouldFire& one : rehearsal.decisions)
      lines.push_back(one.action + " " + std::string{name(one.outcome)} + (one.what.empty() ? "" : ": " + one.what) +
                      (one.refused.empty() ? "" : " refused: " + one.refused));
    return lines;
  }
  // Nothing of a rehearsal is left.
  void expect_untouched() {
    EXPECT_EQ(decided(), "");
    EXPECT_TRUE(owner->totals()->empty());
    EXPECT_TRUE(owner->mutes("block-bad")->empty());
    EXPECT_TRUE(owner->queued(10)->empty());
    EXPECT_TRUE(owner->looked()->empty());
    EXPECT_TRUE(store.all.empty());
    EXPECT_TRUE(events.written.empty());
  }
  // Blocks, at most once in an hour for a severity, and tells, at most once in an hour for all.
  static Rule muting_rule() {
    Rule rule = block_rule();
    rule.entity = "trendmicro_visionone.severity";
    rule.actions.front().mute = 1h;
    RuleAction tell = test::tell_action();
    tell.per_hour = 1;
    rule.actions.push_back(tell);
    return rule;
  }
};

TEST_F(RuleDeskRunTest, ARehearsalTellsWhatWouldHaveBeenDoneAndLeavesNothing) {
  put({muting_rule()});
  hold({sample_at(2, -2h + 30min), sample_at(1, -2h), sample_at(3, -30min)});
  const RuleRehearsal rehearsal = rehearsed("block-bad");
  EXPECT_EQ(rehearsal.range.from, test::desk_noon - 24h);
  EXPECT_EQ(rehearsal.range.to, test::desk_noon);
  EXPECT_EQ(rehearsal.matched, 3u);
  EXPECT_EQ(rehearsal.tally.fired, 4u);
  EXPECT_EQ(rehearsal.tally.muted, 1u);
  EXPECT_EQ(rehearsal.tally.capped, 1u);
  EXPECT_THAT(rehearsal.warnings, IsEmpty());
  const std::string blocks = "block fired: add_to_block_list by acme-v1: domain bad.example";
  EXPECT_THAT(told_of(rehearsal), ElementsAre(blocks, "tell fired: tells soc-mail", "block muted", "tell capped", blocks,
                                              "tell fired: tells soc-mail"));
  const WouldFire& first = rehearsal.decisions.front();
  EXPECT_EQ(first.at, test::desk_noon - 2h) << "the record's own time";
  EXPECT_EQ(first.record_id, to_hex(test::record_id(1)));
  EXPECT_EQ(first.tenant, "acme");
  EXPECT_EQ(first.entities, "high");
  EXPECT_EQ(first.count, 1u);
  expect_untouched();
}

TEST_F(RuleDeskRunTest, ARehearsalTellsWhatItsResponderOrChannelWouldRefuse) {
  Rule rule = block_rule();
  rule.actions.front().given.clear();
  rule.actions.push_back(test::tell_action("acme-mail"));
  put({rule, block_rule("guarded")});
  hold({sample_at(1, -1h)});
  std::vector<std::string> lines = told_of(rehearsed("block-bad"));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines.front(), HasSubstr("block fired refused: "));
  EXPECT_THAT(lines.front(), HasSubstr("fileSha1")) << "what is missing";

  Responder guarded = test::visionone_responder();
  guarded.guards.protect = {"bad.example"};
  keep(guarded);
  channels = {{"acme-mail", EventSeverity::warning, {"blue"}}};
  restart();
  lines = told_of(rehearsed("guarded"));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines.front(), HasSubstr("\"bad.example\" is protected"));
  lines = told_of(rehearsed("block-bad"));
  EXPECT_THAT(lines.back(), HasSubstr("tell fired refused: "));
  EXPECT_THAT(lines.back(), HasSubstr("channel 'acme-mail' is told of blue"));
}

TEST_F(RuleDeskRunTest, ARehearsalBeginsWithNothingDecided) {
  put({muting_rule()});
  hold({sample_at(1, -1h)});
  tell({sample_at(1, -1h)});
  const std::string before = decided();
  EXPECT_EQ(rehearsed("block-bad").tally.fired, 2u) << "whatever was decided, and is muted";
  EXPECT_EQ(decided(), before);
}

TEST_F(RuleDeskRunTest, ARehearsalOfARuleThatCountsTellsHowMany) {
  Rule rule = block_rule();
  rule.on = RuleTrigger::schedule;
  rule.every = 5min;
  rule.look_back = 1h;
  rule.at_least = 3;
  rule.enabled = false;
  put({rule});
  hold({sample_at(1, -50min), sample_at(2, -40min)});
  EXPECT_THAT(rehearsed("block-bad").decisions, IsEmpty());
  hold({sample_at(3, -30min), sample_at(4, -61min)});
  const RuleRehearsal rehearsal = rehearsed("block-bad");
  EXPECT_EQ(rehearsal.range.from, test::desk_noon - 1h) << "look_back";
  EXPECT_EQ(rehearsal.matched, 3u);
  ASSERT_EQ(rehearsal.decisions.size(), 1u);
  EXPECT_EQ(rehearsal.decisions.front().count, 3u);
  EXPECT_EQ(rehearsal.decisions.front().record_id, to_hex(test::record_id(3))) << "the newest";
  EXPECT_EQ(rehearsal.decisions.front().what, "add_to_block_list by acme-v1: domain bad.example");
  expect_untouched();
}

TEST_F(RuleDeskRunTest, TheListOfARehearsalIsBoundedAndItsTallyIsWhole) {
  Rule rule = muting_rule();
  rule.actions.front().mute.reset();
  for (RuleAction& action : rule.actions) action.per_hour = rule_per_hour_max;
  put({rule});
  constexpr std::uint64_t records = 600;
  for (std::uint64_t number = 1; number <= records; ++number) hold({sample_at(number, -1h + std::chrono::seconds{number})});
  const RuleRehearsal rehearsal = rehearsed("block-bad");
  EXPECT_EQ(rehearsal.matched, records);
  EXPECT_EQ(rehearsal.tally.fired, 2 * records);
  ASSERT_EQ(rehearsal.decisions.size(), rehearsal_shown_max);
  EXPECT_EQ(rehearsal.decisions.front().record_id, to_hex(test::record_id(1))) << "the oldest first";
  EXPECT_EQ(rehearsal.decisions.back().record_id, to_hex(test::record_id(rehearsal_shown_max / 2)));
}

TEST_F(RuleDeskRunTest, WhatCannotBeReadIsWarnedOf) {
  put({block_rule()});
  hold({sample_at(1, -1h)});
  index.unreadable = {"2026-11-23: damaged"};
  EXPECT_THAT(rehearsed("block-bad").warnings, ElementsAre("2026-11-23: damaged"));
  EXPECT_THAT(run_now("block-bad").warnings, ElementsAre("2026-11-23: damaged"));
  index.broken = Error{Code::unavailable, "the index is away"};
  EXPECT_EQ(rehearsal_error("block-bad"), (Error{Code::unavailable, "the index is away"}));
  EXPECT_EQ(run_error("block-bad"), (Error{Code::unavailable, "the index is away"}));
}

TEST_F(RuleDeskRunTest, WhereNothingMatchesAFieldThatNoRecordHasIsWarnedOf) {  // P12
  Rule rule = block_rule();
  rule.query = "trendmicro_visionone.severty: high";
  put({rule});
  hold({sample_at(1, -1h)});
  index.fields.paths = {"trendmicro_visionone.severity"};
  const auto warned = ElementsAre(AllOf(HasSubstr("no record in the range has a field 'trendmicro_visionone.severty'"),
                                        HasSubstr("the nearest is 'trendmicro_visionone.severity'")));
  EXPECT_THAT(rehearsed("block-bad").warnings, warned);
  EXPECT_THAT(run_now("block-bad").warnings, warned);
  rule.query = "trendmicro_visionone.severity: none";
  put({rule});
  EXPECT_THAT(rehearsed("block-bad").warnings, IsEmpty()) << "the field is there";
  rule.query = "trendmicro_visionone.severity: high OR trendmicro_visionone.severty: high";
  put({rule});
  EXPECT_THAT(rehearsed("block-bad").warnings, IsEmpty()) << "something matches";
}

TEST_F(RuleDeskRunTest, OfMoreThanAreLookedAtItIsSaidThatThereAreAtLeastSoMany) {  // P12
  put({block_rule()});
  const std::uint64_t most = RuleLookLimits{}.cases_max;
  for (std::uint64_t number = 1; number <= most; ++number) hold({sample_at(number, -1h)});
  RuleRehearsal rehearsal = rehearsed("block-bad");
  EXPECT_FALSE(rehearsal.cut);
  EXPECT_THAT(rule_run_text(block_rule(), RuleRunning::rehearsed, rehearsal), HasSubstr("\n10000 records match\n"));
  hold({sample_at(most + 1, -1h), sample_at(most + 2, -1h)});
  rehearsal = rehearsed("block-bad");
  EXPECT_TRUE(rehearsal.cut);
  EXPECT_THAT(rule_run_text(block_rule(), RuleRunning::rehearsed, rehearsal), HasSubstr("\nat least 10001 records match\n"));
  EXPECT_THAT(rehearsal.warnings, ElementsAre(HasSubstr("more records match than are looked at in one go")));
}

TEST_F(RuleDeskRunTest, ASearchEndsWithWhoeverWaitsForIt) {
  put({block_rule()});
  hold({sample_at(1, -1h)});
  for (const bool acts : {false, true}) {
    test::SearchGate gate;
    index.on_search = gate.for_first();
    asio::cancellation_signal stop;
    std::optional<Result<RuleRehearsal>> answer;
    asio::awaitable<Result<RuleRehearsal>> asked = acts ? rules->run_now("block-bad", {}, "bob") : rules->rehearse("block-bad", {});
    asio::co_spawn(loop, keep_result(std::move(asked), answer),
                   asio::bind_cancellation_slot(stop.slot(), [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); }));
    turn();
    gate.await_first();
    stop.emit(asio::cancellation_type::terminal);
    turn();  // it is heard on the loop
    gate.open();
    run_until_then([&answer] { return answer.has_value(); });
    ASSERT_FALSE(*answer) << acts;
    EXPECT_EQ(answer->error().code(), Code::cancelled);
    EXPECT_EQ(decided(), "");
  }
}

TEST_F(RuleDeskRunTest, ARangeIsInOrderAndARuleIsThere) {
  put({block_rule()});
  const WallTime noon = test::desk_noon;
  for (const RuleRange& range : {RuleRange{noon, noon - 1h}, RuleRange{noon - 1h, noon - 1h}, RuleRange{noon + 1s, std::nullopt}}) {
    EXPECT_EQ(rehearsal_error("block-bad", range).code(), Code::invalid);
    EXPECT_EQ(run_error("block-bad", range).code(), Code::invalid);
  }
  EXPECT_EQ(rehearsal_error("block-bad", {noon, noon - 1h}).text(),
            "from: 2026-11-24T12:00:00Z is not before 2026-11-24T11:00:00Z");
  EXPECT_EQ(rehearsal_error("other"), (Error{Code::absent, "there is no rule 'other'; there are block-bad"}));
  EXPECT_EQ(run_error("other").code(), Code::absent);
  EXPECT_EQ(index.opened, 0u);
  const RuleRehearsal rehearsal = rehearsed("block-bad", {noon - 3h, noon - 2h});
  EXPECT_EQ(rehearsal.range.from, noon - 3h);
  EXPECT_EQ(rehearsal.range.to, noon - 2h);
  EXPECT_EQ(rehearsed("block-bad", {std::nullopt, noon - 2h}).range.from, noon - 26h);
}

TEST_F(RuleDeskRunTest, RunByHandItDecidesAsOnScheduleAndTwiceNothingNew) {
  put({muting_rule()});
  hold({sample_at(1, -2h), sample_at(2, -30min)});
  const RuleRehearsal done = run_now("block-bad");
  EXPECT_EQ(done.matched, 2u);
  EXPECT_EQ(done.tally.fired, 2u);
  EXPECT_EQ(done.tally.muted, 1u) << "both come in now";
  EXPECT_EQ(done.tally.capped, 1u);
  EXPECT_THAT(told_of(done), ElementsAre("block fired", "tell fired", "block muted", "tell capped"));
  EXPECT_EQ(done.decisions.front().at, test::desk_noon);
  EXPECT_EQ(decided(), "block 1 queued, tell 1 queued, block 2 muted, tell 2 capped");
  EXPECT_EQ(owner->queued(10)->size(), 2u);
  EXPECT_EQ(times_logged("a rule is run by hand"), 1u);

  clock.advance(2h);
  const RuleRehearsal again = run_now("block-bad");
  EXPECT_EQ(again.matched, 2u);
  EXPECT_EQ(again.tally.fired + again.tally.muted + again.tally.capped, 0u) << "what was decided stays decided (P9)";
  EXPECT_THAT(again.decisions, IsEmpty());
  EXPECT_EQ(decided(), "block 1 queued, tell 1 queued, block 2 muted, tell 2 capped");
}

TEST_F(RuleDeskRunTest, P9OfRecordsOlderThanWhatIsKeptNoneIsActedUponByHand) {
  put({block_rule()});
  hold({sample_at(1, -24h * 8)});
  const RuleRange old{test::desk_noon - 24h * 9, std::nullopt};
  EXPECT_EQ(run_error("block-bad", old).code(), Code::invalid);
  EXPECT_EQ(decided(), "");
  EXPECT_EQ(rehearsed("block-bad", old).tally.fired, 1u) << "it does nothing";
  EXPECT_EQ(run_now("block-bad", {test::desk_noon - 24h * 7, std::nullopt}).matched, 0u);
}

TEST_F(RuleDeskRunTest, P9ARuleThatIsOffIsRehearsedAndNotRun) {
  Rule off = block_rule();
  off.enabled = false;
  put({off});
  hold({sample_at(1, -1h)});
  EXPECT_EQ(rehearsed(off.name).tally.fired, 1u);
  const Error refused = run_error(off.name);
  EXPECT_EQ(refused.code(), Code::invalid);
  EXPECT_THAT(refused.text(), HasSubstr("is not enabled"));
  EXPECT_EQ(decided(), "") << "its records can be acted upon once it is";
}

TEST_F(RuleDeskRunTest, P9WhatWasRunByHandIsNotDoneAgainOnTheStream) {
  put({block_rule()});
  hold({sample_at(1)});
  run_now("block-bad", {test::desk_noon, test::desk_noon + 1h});
  tell({sample_at(1), sample_at(2)});
  EXPECT_EQ(decided(), "block 1 queued, block 2 queued");
  hold({sample_at(2)});
  clock.advance(1min);
  EXPECT_THAT(run_now("block-bad", {test::desk_noon, test::desk_noon + 1h}).decisions, IsEmpty());
}

TEST_F(RuleDeskRunTest, AStoreThatFailsIsTheErrorOfARun) {
  put({block_rule()});
  hold({sample_at(1, -1h)});
  break_call("decide");
  EXPECT_EQ(run_error("block-bad").code(), Code::full);
  EXPECT_EQ(decided(), "");
  EXPECT_EQ(rehearsed("block-bad").tally.fired, 1u) << "it writes nothing";
}

}  // namespace
}  // namespace tidegate
