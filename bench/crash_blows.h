// One series of blows to one subject of `bench crashes`, from its first day to when nothing more comes from it.
//
//   kill   SIGKILL while records flow, and a start at once
//   flap   both sides of its connection are reset, also in the middle of a record
//   power  SIGKILL, and what was not durable is gone (crash_disk.h); then a start
//   full   the receiver is away until the subject's buffer is full, and comes back: one blow
//
// The sender reaches its receiver through a relay with a rate (relay.h), so that records flow from the first blow to the last. A
// blow falls a drawn while after so many new records have come, or, one in three, a drawn while after the last blow, so that
// starts and tries to connect are hit as well. A blow that hits nothing, as one to a process that has ended, is none, and is
// tried again. After the last one the rate is lifted and the subject left alone, but that it is started again where it ends by
// itself.
// Thread: the owner's.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "bench/crash_subjects.h"

namespace tidegate {

enum class Blow : std::uint8_t { kill, flap, power, full };

struct BlowPlan {
  Blow blow = Blow::kill;
  std::uint64_t blows = 100;
  std::uint64_t records = 0;
  std::uint64_t rate = 0;  // of the way, in bytes a second, while blows fall
  std::uint64_t buffer_bytes = 0;
  std::uint16_t way_port = 0;
  Seed seed{};
};

// How long the records between two blows take at the plan's rate, about.
inline constexpr std::chrono::milliseconds between_blows{600};

struct BlowOutcome {
  Arrivals arrived;
  std::uint64_t dealt = 0;
  std::uint64_t took = 0;             // cuts of the power that something was lost by
  std::chrono::nanoseconds lasted{};  // from the first start to the last new record
  std::string trouble{};              // empty: as planned
};

Result<BlowOutcome> deal_blows(CrashSubject& subject, const BlowPlan& plan, const Clock& clock);

}  // namespace tidegate
