#include "processor/edges/rocks_landing.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/random.h"
#include "tests/support/faulty_fs.h"
#include "tests/unit/processor/records.h"

namespace tidegate {
namespace {

using test::chunk;

std::unique_ptr<RocksLanding> open(const TemporaryDirectory& folder, const LandingLimits& limits = {}) {
  LandingReport report;
  Result<std::unique_ptr<RocksLanding>> landing = RocksLanding::open(folder.path() / "landing", report, {.limits = limits});
  EXPECT_TRUE(landing) << landing.error().text();
  EXPECT_FALSE(report.damaged) << report.reason;
  return *std::move(landing);
}

Chunk large(const std::string& id, std::size_t bytes, WallTime received = {}) {
  Chunk made = chunk(id, {});
  made.entries.assign(bytes, static_cast<char>('a' + id.back() % 26));
  made.received = received;
  return made;
}

TEST(RocksLanding, GivesBackWhatWasLandedInOrder) {
  const TemporaryDirectory folder;
  const auto landing = open(folder);
  const std::vector<Chunk> chunks{chunk("one", {{.number = 1}}), chunk(std::nullopt, {{.number = 2}, {.number = 3}})};
  const Result<std::vector<Landed>> landed = landing->land(chunks);
  ASSERT_TRUE(landed);
  EXPECT_EQ(*landed, (std::vector{Landed::fresh, Landed::fresh}));
  EXPECT_EQ(landing->usage().chunks(), 2u);

  const Result<LandedChunk> first = landing->read(1);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(first->chunk.id, "one");
  EXPECT_EQ(first->chunk.sensor, "zurich-01");
  EXPECT_EQ(first->chunk.tag, chunks[0].tag);
  EXPECT_EQ(first->chunk.received, chunks[0].received);
  EXPECT_EQ(first->chunk.records, 1u);
  EXPECT_EQ(first->chunk.entries, chunks[0].entries);
  const Result<LandedChunk> second = landing->read(2);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->chunk.id);
  EXPECT_EQ(second->chunk.entries, chunks[1].entries);
  EXPECT_EQ(second->place, landing->usage().tail);
  EXPECT_EQ(landing->read(3).error().code(), Code::absent);
}

TEST(RocksLanding, DropsAChunkIdThatItHasSeenBefore) {  // P2
  const TemporaryDirectory folder;
  {
    const auto landing = open(folder);
    ASSERT_TRUE(landing->land(std::vector{chunk("one", {{}})}));
    const Result<std::vector<Landed>> again =
        landing->land(std::vector{chunk("one", {{}}), chunk("two", {{}}), chunk("two", {{}})});
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, (std::vector{Landed::duplicate, Landed::fresh, Landed::duplicate}));
    ASSERT_TRUE(landing->done(landing->usage().tail));
  }
  const auto landing = open(folder);  // also after a restart, and after the payload is gone
  const Result<std::vector<Landed>> again = landing->land(std::vector{chunk("two", {{}})});
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, std::vector{Landed::duplicate});
  EXPECT_EQ(landing->usage().chunks(), 0u);
}

TEST(RocksLanding, AnIdOfOneSensorIsNotTakenForThatOfAnother) {
  const TemporaryDirectory folder;
  const auto landing = open(folder);
  Chunk other = chunk("one", {{}});
  other.sensor = "basel-02";
  const Result<std::vector<Landed>> landed = landing->land(std::vector{chunk("one", {{}}), other});
  ASSERT_TRUE(landed);
  EXPECT_EQ(*landed, (std::vector{Landed::fresh, Landed::fresh}));
}

TEST(RocksLanding, WhatWasLandedSurvivesASuddenDeath) {  // P4
  const TemporaryDirectory living;
  const TemporaryDirectory folder;
  const auto before = open(living);
  ASSERT_TRUE(before->land(std::vector{chunk("one", {{.number = 7}}), large("two", 100'000)}));
  test::copy_as_left_by_a_death(living.path(), folder.path());
  const auto landing = open(folder);
  EXPECT_EQ(landing->usage().chunks(), 2u);
  const Result<LandedChunk> first = landing->read(1);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->chunk.entries, chunk("one", {{.number = 7}}).entries);
  const Result<LandedChunk> second = landing->read(2);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->chunk.entries.size(), 100'000u);
}

TEST(RocksLanding, GoesOnFromThePlaceThatWasDone) {
  const TemporaryDirectory folder;
  LandingPlace second;
  {
    const auto landing = open(folder);
    ASSERT_TRUE(landing->land(std::vector{large("a", 100), large("b", 200), large("c", 400, WallTime{std::chrono::seconds{99}})}));
    second = landing->read(2)->place;
    EXPECT_EQ(second.bytes, 300u);
    ASSERT_TRUE(landing->done(second));
    EXPECT_EQ(landing->read(1).error().code(), Code::absent);
  }
  const auto landing = open(folder);
  EXPECT_EQ(landing->usage().head, second);
  EXPECT_EQ(landing->usage().chunks(), 1u);
  EXPECT_EQ(landing->usage().bytes(), 400u);
  EXPECT_EQ(landing->usage().oldest, WallTime{std::chrono::seconds{99}});
  EXPECT_TRUE(landing->read(3));
}

TEST(RocksLanding, ForgetsTheOldestIdsWhenThereAreTooMany) {
  const TemporaryDirectory folder;
  const auto landing = open(folder, {.ids_max = 3});
  for (const char* id : {"a", "b", "c", "d", "e", "f"}) {
    ASSERT_TRUE(landing->land(std::vector{large(id, 10)}));
    ASSERT_TRUE(landing->done(landing->usage().tail));
  }
  EXPECT_LE(landing->ids(), 3u);
  const Result<std::vector<Landed>> landed = landing->land(std::vector{large("a", 10), large("f", 10)});
  ASSERT_TRUE(landed);
  EXPECT_EQ(*landed, (std::vector{Landed::fresh, Landed::duplicate}));
}

TEST(RocksLanding, ForgetsIdsThatAreTooOld) {
  const TemporaryDirectory folder;
  const auto landing = open(folder, {.id_age_max = std::chrono::hours{1}});
  const WallTime start{std::chrono::hours{1000}};
  ASSERT_TRUE(landing->land(std::vector{large("a", 10, start)}));
  ASSERT_TRUE(landing->done(landing->usage().tail));
  ASSERT_TRUE(landing->land(std::vector{large("b", 10, start + std::chrono::minutes{61})}));
  const Result<std::vector<Landed>> landed = landing->land(std::vector{large("a", 10, start + std::chrono::minutes{62})});
  ASSERT_TRUE(landed);
  EXPECT_EQ(*landed, std::vector{Landed::fresh});
}

TEST(RocksLanding, AnswersFullBeyondItsBacklog) {
  const TemporaryDirectory folder;
  const auto landing = open(folder, {.backlog_bytes_max = 1000});
  ASSERT_TRUE(landing->land(std::vector{large("a", 2000)}));
  EXPECT_EQ(landing->land(std::vector{large("b", 10)}).error().code(), Code::full);
  ASSERT_TRUE(landing->done(landing->usage().tail));
  EXPECT_TRUE(landing->land(std::vector{large("b", 10)}));
}

TEST(RocksLanding, GivesDiskSpaceBackOnceChunksAreIndexed) {
  const TemporaryDirectory folder;
  {
    const auto landing = open(folder, {.compact_after_bytes = 32u << 20});
    constexpr int behind = 90;  // chunks that wait, so that payloads reach their files before they are done
    std::uint64_t most = 0;
    for (int i = 0; i < 400; ++i) {
      ASSERT_TRUE(landing->land(std::vector{large(std::to_string(i), 1u << 20)}));
      if (i < behind) continue;
      const Result<LandedChunk> oldest = landing->read(landing->usage().head.sequence + 1);
      ASSERT_TRUE(oldest);
      ASSERT_TRUE(landing->done(oldest->place));
      if (i % 20 == 0) most = std::max(most, test::bytes_in(folder.path()));
    }
    EXPECT_LT(most, 700ull << 20);
    ASSERT_TRUE(landing->done(landing->usage().tail));
  }
  const auto landing = open(folder, {.compact_after_bytes = 1});
  ASSERT_TRUE(landing->land(std::vector{large("last", 10)}));
  ASSERT_TRUE(landing->done(landing->usage().tail));
  EXPECT_LT(test::bytes_in(folder.path()), 100ull << 20) << "400 MiB went through";
}

// A cut of the power forgets what was not synced: what land() said is kept must not be among it.
TEST(RocksLanding, WhatWasAnsweredSurvivesACutOfThePower) {  // P4
  constexpr TornTail torn[] = {TornTail::dropped, TornTail::cut_anywhere, TornTail::garbled};
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const TemporaryDirectory folder;
    Random random{Seed{seed}};
    const auto disk = std::make_shared<FaultyFs>(folder.path() / "stash");
    const std::shared_ptr<rocksdb::Env> env{rocksdb::NewCompositeEnv(disk)};
    std::uint64_t answered = 0;
    std::uint64_t done = 0;
    for (int life = 0; life < 4; ++life) {
      LandingReport report;
      Result<std::unique_ptr<RocksLanding>> landing =
          RocksLanding::open(folder.path() / "landing", report, {.limits = {}, .env = env});
      ASSERT_TRUE(landing) << landing.error().text();
      ASSERT_FALSE(report.damaged) << "seed " << seed << ": " << report.reason;
      EXPECT_GE((*landing)->usage().tail.sequence, answered) << "seed " << seed;
      for (std::uint64_t id = 1; id <= answered; ++id) {
        const Result<std::vector<Landed>> again = (*landing)->land(std::vector{large("chunk " + std::to_string(id), 5000)});
        ASSERT_TRUE(again);
        EXPECT_EQ(again->front(), Landed::duplicate) << "seed " << seed << ", chunk " << id;
        if (id > done) {
          EXPECT_TRUE((*landing)->read(id)) << "seed " << seed << ", chunk " << id;
        }
      }
      for (std::uint64_t more = random.below(12); more > 0; --more) {
        ASSERT_TRUE((*landing)->land(std::vector{large("chunk " + std::to_string(answered + 1), 5000)}));
        ++answered;
        if (!random.chance(3)) continue;
        const Result<LandedChunk> oldest = (*landing)->read((*landing)->usage().head.sequence + 1);
        ASSERT_TRUE(oldest);
        ASSERT_TRUE((*landing)->done(oldest->place));  // not synced: may be forgotten, and is harmless then
        done = oldest->place.sequence;
      }
      disk->power_off();
      landing = Error{Code::cancelled, "the power is gone"};
      disk->power_on(random, torn[random.below(std::size(torn))]);
    }
  }
}

// The library leaves a log that it could not write in a state in which its next write ends the process.
TEST(RocksLanding, ADiskThatFailsForAWhileIsSaidAndTheLandingGoesOnAfterIt) {  // P4
  const ArmedFault faults[] = {{DiskFault::no_space, DiskAction::append, ".log"},
                               {DiskFault::io_error, DiskAction::append, ".log"},
                               {DiskFault::io_error, DiskAction::sync, ".log"}};
  for (const ArmedFault& fault : faults) {
    const TemporaryDirectory folder;
    Random random{Seed{1}};
    const auto disk = std::make_shared<FaultyFs>(folder.path() / "stash");
    const LandingOptions options{.limits = {}, .env = environment_of(disk)};
    LandingReport report;
    Result<std::unique_ptr<RocksLanding>> landing = RocksLanding::open(folder.path() / "landing", report, options);
    ASSERT_TRUE(landing) << landing.error().text();
    ASSERT_TRUE((*landing)->land(std::vector{large("chunk 1", 5000), large("chunk 2", 5000)}));
    std::set<std::string> answered{"chunk 1", "chunk 2", "chunk 3", "chunk 5"};
    disk->arm(fault);
    EXPECT_FALSE((*landing)->land(std::vector{large("chunk 3", 5000)}));
    for (int again = 0; again < 3; ++again) {
      const std::string id = "chunk 4" + std::to_string(again);
      EXPECT_FALSE((*landing)->land(std::vector{large(id, 5000)}));
      // What was written and not synced may have become durable when the store was opened anew; then it may be answered.
      if ((*landing)->land(std::vector{large(id, 5000)})) answered.insert(id);
    }
    disk->clear();
    const Result<LandedChunk> oldest = (*landing)->read(1);
    ASSERT_TRUE(oldest) << oldest.error().text();
    ASSERT_TRUE((*landing)->done(oldest->place));
    ASSERT_TRUE((*landing)->land(std::vector{large("chunk 3", 5000), large("chunk 5", 5000)}));
    EXPECT_EQ((*landing)->usage().head.sequence, 1u);

    disk->power_off();
    landing = Error{Code::cancelled, "the power is gone"};
    disk->power_on(random, TornTail::dropped);
    landing = RocksLanding::open(folder.path() / "landing", report, options);
    ASSERT_TRUE(landing) << landing.error().text();
    EXPECT_FALSE(report.damaged) << report.reason;
    for (const std::string& id : answered) {
      const Result<std::vector<Landed>> known = (*landing)->land(std::vector{large(id, 5000)});
      ASSERT_TRUE(known);
      EXPECT_EQ(known->front(), Landed::duplicate) << id;
    }
  }
}

// A log of the library's own would end the process where the disk is full.
TEST(RocksLanding, NoLogOfTheLibraryIsKept) {
  const TemporaryDirectory folder;
  LandingReport report;
  for (int start = 0; start < 2; ++start) ASSERT_TRUE(RocksLanding::open(folder.path() / "landing", report, {}));
  for (const auto& file : std::filesystem::directory_iterator{folder.path() / "landing"})
    EXPECT_FALSE(file.path().filename().string().starts_with("LOG")) << file.path();
}

// Whatever file the disk has no room for, and wherever it is in it: the process lives, and goes on when there is room.
TEST(RocksLanding, NoFileThatCannotBeWrittenEndsTheProcess) {  // P4
  for (const DiskFault fault : {DiskFault::no_space, DiskFault::io_error}) {
    for (const char* suffix : {"", ".log", ".blob", ".sst"}) {
      for (std::uint64_t skip = 0; skip < 12; ++skip) {
        SCOPED_TRACE(std::string{fault == DiskFault::no_space ? "no space for " : "errors at "} + suffix + " after " +
                     std::to_string(skip));
        const TemporaryDirectory folder;
        const auto disk = std::make_shared<FaultyFs>(folder.path() / "stash");
        const LandingOptions options{.limits = {}, .env = environment_of(disk)};
        LandingReport report;
        Result<std::unique_ptr<RocksLanding>> landing = RocksLanding::open(folder.path() / "landing", report, options);
        ASSERT_TRUE(landing) << landing.error().text();
        ASSERT_TRUE((*landing)->land(std::vector{large("chunk 1", 5000), large("chunk 2", 5000)}));
        landing = Error{Code::cancelled, "stopped"};
        landing = RocksLanding::open(folder.path() / "landing", report, options);  // which writes tables
        ASSERT_TRUE(landing) << landing.error().text();
        std::set<std::string> answered{"chunk 1", "chunk 2"};
        disk->arm({fault, DiskAction::append, suffix, skip});
        for (int again = 0; again < 6; ++again) {
          const std::string id = "chunk 3" + std::to_string(again);
          if ((*landing)->land(std::vector{large(id, 5000)})) answered.insert(id);
        }
        disk->clear();
        ASSERT_TRUE((*landing)->land(std::vector{large("chunk 4", 5000)}));
        for (const std::string& id : answered) {
          const Result<std::vector<Landed>> known = (*landing)->land(std::vector{large(id, 5000)});
          ASSERT_TRUE(known);
          EXPECT_EQ(known->front(), Landed::duplicate) << id;
        }
      }
    }
  }
}

// Indexing goes on beside landing: what is done while the disk fails must not end the process either.
TEST(RocksLanding, WhatIsDoneWhileTheDiskFailsIsDoneAgainAfterIt) {
  const TemporaryDirectory folder;
  const auto disk = std::make_shared<FaultyFs>(folder.path() / "stash");
  LandingReport report;
  Result<std::unique_ptr<RocksLanding>> landing =
      RocksLanding::open(folder.path() / "landing", report, {.limits = {}, .env = environment_of(disk)});
  ASSERT_TRUE(landing) << landing.error().text();
  ASSERT_TRUE((*landing)->land(std::vector{large("chunk 1", 5000), large("chunk 2", 5000)}));
  const Result<LandedChunk> oldest = (*landing)->read(1);
  ASSERT_TRUE(oldest);
  disk->arm({DiskFault::no_space, DiskAction::append, ".log"});
  EXPECT_FALSE((*landing)->done(oldest->place));
  EXPECT_FALSE((*landing)->done(oldest->place));
  disk->clear();
  EXPECT_TRUE((*landing)->done(oldest->place));
  EXPECT_EQ((*landing)->usage().head.sequence, 1u);
  EXPECT_TRUE((*landing)->read(2));
}

void flip_a_byte_in_the_middle(const std::filesystem::path& directory, const std::string& extension) {
  for (const auto& file : std::filesystem::directory_iterator{directory}) {
    if (file.path().extension() != extension || file.file_size() < 1000) continue;
    std::fstream stream{file.path(), std::ios::in | std::ios::out | std::ios::binary};
    stream.seekp(static_cast<std::streamoff>(file.file_size() / 2));
    stream.put('\x7e');
  }
}

TEST(RocksLanding, ADamagedLogIsReportedAndTheRestIsKept) {  // P11
  const TemporaryDirectory living;
  const TemporaryDirectory folder;
  const auto before = open(living);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(before->land(std::vector{large("chunk " + std::to_string(i), 3000)}));
  test::copy_as_left_by_a_death(living.path(), folder.path());
  flip_a_byte_in_the_middle(folder.path() / "landing", ".log");
  LandingReport report;
  const Result<std::unique_ptr<RocksLanding>> landing = RocksLanding::open(folder.path() / "landing", report);
  ASSERT_TRUE(landing) << landing.error().text();
  EXPECT_TRUE(report.damaged);
  EXPECT_FALSE(report.reason.empty());
  EXPECT_TRUE((*landing)->land(std::vector{large("after", 10)}));
}

TEST(RocksLanding, AStoreThatCannotBeOpenedIsSetAside) {  // P11
  const TemporaryDirectory folder;
  {
    ASSERT_TRUE(open(folder)->land(std::vector{large("a", 10)}));
  }
  std::ofstream{folder.path() / "landing" / "CURRENT"} << "garbage\n";
  LandingReport report;
  const Result<std::unique_ptr<RocksLanding>> landing = RocksLanding::open(folder.path() / "landing", report);
  ASSERT_TRUE(landing) << landing.error().text();
  EXPECT_TRUE(report.damaged);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "landing.damaged-1")) << report.set_aside;
  EXPECT_EQ((*landing)->usage().tail.sequence, 0u);
}

TEST(RocksLanding, ASecondProcessIsToldThatTheStoreIsInUse) {
  const TemporaryDirectory folder;
  const auto landing = open(folder);
  LandingReport report;
  EXPECT_EQ(RocksLanding::open(folder.path() / "landing", report).error().code(), Code::unavailable);
}

}  // namespace
}  // namespace tidegate
