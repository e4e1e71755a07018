// Holdings: what the simulator lists at a time, sorted by each of the two times that a feed can be asked by. Eight bytes
// per record and time. Moves forward only; records that are listed late, and alerts that change, move within it, which is
// what shifts the pages of a reader.
#pragma once

#include <array>
#include <cstdint>
#include <queue>
#include <span>
#include <vector>

#include "base/clock.h"
#include "tests/support/vision_one_schedule.h"

namespace tidegate {

// The two times of a record: created and updated, logged and ingested, detected and ingested.
enum class TimeKey : std::uint8_t { first = 0, second = 1 };

struct HeldRecord {
  std::uint32_t seconds = 0;  // since 1970, of the time that the index is sorted by
  std::uint32_t record = 0;

  auto operator<=>(const HeldRecord&) const = default;
};

class Holdings {
 public:
  //   requires: `schedule` outlives this
  explicit Holdings(const Schedule& schedule) : schedule_(schedule) {}

  // A time before the latest is taken as the latest.
  void advance(WallTime now);
  WallTime now() const { return now_; }

  // Records of the feed listed now whose time lies in [from, to), ascending. Valid until advance().
  std::span<const HeldRecord> between(Feed feed, TimeKey key, WallSeconds from, WallSeconds to) const;
  std::size_t held(Feed feed) const;

 private:
  // Something that becomes visible later: a record's first listing, or an alert's next version.
  struct Pending {
    WallTime at{};
    std::uint32_t record = 0;
    std::size_t listed = no_version;  // the alert's version listed until then

    bool operator>(const Pending& other) const { return at != other.at ? at > other.at : record > other.record; }
  };
  using Index = std::vector<HeldRecord>;
  struct Shelf {
    std::array<Index, 2> sorted;
    std::array<Index, 2> arrivals;  // of one advance(), not yet sorted in
    std::uint32_t arrived = 0;
    std::priority_queue<Pending, std::vector<Pending>, std::greater<>> pending;
  };

  void take_event(Feed feed, std::uint32_t record);
  void take_alert(std::uint32_t record, std::size_t listed);

  const Schedule& schedule_;
  WallTime now_{};
  std::array<Shelf, feed_count> shelves_;
};

}  // namespace tidegate
