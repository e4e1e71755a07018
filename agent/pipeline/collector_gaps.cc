// The collector's part for what the API no longer has: gaps.
#include <algorithm>

#include "agent/pipeline/collector.h"

namespace tidegate {

asio::awaitable<Result<void>> Collector::load_gaps() {
  Result<std::vector<Note>> notes = co_await parts_.store.notes(gap_notes_prefix_of(options_.key.connector, options_.key.lane));
  if (!notes) co_return std::move(notes).error().in("journal");
  gaps_ = gaps_from(*notes);
  co_return Result<void>{};
}

// Before it nothing is served any more; absent where that is not known.
std::optional<WallSeconds> Collector::earliest() const {
  const std::optional<std::chrono::seconds> retention = parts_.source.facts().retention;
  if (!retention) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(api_now()) - *retention;
}

// Reading goes on at `served`. What lies before it and was never read is a gap, recorded with the cursor that passes it (P5).
asio::awaitable<Result<void>> Collector::skip_to(WallSeconds served, std::string reason) {
  Commit commit;
  commit.key = options_.key;
  commit.next = skipped(*cursor_, served);
  commit.forget_before = commit.next.settled - parts_.source.facts().reach;
  std::optional<Gap> gap;
  if (cursor_->through < served) {
    gap = Gap{.connector = options_.key.connector,
              .lane = options_.key.lane,
              .from = cursor_->through,
              .to = served,
              .reason = std::move(reason),
              .noted = clock_.wall()};
    Result<std::vector<Note>> kept = co_await parts_.store.notes(gap_notes_prefix_of(gap->connector, gap->lane));
    if (!kept) co_return std::move(kept).error().in("journal");
    Result<GapCommit> record = gap_commit(*gap, parts_.origin, *kept);
    if (!record) co_return std::move(record).error();
    commit.own_events.push_back(std::move(record->own_event));
    commit.notes = std::move(record->notes);
  }
  Cursor next = commit.next;
  Result<void> stored = co_await this->commit(std::move(commit));
  if (!stored) co_return stored;
  cursor_ = std::move(next);
  window_ = cursor_->window;
  seen_.forget_before(cursor_->settled - parts_.source.facts().reach);
  if (!gap) co_return Result<void>{};
  counts_.gap_seconds.add(gap->length().count());
  log_.error("a gap: this was never read and cannot be read any more", {{"connector", gap->connector},
                                                                        {"content_type", std::string{name(gap->lane)}},
                                                                        {"from", to_iso8601(gap->from)},
                                                                        {"to", to_iso8601(gap->to)},
                                                                        {"reason", gap->reason}});
  gaps_.push_back(*std::move(gap));
  co_return Result<void>{};
}

}  // namespace tidegate
