#include "tests/support/vision_one_holdings.h"

#include <algorithm>

#include "base/check.h"

namespace tidegate {
namespace {

std::uint32_t number(WallSeconds time) {
  const auto seconds = time.time_since_epoch().count();
  TG_ASSERT(seconds >= 0 && seconds <= UINT32_MAX, "simulated times lie between 1970 and 2106");
  return static_cast<std::uint32_t>(seconds);
}

// A bound of a query may be any time; outside of what can be held it is as good as the nearest that can.
std::uint32_t clamped(WallSeconds time) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.time_since_epoch().count(), 0, UINT32_MAX));
}

// Merges from the back, so that arrivals at the end, the common case, move nothing.
void sort_in(std::vector<HeldRecord>& sorted, std::vector<HeldRecord>& arrivals) {
  std::sort(arrivals.begin(), arrivals.end());
  std::size_t old = sorted.size();
  std::size_t fresh = arrivals.size();
  sorted.resize(old + fresh);
  while (fresh > 0) {
    const std::size_t to = old + fresh - 1;
    if (old > 0 && sorted[old - 1] > arrivals[fresh - 1]) sorted[to] = sorted[--old];
    else sorted[to] = arrivals[--fresh];
  }
  arrivals.clear();
}

}  // namespace

void Holdings::advance(WallTime now) {
  if (now <= now_) return;
  now_ = now;
  for (std::size_t i = 0; i < feed_count; ++i) {
    const Feed feed = static_cast<Feed>(i);
    Shelf& shelf = shelves_[i];
    while (!shelf.pending.empty() && shelf.pending.top().at <= now_) {
      const Pending due = shelf.pending.top();
      shelf.pending.pop();
      if (feed == Feed::alerts) take_alert(due.record, due.listed);
      else take_event(feed, due.record);
    }
    const std::uint32_t arrived = schedule_.arrived(feed, now_);
    for (; shelf.arrived < arrived; ++shelf.arrived) {
      if (feed == Feed::alerts) take_alert(shelf.arrived, no_version);
      else take_event(feed, shelf.arrived);
    }
    sort_in(shelf.sorted[0], shelf.arrivals[0]);
    sort_in(shelf.sorted[1], shelf.arrivals[1]);
  }
}

void Holdings::take_event(Feed feed, std::uint32_t record) {
  Shelf& shelf = shelves_[static_cast<std::size_t>(feed)];
  const EventFacts facts = schedule_.event(feed, record);
  if (facts.visible > now_) {
    shelf.pending.push({facts.visible, record, no_version});
    return;
  }
  shelf.arrivals[0].push_back({number(facts.happened), record});
  shelf.arrivals[1].push_back({number(facts.ingested), record});
}

void Holdings::take_alert(std::uint32_t record, std::size_t listed) {
  Shelf& shelf = shelves_[static_cast<std::size_t>(Feed::alerts)];
  const AlertFacts facts = schedule_.alert(record);
  const std::size_t current = facts.current(now_);
  if (current != no_version) {
    if (listed == no_version) {
      shelf.arrivals[0].push_back({number(facts.created), record});
    } else {
      Index& sorted = shelf.sorted[1];
      const HeldRecord old{number(facts.versions[listed].updated), record};
      const auto at = std::lower_bound(sorted.begin(), sorted.end(), old);
      TG_ASSERT(at != sorted.end() && *at == old, "an alert's listed version is in the index until it is replaced");
      sorted.erase(at);
    }
    shelf.arrivals[1].push_back({number(facts.versions[current].updated), record});
  }
  const std::size_t next = current == no_version ? 0 : current + 1;
  if (next < facts.count) shelf.pending.push({facts.versions[next].visible, record, current});
}

std::span<const HeldRecord> Holdings::between(Feed feed, TimeKey key, WallSeconds from, WallSeconds to) const {
  const Index& sorted = shelves_[static_cast<std::size_t>(feed)].sorted[static_cast<std::size_t>(key)];
  if (to <= from) return {};
  const auto first = std::lower_bound(sorted.begin(), sorted.end(), HeldRecord{clamped(from), 0});
  const auto last = std::lower_bound(first, sorted.end(), HeldRecord{clamped(to), 0});
  return {first, last};
}

std::size_t Holdings::held(Feed feed) const { return shelves_[static_cast<std::size_t>(feed)].sorted[0].size(); }

}  // namespace tidegate
