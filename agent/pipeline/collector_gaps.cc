// The collector's part for what the API no longer has: gaps.
#include <algorithm>

#include "agent/pipeline/collector.h"
#include "base/check.h"

namespace tidegate {

asio::awaitable<Result<void>> Collector::load_gaps() {
  Result<std::vector<Note>> notes = co_await parts_.store.notes(gap_notes_prefix_of(options_.key.connector, options_.key.lane));
  if (!notes) co_return std::move(notes).error().in("journal");
  gaps_ = gaps_from(*notes);
  co_return Result<void>{};
}

// Before it nothing is served any more; absent where that is not known. Our own clock alone is no proof that something is lost.
std::optional<WallSeconds> Collector::earliest() const {
  const SourceFacts facts = parts_.source.facts();
  if (!facts.retention || !facts.api_time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(api_now()) - *facts.retention;
}

// Reading goes on at `served`. What lies before it and was never read is a gap, recorded with the cursor that passes it (P5). Of a
// back-fill it is none: the live reading has lost nothing by what an operator asked for too late.
asio::awaitable<Result<void>> Collector::skip_to(WallSeconds served, std::string reason) {
  Commit skip;
  skip.key = options_.key;
  skip.next = skipped(*cursor_, served);
  skip.forget_before = skip.next.settled - parts_.source.facts().reach;
  std::optional<Gap> gap;
  if (cursor_->through < served && options_.key.job == 0) {
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
    skip.own_events.push_back(std::move(record->own_event));
    skip.notes = std::move(record->notes);
  }
  TG_ASSERT(skip.next.through == cursor_->through || !skip.notes.empty() || options_.key.job != 0,
            "P5: a cursor passes over nothing unread without a gap");
  if (options_.key.job != 0)
    log_.warning("a back-fill begins before what the API still has", {{"connector", options_.key.connector},
                                                                      {"content_type", std::string{name(options_.key.lane)}},
                                                                      {"number", std::to_string(options_.key.job)},
                                                                      {"served_from", to_iso8601(served)}});
  const WallSeconds forget_before = skip.forget_before;
  Cursor next = skip.next;
  Result<void> stored = co_await commit(std::move(skip));
  if (!stored) co_return stored;
  cursor_ = std::move(next);
  window_ = cursor_->window;
  seen_.forget_before(forget_before);
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
