// Backfill: one interval of one content type, read once more on purpose, beside the live reading. It has a cursor of its own (job
// in CursorKey), and what the operator wants of it stands in a note:
//
//   named "backfill/<number>", ten digits; value, big-endian:
//   version u8 (1) | state u8 | lane u8 | from i64 s | to i64 s | created i64 ns | connector's length u8 | connector
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "storage/types.h"

namespace tidegate {

// The numbers are on disk: never renumber.
enum class BackfillState : std::uint8_t { running = 0, paused = 1, done = 2, cancelled = 3 };
std::string_view name(BackfillState state);

// The half-open interval [from, to).
struct Backfill {
  std::uint32_t number = 0;  // from 1 on; never given twice
  std::string connector;
  Lane lane = Lane::alerts;
  WallSeconds from{};
  WallSeconds to{};
  BackfillState state = BackfillState::running;
  WallTime created{};

  CursorKey key() const { return {connector, lane, number}; }
  bool ended() const { return state == BackfillState::done || state == BackfillState::cancelled; }
  bool operator==(const Backfill&) const = default;
};

inline constexpr std::size_t backfill_connector_bytes_max = 255;
inline constexpr WallSeconds backfill_time_max{std::chrono::seconds{UINT32_MAX}};  // 2106, where the wire's times end

inline constexpr std::string_view backfill_notes_prefix = "backfill/";

//   requires: number > 0; the connector's name has at most backfill_connector_bytes_max bytes
Note note_of(const Backfill& backfill);
// `corrupt`: not a back-fill's note, or one of a newer version.
Result<Backfill> backfill_from(const Note& note);

// Where its reading begins: one pass over the whole interval.
Cursor cursor_of(const Backfill& backfill);

// How much is read, from 0 to 1. `cursor`: the one in the journal; absent once the back-fill has ended, or before it has begun.
double progress(const Backfill& backfill, const std::optional<Cursor>& cursor);

}  // namespace tidegate
