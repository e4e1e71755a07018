// Mutants of the journal. The ids of segments that they do not store are made up as the journal would give them, so that a number
// given twice, which the checker of P3 sees, is all that a commit by itself can show.
#include <algorithm>
#include <map>
#include <utility>

#include "agent/pipeline/window.h"
#include "tests/sim/mutant_makers.h"
#include "tests/sim/passing_ports.h"

namespace tidegate {
namespace {

std::vector<SegmentId> next_ids(const JournalUsage& usage, Lane lane, std::size_t count) {
  std::vector<SegmentId> ids;
  for (std::uint64_t sequence = usage.lane(lane).last + 1; ids.size() < count; ++sequence) ids.push_back({lane, sequence});
  return ids;
}

// The ids of the page's records are noted as seen and its cursor moves on, so nobody reads them again: they are missing in the end
// (P1).
class LosesPages final : public PassingStore {
 public:
  using PassingStore::PassingStore;

  asio::awaitable<Result<std::vector<SegmentId>>> commit(Commit commit) override {
    if (commit.segments.empty() || ++pages_ % every_tenth != 0) co_return co_await real_->commit(std::move(commit));
    std::vector<SegmentId> ids = next_ids(real_->usage(), commit.key.lane, commit.segments.size());
    commit.segments.clear();
    Result<std::vector<SegmentId>> stored = co_await real_->commit(std::move(commit));
    if (!stored) co_return stored;
    co_return ids;
  }

 private:
  std::uint64_t pages_ = 0;
};

// Cursor and ids first; the records with the next commit. Whatever kills the agent in between loses the page (P1), and the journal
// gives its numbers again (P3).
class SplitsPages final : public PassingStore {
 public:
  using PassingStore::PassingStore;

  asio::awaitable<Result<std::vector<SegmentId>>> commit(Commit commit) override {
    if (const auto held = held_.find(commit.key); held != held_.end()) {
      Commit behind = held->second;
      Result<std::vector<SegmentId>> stored = co_await real_->commit(std::move(behind));
      if (!stored) co_return stored;
      held_.erase(commit.key);
    }
    if (commit.segments.empty()) co_return co_await real_->commit(std::move(commit));
    Commit behind;
    behind.key = commit.key;
    behind.next = commit.next;
    behind.segments = std::exchange(commit.segments, {});
    Result<std::vector<SegmentId>> stored = co_await real_->commit(std::move(commit));
    if (!stored) co_return stored;
    const CursorKey key = behind.key;
    std::vector<SegmentId> ids = next_ids(real_->usage(), key.lane, behind.segments.size());
    held_[key] = std::move(behind);
    co_return ids;
  }

 private:
  std::map<CursorKey, Commit> held_;
};

// The collector goes on behind a page that nobody has. Once there is room again, a cursor behind it is stored (P1), and the numbers
// that it seemed to be given are given again (P3). Journals are full where the budget was drawn small, and while a disk is full.
class DropsWhenFull final : public PassingStore {
 public:
  using PassingStore::PassingStore;

  asio::awaitable<Result<std::vector<SegmentId>>> commit(Commit commit) override {
    std::vector<SegmentId> ids = next_ids(real_->usage(), commit.key.lane, commit.segments.size());
    Result<std::vector<SegmentId>> stored = co_await real_->commit(std::move(commit));
    if (stored || stored.error().code() != Code::full) co_return stored;
    co_return ids;
  }
};

// The shipper sees no alerts while anything else waits. Others are then shipped one after the other past alerts that are in the
// journal (P6), and the status shows a journal that is not (P12).
class HidesAlerts final : public PassingStore {
 public:
  using PassingStore::PassingStore;

  JournalUsage usage() const override {
    JournalUsage usage = real_->usage();
    LaneUsage& alerts = usage.lanes[index_of(Lane::alerts)];
    const bool others =
        std::ranges::any_of(all_lanes, [&](Lane lane) { return lane != Lane::alerts && !usage.lane(lane).empty(); });
    if (others) alerts = {.first = alerts.first, .last = alerts.first - 1, .records = 0, .bytes = 0, .oldest = {}};
    return usage;
  }
};

// Where the cursor stands is noted beside it, and notes come through a healing. What had not been shipped when the journal was
// damaged is then not read again, and missing in the end (P1).
class ForgetsDamage final : public PassingStore {
 public:
  using PassingStore::PassingStore;

  asio::awaitable<Result<std::vector<SegmentId>>> commit(Commit commit) override {
    Note note{.name = name_of(commit.key), .value = {}};
    put_u64_be(note.value, static_cast<std::uint64_t>(commit.next.settled.time_since_epoch().count()));
    put_u64_be(note.value, static_cast<std::uint64_t>(commit.next.through.time_since_epoch().count()));
    commit.notes.push_back(std::move(note));
    return real_->commit(std::move(commit));
  }

  asio::awaitable<Result<CursorState>> load(CursorKey key) override {
    Result<CursorState> state = co_await real_->load(key);
    Result<std::vector<Note>> notes = co_await real_->notes(name_of(key));
    if (!state || !notes || notes->empty()) co_return state;
    const ByteView noted = notes->front().value;
    const WallSeconds settled = seconds_at(noted);
    if (state->cursor && state->cursor->settled >= settled) co_return state;
    state->cursor = cursor_at(settled);
    state->cursor->through = seconds_at(noted.substr(8));
    co_return state;
  }

 private:
  static std::string name_of(const CursorKey& key) {
    return "mutant/" + key.connector + "/" + std::string{name(key.lane)} + "/" + std::to_string(key.job);
  }
  static WallSeconds seconds_at(ByteView noted) {
    return WallSeconds{std::chrono::seconds{static_cast<std::int64_t>(get_u64_be(noted))}};
  }
};

}  // namespace

std::unique_ptr<Store> losing_pages(std::unique_ptr<Store> real) { return std::make_unique<LosesPages>(std::move(real)); }
std::unique_ptr<Store> splitting_pages(std::unique_ptr<Store> real) { return std::make_unique<SplitsPages>(std::move(real)); }
std::unique_ptr<Store> dropping_when_full(std::unique_ptr<Store> real) { return std::make_unique<DropsWhenFull>(std::move(real)); }
std::unique_ptr<Store> hiding_alerts(std::unique_ptr<Store> real) { return std::make_unique<HidesAlerts>(std::move(real)); }
std::unique_ptr<Store> forgetting_damage(std::unique_ptr<Store> real) { return std::make_unique<ForgetsDamage>(std::move(real)); }

}  // namespace tidegate
