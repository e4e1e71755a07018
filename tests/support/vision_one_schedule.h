// When each record of the simulator happens: pure functions of the options, the seed and the record's number, so that a
// million records need no memory. Records of a feed are numbered in the order of their arrival at the API (alerts: of
// their creation; the others: of their ingestion).
//
// Thread: any; nothing changes after construction.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.h"
#include "base/random.h"
#include "tests/support/vision_one_options.h"

namespace tidegate {

struct AlertVersion {
  WallSeconds updated{};  // updatedDateTime
  WallTime visible{};     // listed from then on, in the place of the version before
};

inline constexpr std::size_t alert_versions_max = 4;
inline constexpr std::size_t no_version = alert_versions_max;

struct AlertFacts {
  WallSeconds created{};
  std::array<AlertVersion, alert_versions_max> versions;
  std::size_t count = 0;  // of versions that there will ever be; updated times of two never agree

  // The version listed at `now`; no_version before the first is.
  std::size_t current(WallTime now) const;
  // False for a version that was replaced at the moment it would have been listed.
  bool ever_listed(std::size_t version) const;
};

// An audit log or a technique.
struct EventFacts {
  WallSeconds happened{};  // loggedDateTime, detectedDateTime
  WallSeconds ingested{};  // ingestedDateTime
  WallTime visible{};      // listed from then on
};

// What a record's own chance is drawn for; each purpose has a sequence of its own.
enum class Draw : std::uint8_t { times, identity, content };

class Schedule {
 public:
  Schedule(const DataOptions& options, Seed seed);

  // The number of records of the feed that have arrived by `now`, listed or not: those below it.
  std::uint32_t arrived(Feed feed, WallTime now) const;

  //   requires: a record that arrives at all
  AlertFacts alert(std::uint32_t record) const;
  EventFacts event(Feed feed, std::uint32_t record) const;

  // The record whose times and content this one has; itself but for copies.
  std::uint32_t model_of(Feed feed, std::uint32_t record) const;

  Random dice(Feed feed, std::uint32_t record, Draw draw) const;
  const DataOptions& options() const { return options_; }

 private:
  const FeedOptions& of(Feed feed) const;
  std::uint64_t total(Feed feed) const;
  WallTime arrival(Feed feed, std::uint32_t number) const;
  std::chrono::nanoseconds lateness(Random& dice) const;

  DataOptions options_;
  std::uint64_t seed_;
};

// Even over [0, bound), by one multiplication: for the many draws of a record, where a bias of 2^-32 is of no account.
inline std::uint32_t pick(Random& dice, std::uint32_t bound) {
  return static_cast<std::uint32_t>(((dice.next() >> 32) * bound) >> 32);
}

}  // namespace tidegate
