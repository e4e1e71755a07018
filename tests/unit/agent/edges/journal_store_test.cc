#include "agent/edges/journal_store.h"

#include <gtest/gtest.h>

#include "tests/support/model_journal.h"
#include "tests/unit/transport/loopback.h"

namespace tidegate {
namespace {

Segment sample_segment() {
  Segment segment;
  segment.records = 1;
  segment.payload = "entries";
  return segment;
}

asio::awaitable<int> use_every_call(JournalStore& store) {
  Commit page;
  page.key = {"acme", Lane::alerts, 4};
  page.segments = {sample_segment()};
  page.own_events = {sample_segment()};
  page.notes = {{"gap/1", "one"}, {"gap/2", "two"}};
  page.next.settled = WallSeconds{std::chrono::seconds{5}};
  const Cursor next = page.next;
  const CursorKey key = page.key;
  const auto ids = co_await store.commit(std::move(page));
  EXPECT_EQ(*ids, (std::vector<SegmentId>{{Lane::alerts, 1}}));
  const auto own = co_await store.batch({Lane::own_events, 1});
  EXPECT_EQ(own->segment.compression, Compression::none);
  const auto packed = co_await store.batch({Lane::alerts, 1});
  EXPECT_EQ(packed->segment.compression, Compression::zstd);
  EXPECT_EQ(*decompress_entries(packed->segment.payload, WireCompression::zstd), "entries");
  const auto cursors = co_await store.cursors();
  EXPECT_EQ(*cursors, (std::vector<StoredCursor>{{key, next}}));
  std::vector<Note> changed{{"gap/2", {}}, {"job/1", "done"}};
  EXPECT_TRUE(co_await store.put_notes(std::move(changed)));
  const auto notes = co_await store.notes("gap/");
  EXPECT_EQ(*notes, (std::vector<Note>{{"gap/1", "one"}}));
  std::vector<Note> last{{"job/1", {}}};
  EXPECT_TRUE(co_await store.forget(key, std::move(last)));
  const auto left = co_await store.notes("");
  EXPECT_EQ(left->size(), 1u);
  const auto state = co_await store.load(key);
  EXPECT_FALSE(state->cursor);
  co_return 0;
}

}  // namespace

TEST(JournalStore, EveryCallReachesTheJournalAndItsAnswerComesBack) {
  asio::io_context loop{1};
  JournalStore store{std::make_unique<ModelJournal>(Id128{1, 2}), Compression::zstd};
  testkit::run(loop, use_every_call(store));
  EXPECT_EQ(store.usage().lane(Lane::alerts).records, 1u);
  EXPECT_EQ(store.epoch(), (Id128{1, 2}));
}

}  // namespace tidegate
