// Rules look at what was landed before the index comes to it, and nothing passes by both.
#include "processor/respond/rule_lane.h"

#include "processor/chunk_records.h"
#include "tests/unit/processor/records.h"
#include "tests/unit/processor/respond/rule_judge_rig.h"

namespace tidegate {
namespace {

using test::chunk;
using test::Sample;

class RuleLaneTest : public test::RuleJudgeRig {
 protected:
  RuleLaneTest() { rules({test::host_rule()}); }

  static Sample of_host(std::uint64_t number, const std::string& host) {
    Sample sample;
    sample.number = number;
    sample.payload = test::hosts({host});
    return sample;
  }
  static Chunk chunk_of(const std::string& id, std::vector<Sample> samples) {
    Chunk made = chunk(id, samples);
    made.received = test::judged_noon;
    return made;
  }
  // As the index thread does it with a chunk that it has read.
  void index(const Chunk& one) {
    if (lane_.take_seen(one)) return;
    Bytes plain;
    std::vector<IndexRecord> records;
    ASSERT_TRUE(read_chunk(one, plain, records));
    ASSERT_TRUE(lane_.seen(records));
  }
  bool shows(const std::string& looked, int chunks) {
    return metrics_.text().find("tidegate_rule_chunks_total{looked=\"" + looked + "\"} " + std::to_string(chunks)) !=
           std::string::npos;
  }

  RuleLane lane_{judge_, log_, metrics_};
};

TEST_F(RuleLaneTest, WhatWasLandedIsDecidedBeforeTheIndexComesToItAndNotAgain) {  // P9
  const Chunk one = chunk_of("a", {of_host(1, "ws-7"), of_host(2, "ws-8")});
  lane_.landed({one});
  EXPECT_EQ(decided(), "") << "the landing thread does not wait for rules";
  EXPECT_EQ(lane_.step(), 1u);
  EXPECT_EQ(decided(), "fired 1, fired 2");
  const std::size_t transactions = ledger_.transactions;
  index(one);
  EXPECT_EQ(ledger_.transactions, transactions) << "it is not looked at twice";
  EXPECT_TRUE(shows("ahead", 1) && shows("behind", 0)) << metrics_.text();
  index(one);
  EXPECT_EQ(decided(), "fired 1, fired 2") << "after a crash the index comes to it again";
}

TEST_F(RuleLaneTest, WhatTheIndexComesToFirstIsItsOwn) {
  const Chunk one = chunk_of("a", {of_host(1, "ws-7")});
  const Chunk two = chunk_of("b", {of_host(2, "ws-8")});
  lane_.landed({one, two});
  index(one);
  EXPECT_EQ(decided(), "fired 1");
  EXPECT_EQ(lane_.step(), 1u) << "the other one alone";
  EXPECT_EQ(decided(), "fired 1, fired 2");
  EXPECT_TRUE(shows("ahead", 1) && shows("behind", 1)) << metrics_.text();
}

TEST_F(RuleLaneTest, WhatCannotBeDecidedAheadIsLeftToTheIndex) {  // P9
  const Chunk one = chunk_of("a", {of_host(1, "ws-7")});
  lane_.landed({one});
  ledger_.fails_after = 0;
  lane_.step();
  EXPECT_EQ(decided(), "");
  EXPECT_NE(lines_.find("rules cannot decide ahead of the index"), std::string::npos);
  ledger_.fails_after.reset();
  index(one);
  EXPECT_EQ(decided(), "fired 1");
}

TEST_F(RuleLaneTest, WhatItHasNoRoomForOrCannotNameOrReadIsLeftToTheIndex) {  // P9
  const Chunk one = chunk_of("a", {of_host(1, "ws-7")});
  Chunk nameless = chunk_of("b", {of_host(2, "ws-8")});
  nameless.id.reset();
  Chunk broken = chunk_of("c", {of_host(3, "ws-9")});
  broken.entries = "\xc1";
  RuleLaneLimits narrow;
  narrow.queue_bytes_max = one.entries.size() + broken.entries.size();
  RuleLane lane{judge_, log_, metrics_, narrow};
  lane.landed({one, nameless, chunk_of("d", {of_host(4, "ws-10")}), broken});
  EXPECT_EQ(lane.step(), 2u);
  EXPECT_EQ(decided(), "fired 1");
  EXPECT_TRUE(lane.take_seen(one));
  EXPECT_FALSE(lane.take_seen(nameless));
  EXPECT_FALSE(lane.take_seen(chunk_of("d", {})));
  EXPECT_FALSE(lane.take_seen(broken));
}

TEST_F(RuleLaneTest, OfManySmallChunksItTakesNoMoreThanAreCounted) {
  RuleLaneLimits narrow;
  narrow.queue_max = 2;
  RuleLane lane{judge_, log_, metrics_, narrow};
  std::vector<Chunk> all;
  for (const char* id : {"a", "b", "c"}) all.push_back(chunk_of(id, {of_host(all.size() + 1, id)}));
  lane.landed(all);
  EXPECT_EQ(lane.step(), 2u);
  EXPECT_TRUE(lane.take_seen(all[1]));
  EXPECT_FALSE(lane.take_seen(all[2])) << "it is left to the index";
  lane.landed({all[2]});
  EXPECT_EQ(lane.step(), 1u) << "there is room again";
}

TEST_F(RuleLaneTest, NoSensorCanSayOfAnothersChunkThatItWasSeen) {  // P10
  const Chunk one = chunk_of("a", {of_host(1, "ws-7")});
  lane_.landed({one});
  lane_.step();
  Chunk of_another = one;
  of_another.sensor = "geneva-01";
  EXPECT_FALSE(lane_.take_seen(of_another));
  EXPECT_TRUE(lane_.take_seen(one));
}

TEST_F(RuleLaneTest, WhatItRemembersIsBounded) {
  RuleLaneLimits few;
  few.seen_max = 2;
  RuleLane lane{judge_, log_, metrics_, few};
  std::vector<Chunk> all;
  for (const char* id : {"a", "b", "c"}) all.push_back(chunk_of(id, {of_host(1, "ws-7")}));
  lane.landed(all);
  while (lane.step() > 0) {
  }
  EXPECT_FALSE(lane.take_seen(all[0])) << "the oldest is forgotten: the index looks at it again";
  EXPECT_TRUE(lane.take_seen(all[1]));
  EXPECT_TRUE(lane.take_seen(all[2]));
}

TEST_F(RuleLaneTest, WithoutRulesNothingIsKept) {
  rules({});
  const Chunk one = chunk_of("a", {of_host(1, "ws-7")});
  lane_.landed({one});
  EXPECT_EQ(lane_.step(), 0u);
  EXPECT_TRUE(lane_.take_seen(one)) << "nobody has to look at it";
  EXPECT_TRUE(shows("behind", 0));
}

TEST_F(RuleLaneTest, ItsThreadLooksByItselfAndStops) {
  lane_.start();
  const Chunk one = chunk_of("a", {of_host(1, "ws-7")});
  lane_.landed({one});
  EXPECT_TRUE(test::eventually([this] { return shows("ahead", 1); }));
  lane_.stop();
  EXPECT_EQ(decided(), "fired 1");
}

}  // namespace
}  // namespace tidegate
