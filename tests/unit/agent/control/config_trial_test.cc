#include "agent/control/config_trial.h"

#include "tests/unit/agent/control/trial_fixture.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class P8Trial : public TrialTest {};

}  // namespace

TEST_F(P8Trial, AGoodOneIsStoredTriedKeptAndReported) {
  start();
  offer("h1", document(1, {"a", "b"}));
  EXPECT_EQ(told(), "APPLYING h1, APPLIED h1");
  EXPECT_EQ(trial_->status().revision, 1u);
  EXPECT_THAT(running(), ElementsAre("local", "a", "b"));
  EXPECT_EQ(world_->renewals, 1u) << "the control link came back under it";
  EXPECT_EQ(kept_hash(), "h1");
  EXPECT_FALSE(disk_.kept.candidate);
  EXPECT_EQ(trial_->in_force(), world_->running);
  EXPECT_THAT(lines_, HasSubstr("connectors[a]: begins; connectors[b]: begins"));
  EXPECT_THAT(metrics_.text(), HasSubstr("tidegate_config_offers_total{outcome=\"applied\"} 1"));
}

TEST_F(P8Trial, ABadOneTouchesNothingAndEveryReasonIsReported) {
  start();
  offer("h1", document(1, {"a"}));
  offer("h2", "revision: 2\nconnectors:\n" + entry("x", "t", ", intervall: 5min") + entry("local"));
  EXPECT_EQ(told(), "APPLYING h1, APPLIED h1, APPLYING h2, FAILED h2");
  EXPECT_THAT(trial_->status().reasons,
              HasSubstr("connectors[0].intervall: is not a known key; the nearest known key is interval"));
  EXPECT_THAT(trial_->status().reasons,
              HasSubstr("connectors[1].name: 'local' is the name of a connector of the sensor's own file"));
  EXPECT_EQ(world_->rebuilt, 1u);
  EXPECT_EQ(world_->renewals, 1u);
  EXPECT_EQ(kept_hash(), "h1");
  EXPECT_EQ(disk_.kept.refusal->hash, "h2");
}

TEST_F(P8Trial, AnEmptyOfferNeverErases) {
  start();
  offer("h1", document(1, {"a"}));
  offer("h2", "");
  EXPECT_EQ(trial_->status().state, RemoteState::failed);
  EXPECT_THAT(trial_->status().reasons, HasSubstr("is empty, which changes nothing"));
  EXPECT_THAT(running(), ElementsAre("local", "a"));
  offer("h3", document(3, {}));
  EXPECT_EQ(trial_->status().state, RemoteState::applied);
  EXPECT_THAT(running(), ElementsAre("local")) << "an explicit list of none does";
}

TEST_F(P8Trial, OneUnderWhichTheLinkDoesNotComeBackWithinAMinuteIsRolledBack) {
  start();
  offer("h1", document(1, {"a"}));
  const SteadyTime before = clock_.steady();
  offer("h2", document(2, {"a", "cuts-link"}));
  EXPECT_EQ(told(), "APPLYING h1, APPLIED h1, APPLYING h2, FAILED h2");
  EXPECT_EQ(trial_->status().reasons, "the control link did not come back within 60 s under it: connection refused");
  EXPECT_EQ(clock_.steady() - before, std::chrono::seconds{60});
  EXPECT_GT(world_->renewals, 5u) << "more than one attempt was made";
  EXPECT_THAT(running(), ElementsAre("local", "a"));
  EXPECT_EQ(kept_hash(), "h1");
  EXPECT_FALSE(disk_.kept.candidate);
}

TEST_F(P8Trial, ALinkThatHangsIsNotWaitedForLongerThanAMinute) {
  start();
  world_->link_hangs = true;
  const SteadyTime before = clock_.steady();
  offer("h1", document(1, {"a"}));
  EXPECT_EQ(trial_->status().state, RemoteState::failed);
  EXPECT_EQ(clock_.steady() - before, std::chrono::seconds{60});
  EXPECT_THAT(running(), ElementsAre("local"));
}

TEST_F(P8Trial, OneUnderWhichTheLinkComesBackInTimeIsKept) {
  start();
  world_->link_back_at = clock_.steady() + std::chrono::seconds{40};
  offer("h1", document(1, {"a"}));
  EXPECT_EQ(told(), "APPLYING h1, APPLIED h1");
  EXPECT_GT(world_->renewals, 1u);
}

TEST_F(P8Trial, AnExpiredTokenStopsNoCollection) {
  start();
  offer("h1", document(1, {"a", "b"}));
  world_->unfit.emplace("a", Error{Code::denied, "token: 401, expired"});
  world_->checked.clear();
  offer("h2", "revision: 2\nconnectors:\n" + entry("a", "expired.secret.token") + entry("b"));
  EXPECT_THAT(world_->checked, ElementsAre("a")) << "the other one reaches its API as before";
  EXPECT_EQ(trial_->status().state, RemoteState::failed);
  EXPECT_EQ(trial_->status().reasons, "connectors[a]: token: 401, expired");
  EXPECT_EQ(world_->rebuilt, 1u) << "nothing was stopped for it";
  EXPECT_EQ(kept_hash(), "h1");
}

TEST_F(P8Trial, AnApiThatIsAwaySpeaksAgainstAChangeAndNotAgainstANewConnector) {
  start();
  world_->unfit.emplace("a", Error{Code::unavailable, "api: connection refused"});
  offer("h1", document(1, {"a"}));
  EXPECT_EQ(trial_->status().state, RemoteState::applied);
  offer("h2", "revision: 2\nconnectors:\n" + entry("a", "another.secret.token"));
  EXPECT_EQ(trial_->status().reasons, "connectors[a]: api: connection refused");
  EXPECT_THAT(running(), ElementsAre("local", "a"));
}

TEST_F(P8Trial, WhatChangesNothingRebuildsNothing) {
  start();
  offer("h1", document(1, {"a"}));
  offer("h2", document(2, {"a"}));
  EXPECT_EQ(told(), "APPLYING h1, APPLIED h1, APPLYING h2, APPLIED h2");
  EXPECT_EQ(world_->rebuilt, 1u);
  EXPECT_EQ(world_->renewals, 1u);
  EXPECT_EQ(kept_hash(), "h2") << "the revision is another";
}

TEST_F(P8Trial, AHashThatWasReportedIsNoChange) {
  start();
  offer("h1", document(1, {"a"}));
  offer("h1", document(9, {"z"}));
  EXPECT_EQ(told(), "APPLYING h1, APPLIED h1");
  offer("bad", "nonsense");
  offer("bad", document(2, {"b"}));
  EXPECT_EQ(told(), "APPLYING h1, APPLIED h1, APPLYING bad, FAILED bad");
  EXPECT_THAT(running(), ElementsAre("local", "a"));
  start();
  offer("bad", document(2, {"b"}));
  EXPECT_EQ(told(), "FAILED bad") << "also after a restart";
  offer("h1", document(1, {"a"}));
  EXPECT_EQ(told(), "FAILED bad, APPLYING h1, APPLIED h1") << "what was offered before the last is an offer again";
}

TEST_F(P8Trial, AnOfferWaitsWhileAnotherIsTriedAndTheNewestWins) {
  start();
  trial_->offer({"h1", Secret{document(1, {"a", "cuts-link"})}});
  poll();
  ASSERT_EQ(trial_->phase(), TrialPhase::awaiting_link);
  trial_->offer({"h2", Secret{document(2, {"b"})}});
  trial_->offer({"h3", Secret{document(3, {"c"})}});
  settle();
  EXPECT_EQ(told(), "APPLYING h1, FAILED h1, APPLYING h3, APPLIED h3");
  EXPECT_THAT(running(), ElementsAre("local", "c"));
}

TEST_F(P8Trial, TheOneThatIsTriedOfferedAgainIsTheNewest) {
  start();
  trial_->offer({"h1", Secret{document(1, {"cuts-link"})}});
  poll();
  trial_->offer({"h2", Secret{document(2, {"b"})}});
  trial_->offer({"h1", Secret{document(1, {"cuts-link"})}});
  settle();
  EXPECT_EQ(told(), "APPLYING h1, FAILED h1");
}

TEST_F(P8Trial, WhatCannotBeStoredIsNotTried) {
  start();
  world_->failing = "put_candidate";
  offer("h1", document(1, {"a"}));
  EXPECT_EQ(trial_->status().reasons, "cannot be stored: the disk fails");
  EXPECT_EQ(world_->rebuilt, 0u);
}

TEST_F(P8Trial, WhatCannotBeKeptOrAppliedIsRolledBack) {
  for (const std::string call : {"keep_candidate", "apply"}) {
    start();
    world_->failing = call;
    offer("hash of " + call, document(1, {"a"}));
    EXPECT_EQ(trial_->status().state, RemoteState::failed) << call;
    EXPECT_THAT(trial_->status().reasons, HasSubstr("the disk fails"));
    EXPECT_THAT(running(), ElementsAre("local")) << call;
    EXPECT_FALSE(disk_.kept.candidate || disk_.kept.last_good) << call;
  }
}

TEST_F(P8Trial, AnOfferWithoutAHashIsIgnored) {
  start();
  offer("", document(1, {"a"}));
  offer(Bytes(config_hash_bytes_max + 1, 'h'), document(1, {"a"}));
  EXPECT_EQ(told(), "");
  EXPECT_EQ(world_->rebuilt, 0u);
}

TEST_F(P8Trial, ARestartPutsWhatWasKeptInForceAndReportsIt) {
  start();
  offer("h1", document(1, {"a"}));
  start();
  EXPECT_EQ(told(), "APPLIED h1");
  EXPECT_THAT(running(), ElementsAre("local", "a"));
  EXPECT_EQ(world_->renewals, 0u) << "nothing is tried";
}

TEST_F(P8Trial, ADiskThatCannotBeReadIsAskedAgain) {
  start();
  offer("h1", document(1, {"a"}));
  prepare_ = [](TrialWorld& world) { world.loads_to_fail = 3; };
  start();
  for (int step = 0; step < 100 && running().size() < 2; ++step) {
    clock_.advance(std::chrono::seconds{10});
    poll();
  }
  EXPECT_EQ(told(), "APPLIED h1");
  EXPECT_THAT(running(), ElementsAre("local", "a"));
}

TEST_F(P8Trial, WhatCannotBeOpenedAnyMoreIsReportedAndTheFileRuns) {
  start();
  offer("h1", document(1, {"a"}));
  prepare_ = [](TrialWorld& world) { world.wrong_key = true; };
  start();
  EXPECT_EQ(told(), "FAILED h1");
  EXPECT_EQ(trial_->status().reasons, "what was kept cannot be used: sealed with another key");
  EXPECT_THAT(running(), ElementsAre("local"));
  EXPECT_EQ(kept_hash(), "h1") << "with the right key it is there again";
}

TEST_F(P8Trial, TheSensorsOwnFileHasTheLastWord) {
  start();
  offer("h1", document(1, {"a"}));
  AgentConfig changed = local_;
  changed.connectors.push_back(local_connector("a"));
  trial_->take_local(changed);
  settle();
  EXPECT_EQ(trial_->status().state, RemoteState::failed);
  EXPECT_THAT(trial_->status().reasons, HasSubstr("connectors[0].name: 'a' is the name of a connector of the sensor's own file"));
  EXPECT_EQ(world_->running, changed);
  changed.connectors.back().name = "b";
  trial_->take_local(changed);
  settle();
  EXPECT_EQ(trial_->status().state, RemoteState::applied);
  EXPECT_THAT(running(), ElementsAre("local", "b", "a"));
}

TEST_F(P8Trial, AReasonIsBounded) {
  start();
  std::string text = "revision: 1\nconnectors:\n";
  for (int i = 0; i < 200; ++i) text += entry(std::string(40, 'x') + std::to_string(i), "t", ", " + std::string(200, 'k') + ": 1");
  offer("h1", text);
  EXPECT_EQ(trial_->status().state, RemoteState::failed);
  EXPECT_LE(trial_->status().reasons.size(), TrialLimits{}.reasons_bytes_max);
  EXPECT_THAT(trial_->status().reasons, HasSubstr(" more lines"));
}

TEST_F(P8Trial, NoSecretIsInAnyText) {  // P10
  start();
  offer("h1", document(1, {"a"}));
  offer("h2",
        "revision: 2\nconnectors:\n" + entry("a", "another.secret.token", ", proxy: \"http://u:proxy-secret@p.example.net:1\""));
  offer("h3", "revision: 3\nconnectors:\n" + entry("a", "another.secret.token"));
  start();
  std::string all = lines_ + metrics_.text() + disk_.kept.refusal->reasons;
  for (const RemoteStatus& status : statuses_) all += status.reasons;
  ASSERT_THAT(all, HasSubstr("connectors[a].bearer_token: *** to ***"));
  EXPECT_THAT(all, Not(HasSubstr("secret")));
}

}  // namespace tidegate
