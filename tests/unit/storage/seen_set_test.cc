#include "storage/seen_set.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

Id128 any_id(Random& random) { return {random.next(), random.next()}; }

}  // namespace

TEST(SeenSet, KnowsWhatWasAddedAndNothingElse) {
  Random random{Seed{1}};
  SeenPack pack{at(100), {}};
  for (int i = 0; i < 1000; ++i) pack.ids.push_back(any_id(random));
  SeenSet seen{{pack}};
  EXPECT_EQ(seen.size(), 1000u);
  for (const Id128& id : pack.ids) EXPECT_TRUE(seen.contains(id));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(seen.contains(any_id(random)));
}

TEST(SeenSet, KnowsTheZeroId) {
  SeenSet seen;
  EXPECT_FALSE(seen.contains({}));
  seen.add({at(100), {Id128{}}});
  EXPECT_TRUE(seen.contains({}));
  EXPECT_EQ(seen.size(), 1u);
}

TEST(SeenSet, ForgetsPacksWhoseLatestIsBefore) {
  SeenSet seen{{{at(100), {Id128{0, 1}}}, {at(200), {Id128{0, 2}}}}};
  seen.forget_before(at(100));
  EXPECT_TRUE(seen.contains({0, 1}));
  seen.forget_before(at(101));
  EXPECT_FALSE(seen.contains({0, 1}));
  EXPECT_TRUE(seen.contains({0, 2}));
  EXPECT_EQ(seen.size(), 1u);
}

TEST(SeenSet, AnIdOfTwoPacksStaysUntilTheLaterIsForgotten) {
  SeenSet seen{{{at(200), {Id128{0, 1}}}, {at(100), {Id128{0, 1}}}}};
  EXPECT_EQ(seen.size(), 1u);
  seen.forget_before(at(150));
  EXPECT_TRUE(seen.contains({0, 1}));
}

TEST(SeenSet, OddTimesAreTakenToTheNearestThatFits) {
  SeenSet seen{{{at(-10), {Id128{0, 1}}}, {at(1LL << 40), {Id128{0, 2}}}}};
  seen.forget_before(at(1000));
  EXPECT_FALSE(seen.contains({0, 1}));
  EXPECT_TRUE(seen.contains({0, 2}));
}

TEST(SeenSet, AgreesWithAMapThroughManyAddsAndForgets) {
  Random random{Seed{2}};
  SeenSet seen;
  std::map<Id128, std::int64_t> model;
  std::vector<Id128> known;
  for (std::int64_t now = 1; now < 400; ++now) {
    SeenPack pack{at(now + static_cast<std::int64_t>(random.below(20))), {}};
    for (std::uint64_t i = random.below(60); i > 0; --i) {
      const bool again = !known.empty() && random.chance(4);
      pack.ids.push_back(again ? known[random.below(known.size())] : any_id(random));
      known.push_back(pack.ids.back());
      std::int64_t& latest = model[pack.ids.back()];
      latest = std::max(latest, pack.latest.time_since_epoch().count());
    }
    seen.add(pack);
    if (random.chance(3)) {
      seen.forget_before(at(now - 30));
      std::erase_if(model, [&](const auto& entry) { return entry.second < now - 30; });
    }
    ASSERT_EQ(seen.size(), model.size());
    for (int i = 0; i < 50 && !known.empty(); ++i) {
      const Id128& id = known[random.below(known.size())];
      ASSERT_EQ(seen.contains(id), model.contains(id));
    }
  }
}

TEST(SeenPackForm, IsReadBack) {
  Random random{Seed{3}};
  SeenPack pack{at(1'700'000'000), {}};
  for (int i = 0; i < 200; ++i) {
    Result<SeenPack> read = decode_pack(encode_pack(pack));
    ASSERT_TRUE(read) << read.error().text();
    ASSERT_EQ(*read, pack);
    pack.ids.push_back(any_id(random));
  }
}

TEST(SeenPackForm, CutOrFlippedIsCorrupt) {
  const Bytes stored = encode_pack({at(5), {Id128{1, 2}, Id128{3, 4}}});
  for (std::size_t bytes = 0; bytes < stored.size(); ++bytes) EXPECT_FALSE(decode_pack(stored.substr(0, bytes))) << bytes;
  Bytes flipped = stored;
  flipped[20] = static_cast<char>(flipped[20] ^ 1);
  EXPECT_EQ(decode_pack(flipped).error().code(), Code::corrupt);
}

}  // namespace tidegate
