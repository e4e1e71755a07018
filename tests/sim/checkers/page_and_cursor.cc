// P3: a page and its cursor are one. What a commit alone, and the one before it under the same key, can show:
//
//   - as many records go in as ids are noted as seen (or fewer, where a filter drops some, which is not drawn here): a page without
//     segments is one that was seen before, whole;
//   - the ids of its segments come back, and a lane gives each number once and leaves none out. A commit that failed may be in all
//     the same: so many numbers may be passed over by the next one;
//   - settled <= position <= through, and a sweep under way begins at the position, with a page behind it and a link before it;
//   - nothing that was settled or read through is taken back, but by an operator's rewind, which forgets all ids;
//   - the second and any further page of a sweep follows the one before it, in the same window;
//   - a window begins where the last one ended, or where a new pass does.
//
// A journal that was begun anew (another epoch) remembers nothing of this, and after a commit of unclear fate nobody knows what the
// commit behind it follows. A bit that flips in the last commit of all cannot be told from a torn end: that commit is cut, and the
// numbers that it gave are given again.
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"

namespace tidegate {
namespace {

std::string cursor_text(const Cursor& cursor) {
  std::string text = "settled " + to_iso8601(cursor.settled) + ", position " + to_iso8601(cursor.position) + ", through " +
                     to_iso8601(cursor.through);
  if (cursor.window)
    text += ", window " + to_iso8601(cursor.window->from) + " to " + to_iso8601(cursor.window->to) + " page " +
            std::to_string(cursor.window->pages);
  return text;
}

bool stands_in_order(const Cursor& cursor) {
  if (cursor.settled > cursor.position || cursor.position > cursor.through) return false;
  if (!cursor.window) return true;
  const WindowProgress& window = *cursor.window;
  return window.from == cursor.position && window.from < window.to && window.pages > 0 && !window.next_link.empty();
}

bool follows(const Cursor& next, const Cursor& last) {
  if (next.settled < last.settled || next.through < last.through) return false;
  if (!next.window) return true;
  const WindowProgress& window = *next.window;
  if (window.from != last.position && (last.window || window.from != last.settled)) return false;
  if (window.pages == 1) return true;
  return last.window && last.window->from == window.from && last.window->to == window.to && last.window->pages + 1 == window.pages;
}

class PageAndCursor final : public Checker {
 public:
  void begin(SimFleet& fleet) override {
    fleet_ = &fleet;
    lives_.resize(fleet.sensors().size());
  }

  void on_commit(std::size_t number, const Commit& commit, const Result<std::vector<SegmentId>>& result) override {
    forget_rotten();
    Life& life = lives_[number];
    const Id128 epoch = fleet_->sensors()[number].agent->journal().epoch();
    if (life.epoch != epoch) life = {.epoch = epoch, .cursors = {}, .lanes = {}};
    Numbers& lane = life.lanes[index_of(commit.key.lane)];
    if (!result) {
      lane.unclear += commit.segments.size();
      life.cursors.erase(commit.key);
      return;
    }
    check_records(number, commit);
    check_ids(number, commit, *result, lane);
    check_cursor(number, commit, life);
  }

  void end(SimFleet& fleet) override { findings_.tell_rest(fleet); }

 private:
  struct Numbers {
    std::optional<std::uint64_t> last;  // that was given
    std::uint64_t unclear = 0;          // segments of commits that failed since
  };
  // Of a journal.
  struct Life {
    Id128 epoch;
    std::map<CursorKey, Cursor> cursors;  // as committed last
    std::array<Numbers, lane_count> lanes;
  };

  void forget_rotten() {
    for (; story_read_ < fleet_->story().size(); ++story_read_)
      for (std::size_t number = 0; number < lives_.size(); ++number)
        if (fleet_->story()[story_read_].find(fleet_->sensors()[number].name + ": a bit flips") != std::string::npos)
          lives_[number] = {};
  }

  void tell(std::size_t number, const Commit& commit, const std::string& how) {
    findings_.tell(*fleet_, fleet_->sensors()[number].name + ", " + std::string{name(commit.key.lane)} + ": " + how);
  }

  void check_records(std::size_t number, const Commit& commit) {
    std::size_t records = 0;
    for (const Segment& segment : commit.segments) records += segment.records;
    const bool filtered = !fleet_->sensors()[number].options.connector.log_filters.empty();
    if (records == commit.seen.ids.size() || (filtered && records < commit.seen.ids.size())) return;
    tell(number, commit, std::to_string(records) + " records go in with " + std::to_string(commit.seen.ids.size()) + " ids seen");
  }

  void check_ids(std::size_t number, const Commit& commit, const std::vector<SegmentId>& ids, Numbers& lane) {
    if (ids.size() != commit.segments.size())
      tell(number, commit,
           std::to_string(commit.segments.size()) + " segments went in, " + std::to_string(ids.size()) + " came of it");
    for (const SegmentId& id : ids) {
      const std::uint64_t last = lane.last.value_or(id.sequence - 1);
      if (id.lane != commit.key.lane || id.sequence <= last || id.sequence > last + 1 + lane.unclear)
        tell(number, commit, "segment " + std::to_string(id.sequence) + " follows " + std::to_string(last));
      lane = {.last = id.sequence, .unclear = 0};
    }
  }

  void check_cursor(std::size_t number, const Commit& commit, Life& life) {
    if (!stands_in_order(commit.next)) tell(number, commit, "a cursor is in disorder: " + cursor_text(commit.next));
    const auto [last, first_of_all] = life.cursors.try_emplace(commit.key, commit.next);
    const bool rewound = commit.forget_before == WallSeconds::max();
    if (!first_of_all && !rewound && !follows(commit.next, last->second))
      tell(number, commit, "a cursor does not follow: " + cursor_text(last->second) + "; then " + cursor_text(commit.next));
    last->second = commit.next;
  }

  SimFleet* fleet_ = nullptr;
  std::vector<Life> lives_;  // by sensor
  std::size_t story_read_ = 0;
  Findings findings_{"P3: a page and its cursor are one"};
};

}  // namespace

std::unique_ptr<Checker> make_page_and_cursor() { return std::make_unique<PageAndCursor>(); }

}  // namespace tidegate
