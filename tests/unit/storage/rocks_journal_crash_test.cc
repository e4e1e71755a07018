// The journal beside a plain map, through random operations, failing writes and power cuts. What was acknowledged is there;
// what was not is wholly there or wholly not: page, own events, ids, notes and cursor alike (P3). Every failure names its seed.
#include "storage/rocks_journal.h"
#include "tests/support/faulty_fs.h"
#include "tests/support/model_journal.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

constexpr std::uint64_t shards = 20;
constexpr std::uint64_t seeds_per_shard = 10;
constexpr int steps_per_seed = 25;

const std::vector<CursorKey> keys{key_of(Lane::alerts, "a"),    key_of(Lane::alerts, "b"),    key_of(Lane::techniques, "a"),
                                  key_of(Lane::own_events, ""), key_of(Lane::alerts, "a", 1), key_of(Lane::techniques, "a", 2)};

class CrashRun {
 public:
  explicit CrashRun(std::uint64_t seed) : random_(Seed{seed}) {
    files_ = std::make_shared<FaultyFs>(temporary_.path() / "stash");
    environment_ = environment_of(files_);
    open();
    model_.emplace(journal_->epoch());
  }

  void run() {
    for (int step = 0; step < steps_per_seed && !testing::Test::HasFatalFailure(); ++step) {
      const std::uint64_t choice = random_.below(100);
      if (choice < 56) commit_page();
      else if (choice < 62) forget_reader();
      else if (choice < 77) trim_lane();
      else if (choice < 80) set_aside_or_take_back();
      else if (choice < 88) fail_a_write();
      else if (choice < 94) open();
      else cut_power();
    }
    if (!testing::Test::HasFatalFailure()) cut_power();
  }

 private:
  void open() {
    journal_.reset();
    OpenReport report;
    Result<std::unique_ptr<RocksJournal>> opened = RocksJournal::open({.directory = temporary_.path() / "journal",
                                                                       .budget = 1u << 30,
                                                                       .keep_free = 0,
                                                                       .fresh_epoch = {1, 1},
                                                                       .env = environment_},
                                                                      report);
    ASSERT_TRUE(opened) << opened.error().text();
    ASSERT_FALSE(report.healed) << report.reason;
    journal_ = *std::move(opened);
    if (model_) expect_like_model();
  }

  Commit any_commit() {
    Commit commit;
    commit.key = keys[random_.below(keys.size())];
    ++clock_;
    for (std::uint64_t i = random_.below(4); i > 0; --i) {
      const std::size_t bytes = random_.chance(6) ? random_.below(150'000) : random_.below(2000);
      commit.segments.push_back(sample_segment(bytes, clock_));
    }
    if (random_.chance(4)) commit.own_events.push_back(sample_segment(random_.below(500), clock_));
    commit.notes = any_notes(4);
    commit.seen.latest = at(clock_ - random_.between(0, 5));
    for (std::uint64_t i = random_.below(5); i > 0; --i) commit.seen.ids.push_back({random_.next(), i});
    commit.forget_before = at(clock_ - 8);
    commit.next.settled = at(clock_);
    commit.next.through = at(clock_);
    if (random_.chance(2)) commit.next.window = WindowProgress{.from = at(clock_), .to = at(clock_ + 9), .next_link = "next"};
    return commit;
  }

  std::vector<Note> any_notes(std::uint64_t most) {
    std::vector<Note> notes;
    for (std::uint64_t i = random_.below(most + 1); i > 0; --i) {
      notes.push_back({"note/" + std::to_string(random_.below(6)), Bytes(random_.below(3) * 40, static_cast<char>(clock_))});
    }
    return notes;
  }

  void forget_reader() {
    if (random_.chance(3)) {
      const std::vector<Note> alone = any_notes(3);
      ASSERT_TRUE(journal_->put_notes(alone));
      ASSERT_TRUE(model_->put_notes(alone));
    }
    const CursorKey& key = keys[random_.below(keys.size())];
    const std::vector<Note> notes = any_notes(2);
    Result<void> done = journal_->forget(key, notes);
    ASSERT_TRUE(done) << done.error().text();
    ASSERT_TRUE(model_->forget(key, notes));
  }

  void commit_page() {
    const Commit commit = any_commit();
    Result<std::vector<SegmentId>> ids = journal_->commit(commit);
    ASSERT_TRUE(ids) << ids.error().text();
    ASSERT_EQ(*ids, *model_->commit(commit));
  }

  void trim_lane() {
    const Lane lane = all_lanes[random_.below(lane_count)];
    const LaneUsage usage = model_->usage().lane(lane);
    if (usage.empty()) return;
    const SegmentId id{lane, usage.first + random_.below(usage.last - usage.first + 1)};
    ASSERT_TRUE(journal_->trim(id));
    ASSERT_TRUE(model_->trim(id));
  }

  void set_aside_or_take_back() {
    if (random_.chance(2)) {
      Result<SegmentId> real = journal_->take_back();
      Result<SegmentId> expected = model_->take_back();
      ASSERT_EQ(real.has_value(), expected.has_value());
      if (real) ASSERT_EQ(*real, *expected);
      else ASSERT_EQ(real.error().code(), Code::absent);
      return;
    }
    const Lane lane = all_lanes[random_.below(lane_count)];
    const LaneUsage usage = model_->usage().lane(lane);
    if (usage.empty()) return;
    const SegmentId id{lane, usage.first + random_.below(usage.last - usage.first + 1)};
    ASSERT_TRUE(journal_->set_aside(id));
    ASSERT_TRUE(model_->set_aside(id));
  }

  // A commit that the disk refuses: then the process asks where it stands, or dies, or the power goes.
  void fail_a_write() {
    const DiskFault fault = random_.chance(2) ? DiskFault::no_space : DiskFault::io_error;
    files_->arm({fault, random_.chance(2) ? DiskAction::append : DiskAction::sync, ".log", 0});
    uncertain_ = any_commit();
    Result<std::vector<SegmentId>> ids = journal_->commit(*uncertain_);
    files_->clear();
    ASSERT_FALSE(ids);
    ASSERT_EQ(ids.error().code(), fault == DiskFault::no_space ? Code::full : Code::unavailable);
    if (random_.chance(3)) return cut_power();
    if (random_.chance(2)) return open();
    ASSERT_TRUE(journal_->load(uncertain_->key));
    expect_like_model();
  }

  void cut_power() {
    files_->power_off();
    journal_.reset();
    files_->power_on(random_, static_cast<TornTail>(random_.below(3)));
    open();
  }

  // Decides by its cursor whether the uncertain commit is in; everything else must then agree with that.
  void expect_like_model() {
    if (uncertain_) {
      Result<CursorState> state = journal_->load(uncertain_->key);
      ASSERT_TRUE(state) << state.error().text();
      if (state->cursor == uncertain_->next) {
        ASSERT_TRUE(model_->commit(*uncertain_));
      }
      uncertain_.reset();
    }
    for (const CursorKey& key : keys) {
      Result<CursorState> real = journal_->load(key);
      ASSERT_TRUE(real) << real.error().text();
      ASSERT_EQ(real->cursor, model_->load(key)->cursor);
      ASSERT_EQ(real->seen, model_->load(key)->seen);
    }
    ASSERT_EQ(*journal_->cursors(), *model_->cursors());
    ASSERT_EQ(*journal_->notes(""), *model_->notes(""));
    const LaneUsage aside = model_->usage().set_aside;
    ASSERT_EQ(journal_->usage().set_aside.last, aside.last);
    ASSERT_EQ(journal_->usage().set_aside.first, aside.first) << "what is taken back is synced";
    ASSERT_EQ(journal_->usage().set_aside.records, aside.records);
    ASSERT_EQ(journal_->usage().set_aside.bytes, aside.bytes);
    for (const Lane lane : all_lanes) {
      const LaneUsage expected = model_->usage().lane(lane);
      ASSERT_EQ(journal_->usage().lane(lane).last, expected.last);
      ASSERT_LE(journal_->usage().lane(lane).first, expected.first);
      // Trims are not synced: what a power cut brought back is sent again, and trimmed again.
      if (journal_->usage().lane(lane).first < expected.first) {
        ASSERT_TRUE(journal_->trim({lane, expected.first - 1}));
      }
      ASSERT_EQ(journal_->usage().lane(lane).first, expected.first);
      ASSERT_EQ(journal_->usage().lane(lane).records, expected.records);
      ASSERT_EQ(journal_->usage().lane(lane).bytes, expected.bytes);
      if (!expected.empty()) {
        ASSERT_EQ(journal_->usage().lane(lane).oldest, expected.oldest);
      }
      for (std::uint64_t sequence = expected.first; sequence <= expected.last; ++sequence) {
        Result<StoredSegment> real = journal_->batch({lane, sequence});
        ASSERT_TRUE(real) << real.error().text();
        ASSERT_EQ(real->segment, model_->batch({lane, sequence})->segment);
      }
    }
  }

  TemporaryDirectory temporary_;
  Random random_;
  std::shared_ptr<FaultyFs> files_;
  std::shared_ptr<rocksdb::Env> environment_;
  std::unique_ptr<RocksJournal> journal_;
  std::optional<ModelJournal> model_;
  std::optional<Commit> uncertain_;
  std::int64_t clock_ = 1000;
};

class RocksJournalCrashTest : public testing::TestWithParam<std::uint64_t> {};

}  // namespace

TEST_P(RocksJournalCrashTest, P3APageAndItsCursorAreOneThroughEveryCrash) {
  for (std::uint64_t i = 0; i < seeds_per_shard; ++i) {
    const std::uint64_t seed = GetParam() * seeds_per_shard + i;
    SCOPED_TRACE("seed " + std::to_string(seed));
    CrashRun{seed}.run();
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RocksJournalCrashTest, testing::Range<std::uint64_t>(0, shards));

}  // namespace tidegate
