// Gaps: intervals that could not be read, because the API no longer serves them (P5). A gap is recorded twice in the commit that
// moves the cursor past it: as a note beside the cursors, which status shows for as long as it is kept, and as a record
// of the agent's own events, which is shipped and can be searched for.
//
// It stands here, on the agent's floor, because the collector writes gaps and status shows them.
//
// The note: named "gap/<connector's hash>/<content type>/<from>-<to>-<reason's hash>", times as 10 digits, so that names sort by
// time and the same gap has one note. Its value, big-endian:
//   version u8 (1) | from i64 s | to i64 s | noted i64 ns | lane u8 | connector's length u8 | connector | reason's length u16 |
//   reason
// The record: the envelope of every record (envelope.h) with msg_class tidegate_own_events, and for the API's record a map under
// the key `tidegate`: {event: "gap", content_type, from, to (ISO 8601), seconds, reason}.
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/envelope.h"
#include "base/clock.h"
#include "base/result.h"
#include "storage/types.h"

namespace tidegate {

// The half-open interval [from, to).
struct Gap {
  std::string connector;
  Lane lane = Lane::alerts;
  WallSeconds from{};
  WallSeconds to{};
  std::string reason;
  WallTime noted{};

  std::chrono::seconds length() const { return to - from; }
  bool operator==(const Gap&) const = default;
};

inline constexpr std::size_t gap_notes_max = 100;                             // kept of one content type of one connector
inline constexpr std::size_t gap_notes_erased_max = 4;                        // in one commit, which has room for other notes too
inline constexpr std::size_t gap_reason_bytes_max = 1024;                     // a longer reason is cut
inline constexpr WallSeconds gap_time_max{std::chrono::seconds{UINT32_MAX}};  // 2106, where the wire's EventTime ends

// What all gap notes' names begin with; and those of one content type of one connector.
inline constexpr std::string_view gap_notes_prefix = "gap/";
std::string gap_notes_prefix_of(std::string_view connector, Lane lane);

// What goes into the Commit that moves the cursor past the gap: into own_events and notes.
struct GapCommit {
  Segment own_event;        // not compressed: one small record
  std::vector<Note> notes;  // the gap's own, and the oldest ones erased where there are more than gap_notes_max
};

// `kept`: the notes with the prefix of gap.connector and gap.lane. The same gap, noted again, is the same record and note.
// `invalid`: an empty interval, a time (also `noted`) before 1970 or beyond gap_time_max, or a connector's name that is too long.
//   requires: origin is that of the gap's connector; its lane is not looked at
Result<GapCommit> gap_commit(const Gap& gap, Origin origin, const std::vector<Note>& kept);

// `corrupt`: not a gap's note, or one of a newer version.
Result<Gap> gap_from(const Note& note);
// Those that can be read, by the time that they begin at.
std::vector<Gap> gaps_from(const std::vector<Note>& notes);

}  // namespace tidegate
