// P8: whenever the agent dies in the life of an offer, what stands afterwards is one whole configuration, and what is reported is
// so.
#include "tests/unit/agent/control/trial_fixture.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class P8TrialCrash : public TrialTest {
 protected:
  // The processor: it offers while the reported hash is another.
  void offer_until_reported(const std::string& hash, const std::string& text) {
    if (trial_->status().hash != hash) offer(hash, text);
  }

  // A first configuration is kept; then the process dies at `moment` of the second one's life. False: it had ended before.
  bool die_in_the_second(std::size_t moment, const std::string& text) {
    stop();
    disk_ = {};
    start();
    offer("old", document(1, {"a"}));
    die_at_ = moment;
    start();
    offer_until_reported("new", text);
    return world_->dead();
  }

  void expect_nothing_open() {
    EXPECT_FALSE(disk_.kept.candidate);
    EXPECT_EQ(trial_->in_force(), world_->running) << "what is said to be in force runs";
  }
};

}  // namespace

TEST_F(P8TrialCrash, AtAnyMomentAGoodOneIsInForceInTheEnd) {
  std::size_t moment = 0;
  for (; die_in_the_second(moment, document(2, {"a", "b"})); ++moment) {
    start();
    EXPECT_TRUE(kept_hash() == "old" || kept_hash() == "new") << moment;
    offer_until_reported("new", document(2, {"a", "b"}));
    EXPECT_EQ(trial_->status(), (RemoteStatus{"new", 2, RemoteState::applied, {}})) << moment;
    EXPECT_THAT(running(), ElementsAre("local", "a", "b")) << moment;
    EXPECT_EQ(kept_hash(), "new") << moment;
    expect_nothing_open();
  }
  EXPECT_GT(moment, 8u);
}

TEST_F(P8TrialCrash, AtAnyMomentABadOneIsGoneInTheEndAndIsNotTriedForEver) {
  const std::string bad = document(2, {"a", "cuts-link"});
  std::size_t moment = 0;
  for (; die_in_the_second(moment, bad); ++moment) {
    EXPECT_EQ(kept_hash(), "old") << moment;
    const bool refused = disk_.kept.refusal.has_value();
    start();
    if (refused) {
      EXPECT_EQ(world_->renewals, 0u) << moment << ": what is known to be refused is only dropped";
    }
    offer_until_reported("new", bad);
    EXPECT_EQ(trial_->status().hash, "new") << moment;
    EXPECT_EQ(trial_->status().state, RemoteState::failed) << moment;
    EXPECT_THAT(running(), ElementsAre("local", "a")) << moment;
    EXPECT_EQ(kept_hash(), "old") << moment;
    expect_nothing_open();
    start();
    EXPECT_EQ(told(), "FAILED new") << moment;
    EXPECT_THAT(running(), ElementsAre("local", "a")) << moment;
    EXPECT_EQ(world_->renewals, 0u) << moment << ": it is not tried again";
  }
  EXPECT_GT(moment, 12u);
}

TEST_F(P8TrialCrash, AtAnyTwoMomentsOneWholeConfigurationIsInForceInTheEnd) {
  for (const bool good : {true, false}) {
    const std::string text = document(2, {"a", good ? "b" : "cuts-link"});
    std::size_t runs = 0;
    for (std::size_t first = 0; die_in_the_second(first, text); ++first) {
      const TrialDisk after_first = disk_;
      bool died = true;
      for (std::size_t second = 0; died; ++second, ++runs) {
        stop();
        disk_ = after_first;
        die_at_ = second;
        start();
        offer_until_reported("new", text);
        died = world_->dead();
        start();
        offer_until_reported("new", text);
        const bool kept = kept_hash() == "new";
        EXPECT_EQ(trial_->status().state, kept ? RemoteState::applied : RemoteState::failed) << first << ' ' << second;
        EXPECT_EQ(trial_->status().hash, "new") << first << ' ' << second;
        EXPECT_TRUE(kept ? good : kept_hash() == "old") << first << ' ' << second;
        EXPECT_EQ(running().size(), kept ? 3u : 2u) << first << ' ' << second;
        expect_nothing_open();
      }
    }
    EXPECT_GT(runs, 60u);
  }
}

TEST_F(P8TrialCrash, OneThatEndsTheAgentIsTriedOnceMoreAndThenRolledBack) {
  start();
  offer("old", document(1, {"a"}));
  const auto die_while_it_waits = [this] {
    ASSERT_EQ(trial_->phase(), TrialPhase::awaiting_link);
    stop();
  };
  trial_->offer({"new", Secret{document(2, {"a", "cuts-link"})}});
  poll();
  die_while_it_waits();
  EXPECT_EQ(disk_.kept.candidate->head.tries, 1u);
  EXPECT_FALSE(disk_.kept.refusal) << "a stop is a crash";
  begin();
  EXPECT_EQ(trial_->status().state, RemoteState::applying);
  die_while_it_waits();
  EXPECT_EQ(disk_.kept.candidate->head.tries, 2u);
  start();
  EXPECT_EQ(told(), "APPLIED old, FAILED new");
  EXPECT_EQ(trial_->status().reasons, "the agent ended 2 times while this configuration was tried");
  EXPECT_THAT(running(), ElementsAre("local", "a"));
  EXPECT_EQ(world_->renewals, 0u);
  EXPECT_FALSE(disk_.kept.candidate);
}

}  // namespace tidegate
