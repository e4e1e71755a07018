#include "processor/fleet/rollouts.h"

#include <gtest/gtest.h>

#include "processor/fleet/connector_file.h"
#include "tests/unit/processor/fleet/test_desk.h"

namespace tidegate {
namespace {

using test::connector_yaml;
using test::file_for;
using namespace std::chrono_literals;

const std::vector<std::string> rollout_sensors{"s1", "s2", "s3", "s4"};

class RolloutsTest : public testing::Test, public test::DeskFixture {
 protected:
  RolloutsTest() {
    for (const std::string& sensor : rollout_sensors) enrol(sensor, {"acme"});
    start_again();
  }

  // As after a restart of the processor; sensors have had the time to come back.
  void start_again() {
    begin_again();
    rollouts.emplace(loop_.get_executor(), Rollouts::Parts{*store, *store, *desk, *connectors, clock, log_, system_entropy()});
    const Result<void> loaded = rollouts->load();
    ASSERT_TRUE(loaded) << loaded.error().text();
    clock.advance(RolloutsLimits{}.restart_wait);
  }

  static std::string many(const std::vector<std::string>& sensors,
                          const std::string& more = "region: eu, bearer_token: planted-token") {
    std::string yaml;
    for (const std::string& sensor : sensors) yaml += "---\n" + file_for(sensor, connector_yaml("v1-" + sensor, more));
    return yaml;
  }
  Result<RolloutPlan> begin(const std::string& yaml, RolloutOrder order = {}) {
    order.yaml = yaml;
    order.file_name = "many.yaml";
    if (order.stages.empty()) order.stages = {25, 50, 100};
    return wait(rollouts->begin(std::move(order)));
  }
  std::string begun(RolloutOrder order = {}) {
    const std::string yaml = many(rollout_sensors);
    const Result<RolloutPlan> plan = begin(yaml, std::move(order));
    EXPECT_TRUE(plan) << plan.error().text();
    return plan ? plan->id : std::string{};
  }
  void look(int times = 1) {
    const auto one = [](Rollouts& all) -> asio::awaitable<bool> {
      co_await all.look();
      co_return true;
    };
    for (int i = 0; i < times; ++i) {
      EXPECT_TRUE(wait(one(*rollouts)));
      clock.advance(500ms);
    }
  }
  RolloutHead head(const std::string& id) {
    const Result<Rollout> found = rollouts->show(id);
    EXPECT_TRUE(found) << found.error().text();
    return found ? found->head : RolloutHead{};
  }
  std::string states(const std::string& id) {
    const Result<Rollout> found = rollouts->show(id);
    std::string out;
    if (!found) return found.error().text();
    for (const RolloutTarget& each : found->targets) out.append(out.empty() ? "" : " ").append(name(each.state));
    return out;
  }
  std::string reasons(const std::string& id, std::size_t place) { return rollouts->show(id)->targets.at(place).reasons; }

  std::string logged_;
  Log log_{clock, LogFormat::text, Level::debug, [this](std::string_view line) { logged_.append(line); }};
  asio::io_context loop_{1};
  std::optional<Rollouts> rollouts;
};

TEST(RolloutStages, AreRoundedUpWithOneSensorAtLeastInEach) {
  using Ends = std::vector<std::size_t>;
  EXPECT_EQ(stage_ends(100, {5, 25, 100}), (Ends{5, 25, 100}));
  EXPECT_EQ(stage_ends(30, {5, 25, 100}), (Ends{2, 8, 30}));
  EXPECT_EQ(stage_ends(3, {5, 25, 100}), (Ends{1, 2, 3}));
  EXPECT_EQ(stage_ends(2, {5, 25, 100}), (Ends{1, 2}));
  EXPECT_EQ(stage_ends(1, {100}), (Ends{1}));
}

TEST_F(RolloutsTest, StagesFollowOneAnotherOnceTheirSensorsHaveAnswered) {
  for (const std::string& each : rollout_sensors) desk->answers[each] = {PushState::waiting, 0, {}};
  const std::string id = begun();
  look(3);
  EXPECT_EQ(desk->pushed, (std::vector<std::string>{"s1"})) << "the second stage waits for the first";
  EXPECT_EQ(states(id), "pushing waiting waiting waiting");
  desk->report("s1", ConfigState::applied);
  look(2);
  EXPECT_EQ(states(id), "applied pushing waiting waiting");
  desk->report("s2", ConfigState::applied);
  look(2);
  desk->report("s3", ConfigState::applied);
  desk->report("s4", ConfigState::applied);
  look(2);
  EXPECT_EQ(states(id), "applied applied applied applied");
  EXPECT_EQ(head(id).state, RolloutState::done);
  EXPECT_NE(newest("s4").find("v1-s4"), std::string::npos);
}

TEST_F(RolloutsTest, AFailurePausesAndTheRestStaysUntouched) {  // P8
  desk->answers["s2"] = {PushState::failed, 0, "region: no"};
  const std::string id = begun();
  look(8);
  EXPECT_EQ(states(id), "applied failed waiting waiting");
  EXPECT_EQ(reasons(id, 1), "region: no");
  EXPECT_EQ(head(id).state, RolloutState::paused);
  EXPECT_NE(head(id).why.find("1 sensor failed"), std::string::npos) << head(id).why;
  EXPECT_EQ(newest("s3"), "");
  desk->answers.clear();
  ASSERT_TRUE(rollouts->resume(id, FailedOnes::again));
  look(8);
  EXPECT_EQ(states(id), "applied applied applied applied");
  EXPECT_EQ(head(id).state, RolloutState::done);
}

TEST_F(RolloutsTest, ResumedInSpiteOfAFailureItIsNotTriedAgainAndTheNextOnePausesAnew) {
  desk->answers["s1"] = {PushState::failed, 0, "no"};
  desk->answers["s3"] = {PushState::failed, 0, "no"};
  const std::string id = begun({.stages = {25, 50, 75, 100}});
  look(3);
  ASSERT_EQ(head(id).state, RolloutState::paused);
  ASSERT_TRUE(rollouts->resume(id, FailedOnes::stay));
  look(8);
  EXPECT_EQ(states(id), "failed applied failed waiting");
  EXPECT_EQ(head(id).state, RolloutState::paused);
  EXPECT_EQ(desk->pushed, (std::vector<std::string>{"s1", "s2", "s3"}));
  EXPECT_EQ(rollouts->roll_back("ffffff").error().code(), Code::absent);
}

TEST_F(RolloutsTest, FailuresThatAreAllowedDoNotPause) {
  desk->answers["s1"] = {PushState::failed, 0, "no"};
  const std::string id = begun({.failures_allowed = 1});
  look(8);
  EXPECT_EQ(head(id).state, RolloutState::done);
  EXPECT_EQ(states(id), "failed applied applied applied");
}

TEST_F(RolloutsTest, WhoIsAwayIsNoFailureAndIsNotedWhenHeAnswers) {
  desk->answers["s2"] = {PushState::away, 0, {}};
  desk->states["s2"] = SensorState::silent;
  const std::string id = begun({.stages = {50, 100}});
  look(6);
  EXPECT_EQ(states(id), "applied away applied applied");
  EXPECT_EQ(head(id).state, RolloutState::done);
  start_again();
  desk->states.clear();
  desk->report("s2", ConfigState::applied);
  look();
  EXPECT_EQ(states(id), "applied applied applied applied");
}

TEST_F(RolloutsTest, AStageWhoseSensorsAreAllAwayHasTriedNothing) {
  desk->answers["s1"] = {PushState::away, 0, {}};
  desk->states["s1"] = SensorState::silent;
  const std::string id = begun();
  look(3);
  EXPECT_EQ(head(id).state, RolloutState::paused);
  EXPECT_NE(head(id).why.find("away"), std::string::npos);
  ASSERT_TRUE(rollouts->resume(id, FailedOnes::stay));
  look(8);
  EXPECT_EQ(head(id).state, RolloutState::done);
}

TEST_F(RolloutsTest, OneThatLeavesForATrialIsWaitedFor) {
  desk->answers["s1"] = {PushState::waiting, 0, {}};
  const std::string id = begun();
  look();
  desk->states["s1"] = SensorState::silent;
  look(3);
  EXPECT_EQ(states(id), "pushing waiting waiting waiting");
  clock.advance(RolloutsLimits{}.away_after);
  look();
  EXPECT_EQ(states(id), "away waiting waiting waiting");
}

TEST_F(RolloutsTest, ASensorThatIsConnectedAndNeverAnswersFails) {
  desk->answers["s1"] = {PushState::waiting, 0, {}};
  const std::string id = begun();
  look();
  clock.advance(RolloutsLimits{}.answer_wait);
  look();
  EXPECT_EQ(states(id), "failed waiting waiting waiting");
  EXPECT_EQ(head(id).state, RolloutState::paused);
}

TEST_F(RolloutsTest, AStageSettlesAndAnUnhealthySensorPauses) {
  const std::string id = begun({.settle = 10min});
  look(4);
  EXPECT_EQ(states(id), "applied waiting waiting waiting") << "it settles";
  clock.advance(10min);
  look(3);
  EXPECT_EQ(states(id), "applied applied waiting waiting");
  desk->unhealthy.insert("s2");
  clock.advance(10min);
  look(2);
  EXPECT_EQ(head(id).state, RolloutState::paused);
  EXPECT_NE(head(id).why.find("s2 is not healthy since"), std::string::npos) << head(id).why;
  EXPECT_EQ(newest("s3"), "");
}

TEST_F(RolloutsTest, ItGoesOnAfterARestart) {
  for (const std::string& each : rollout_sensors) desk->answers[each] = {PushState::waiting, 0, {}};
  const std::string id = begun();
  look();
  start_again();
  EXPECT_EQ(states(id), "pushing waiting waiting waiting");
  desk->report("s1", ConfigState::applied);
  desk->answers.clear();
  look(8);
  EXPECT_EQ(head(id).state, RolloutState::done);
  EXPECT_EQ(desk->pushed, rollout_sensors) << "nobody is pushed to twice";
}

TEST_F(RolloutsTest, AfterACrashAPushIsFoundByItsAuthorAndOneThatWasNotMadeIsMade) {
  const std::string id = begun({.stages = {50, 100}});
  // Written that two are pushed; one of them was.
  Rollout rollout = *store->rollout(id);
  rollout.targets[0].state = rollout.targets[1].state = TargetState::pushing;
  const std::vector<std::size_t> places{0, 1};
  ASSERT_TRUE(store->write_rollout(rollout, places));
  ApplyOrder order{file_for("s1", connector_yaml("v1-s1")), "many.yaml", {}};
  order.author = "operator, roll-out " + id;
  ASSERT_TRUE(wait(connectors->apply(order)));
  start_again();
  EXPECT_EQ(states(id), "pushing waiting waiting waiting");
  look(8);
  EXPECT_EQ(states(id), "applied applied applied applied");
  EXPECT_EQ(desk->pushed, rollout_sensors);
}

TEST_F(RolloutsTest, RightAfterAStartThoseWhoHaveNotComeBackAreWaitedFor) {
  const std::string id = begun();
  rollouts.emplace(loop_.get_executor(), Rollouts::Parts{*store, *store, *desk, *connectors, clock, log_, system_entropy()});
  ASSERT_TRUE(rollouts->load());
  desk->states["s1"] = SensorState::silent;
  look(3);
  EXPECT_EQ(states(id), "waiting waiting waiting waiting");
  desk->states.clear();
  look(8);
  EXPECT_EQ(head(id).state, RolloutState::done);
}

TEST_F(RolloutsTest, RollingBackGivesEachWhatItHadAndLeavesWhatCameSince) {
  ASSERT_TRUE(apply(file_for("s1", connector_yaml("old"))));
  const std::string id = begun();
  look(8);
  ASSERT_EQ(head(id).state, RolloutState::done);
  ASSERT_TRUE(apply(file_for("s3", connector_yaml("since"))));
  ASSERT_TRUE(rollouts->roll_back(id));
  look(3);
  EXPECT_EQ(states(id), "reverted reverted applied reverted");
  EXPECT_EQ(head(id).state, RolloutState::rolled_back);
  EXPECT_EQ(head(id).why, "1 sensor was not rolled back");
  EXPECT_NE(reasons(id, 2).find("not rolled back: revision 2 was pushed to sensor s3 since"), std::string::npos) << reasons(id, 2);
  EXPECT_NE(newest("s1").find("old"), std::string::npos);
  EXPECT_EQ(newest("s1").find("v1-s1"), std::string::npos);
  EXPECT_EQ(newest("s2").find("v1-s2"), std::string::npos);
  EXPECT_NE(newest("s3").find("v1-s3"), std::string::npos);
  EXPECT_EQ(desk->authors.back(), "operator, roll-back of roll-out " + id);
}

TEST_F(RolloutsTest, ACancelledOneLeavesWhatWasAppliedAndTouchesNobodyElse) {
  desk->answers["s2"] = {PushState::waiting, 0, {}};
  const std::string id = begun();
  look(4);
  ASSERT_TRUE(rollouts->cancel(id));
  desk->report("s2", ConfigState::applied);
  look(3);
  EXPECT_EQ(states(id), "applied applied waiting waiting");
  EXPECT_EQ(head(id).state, RolloutState::cancelled);
  EXPECT_EQ(rollouts->resume(id, FailedOnes::stay).error().code(), Code::denied);
  EXPECT_EQ(rollouts->cancel(id).error().code(), Code::denied);
}

TEST_F(RolloutsTest, EveryErrorIsThereAtOnceWithSensorAndLineAndNothingIsPushed) {  // P8
  const std::string yaml = file_for("s1", connector_yaml("one", "region: mars, bearer_token: t")) + "---\n" +
                           file_for("nowhere", connector_yaml("two")) + "---\n" + file_for("s3", connector_yaml("three")) +
                           "---\n" + file_for("s3", connector_yaml("four")) + "---\n" + file_for("s4", connector_yaml("three"));
  const Result<RolloutPlan> plan = begin(yaml);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), Code::invalid);
  const std::string& text = plan.error().text();
  for (const char* part : {"sensor s1, document at line 1:", "many.yaml:3: connectors[0].region",
                           "sensor nowhere, document at line 5:", "there is no sensor 'nowhere'", "sensor s3, document at line 13:",
                           "has a document at line 9 already", "sensor s4, document at line 17:", "begins on sensor s3 as well"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in:\n" << text;
  EXPECT_TRUE(desk->pushed.empty());
  EXPECT_TRUE(rollouts->list()->empty());
  EXPECT_EQ(begin(many({"s1"}), {.stages = {50, 25, 100}}).error().code(), Code::invalid);
  EXPECT_EQ(begin(many({"s1"}), {.stages = {50}}).error().code(), Code::invalid);
  EXPECT_EQ(begin("# nothing\n").error().code(), Code::invalid);
}

TEST_F(RolloutsTest, AnErrorHasItsLineInTheWholeFile) {
  const std::string yaml = many({"s1"}) + "---\n" + file_for("s2", connector_yaml("two", "region: mars, bearer_token: t"));
  const Result<RolloutPlan> plan = begin(yaml);
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().text().find("many.yaml:8: connectors[0].region"), std::string::npos) << plan.error().text();
}

TEST_F(RolloutsTest, ASensorIsInOneThatIsNotOverAtMost) {
  const std::string id = begun();
  const Result<RolloutPlan> second = begin(many({"s4"}));
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().text().find("is in roll-out " + id), std::string::npos) << second.error().text();
  ASSERT_TRUE(rollouts->cancel(id));
  EXPECT_TRUE(begin(many({"s4"})));
}

TEST_F(RolloutsTest, ADryRunTellsStagesAndChangesAndKeepsNothing) {
  const Result<RolloutPlan> plan = begin(many(rollout_sensors), {.dry_run = true});
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->id, "");
  ASSERT_EQ(plan->targets.size(), 4u);
  EXPECT_EQ(plan->targets[0].stage, 1u);
  EXPECT_EQ(plan->targets[1].stage, 2u);
  EXPECT_EQ(plan->targets[3].stage, 3u);
  EXPECT_EQ(plan->targets[3].changes.at(0).connector, "v1-s4");
  EXPECT_TRUE(rollouts->list()->empty());
  EXPECT_TRUE(desk->pushed.empty());
}

TEST_F(RolloutsTest, WhatASensorHasAlreadyIsUnchanged) {
  ASSERT_TRUE(apply(file_for("s1", connector_yaml("v1-s1"))));
  const std::string id = begun();
  look(8);
  EXPECT_EQ(states(id), "unchanged applied applied applied");
}

TEST_F(RolloutsTest, FollowingReturnsWhenThereIsProgress) {
  const std::string id = begun();
  const Result<RolloutSummary> now = wait(rollouts->follow(id, "", 20s));
  ASSERT_TRUE(now);
  EXPECT_EQ(now->head.state, RolloutState::running);
  look(8);
  const Result<RolloutSummary> later = wait(rollouts->follow(id, progress_of(*now), 20s));
  ASSERT_TRUE(later);
  EXPECT_EQ(later->head.state, RolloutState::done);
  EXPECT_EQ(later->count(TargetState::applied), 4u);
  EXPECT_EQ(wait(rollouts->follow("ffffff", "", 20s)).error().code(), Code::absent);
}

TEST_F(RolloutsTest, NoLineOfTheLogHoldsASecret) {  // P10
  const std::string id = begun();
  look(8);
  ASSERT_EQ(head(id).state, RolloutState::done);
  EXPECT_EQ(logged_.find("planted-token"), std::string::npos) << logged_;
}

TEST(FileDocuments, AreFoundBetweenTheirLines) {
  const std::string yaml = "# only words\n---\na: 1\n--- # next\n\nb: |\n  ---\n  x\n---\n# nothing\n";
  const std::vector<FileDocument> documents = documents_of(yaml);
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0].yaml, "a: 1\n");
  EXPECT_EQ(documents[0].lines_before, 2u);
  EXPECT_EQ(documents[1].yaml, "\nb: |\n  ---\n  x\n");
  EXPECT_EQ(documents[1].lines_before, 4u);
  EXPECT_EQ(documents_of("a: 1").size(), 1u);
  EXPECT_EQ(documents_of("a: 1\n---- no\n").size(), 1u);
  EXPECT_TRUE(documents_of("").empty());
}

TEST_F(RolloutsTest, SeveralDocumentsWithoutStagesAreRefusedWithTheRemedy) {
  const Result<ConnectorsOutcome> outcome = apply(many({"s1", "s2"}));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), Code::invalid);
  EXPECT_NE(outcome.error().text().find("has 2 documents; give --stages"), std::string::npos) << outcome.error().text();
}

}  // namespace
}  // namespace tidegate
