// What the journal stores, as plain values: lanes, segments, cursors, commits. Storage knows nothing of the API that the
// records came from; a cursor is times, a link and counts.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/id128.h"

namespace tidegate {

// Each lane has its own sequence and priority (P6). The numbers are on disk: never renumber.
enum class Lane : std::uint8_t { alerts = 0, audit_logs = 1, techniques = 2, own_events = 3 };
inline constexpr std::size_t lane_count = 4;
inline constexpr std::array<Lane, lane_count> all_lanes{Lane::alerts, Lane::audit_logs, Lane::techniques, Lane::own_events};

// The content type's name in configuration, metrics and logs: "alerts", "audit_logs", "observed_attack_techniques".
std::string_view name(Lane lane);
std::optional<Lane> lane_named(std::string_view text);
inline std::size_t index_of(Lane lane) { return static_cast<std::size_t>(lane); }

// A segment's place: sequences of a lane start at 1 and have no holes.
struct SegmentId {
  Lane lane = Lane::alerts;
  std::uint64_t sequence = 0;

  auto operator<=>(const SegmentId&) const = default;
};

// How the entries of a segment are compressed. The numbers are on disk: never renumber.
enum class Compression : std::uint8_t { none = 0, gzip = 1, zstd = 2 };

// The encoded records of one commit in one lane: byte for byte the entries of one chunk on the wire.
struct Segment {
  std::string tag;  // of the wire: "tidegate.<msg_class>"
  Compression compression = Compression::none;
  std::uint32_t records = 0;
  std::uint32_t plain_bytes = 0;  // of the entries before compression; at most segment_plain_bytes_max
  WallTime oldest{};              // the records' own times, for lag and age
  WallTime newest{};
  Bytes payload;

  bool operator==(const Segment&) const = default;
};

// Other receivers bound a chunk after decompression, and one above their limit would fail for ever.
inline constexpr std::size_t segment_plain_bytes_max = 4u << 20;

struct StoredSegment {
  SegmentId id;
  Segment segment;
  std::uint32_t checksum = 0;  // of the content, as it stands on disk
};

// The wire's name of a segment, 128 bits drawn from (epoch, lane, sequence, checksum): a replay sends the same id again (P2), and a
// place that comes to hold another content, as after rot in the last commit or on a restored backup, another one (P1).
Id128 chunk_id(const Id128& epoch, const StoredSegment& segment);

// One content type of one connector, read by one reader: what has a cursor of its own.
struct CursorKey {
  std::string connector;
  Lane lane = Lane::alerts;
  std::uint32_t job = 0;  // 0: the live reading; else the back-fill of that number, which is given once and never again

  auto operator<=>(const CursorKey&) const = default;
};

// The half-open interval [from, to) of one sweep, and how far the sweep has come.
struct WindowProgress {
  WallSeconds from{};
  WallSeconds to{};
  WallTime started{};             // when the sweep's first page was asked for
  std::string next_link;          // empty: no page yet
  std::uint32_t pages = 0;        // committed in this sweep
  std::uint32_t attempts = 0;     // sweeps of this window that failed; from the second on it is halved
  std::int64_t total_count = -1;  // the first page's; -1 where the API gave none

  bool operator==(const WindowProgress&) const = default;
};

// Reading goes in passes: each begins at `settled`, runs through windows side by side up to `pass_to`, and so reads once
// more what was too young to be final the last time.
struct Cursor {
  WallSeconds settled{};                 // before this, everything was read after it could no longer change: passes begin here
  WallSeconds through{};                 // the end of the furthest window that was read whole
  WallSeconds position{};                // where the next window of the pass begins
  WallSeconds pass_to{};                 // where the pass ends; position >= pass_to: the pass is done
  std::optional<WindowProgress> window;  // the sweep under way

  bool operator==(const Cursor&) const = default;
};

struct StoredCursor {
  CursorKey key;
  Cursor cursor;

  bool operator==(const StoredCursor&) const = default;
};

// The ids of one commit and the latest of their records' times: forgotten together, once no window can begin before it.
struct SeenPack {
  WallSeconds latest{};
  std::vector<Id128> ids;

  bool operator==(const SeenPack&) const = default;
};

// What a collector starts from.
struct CursorState {
  std::optional<Cursor> cursor;  // absent: this content type was never read
  std::vector<SeenPack> seen;    // oldest commit first
};

// A small row beside the cursors: what must be remembered together with them, such as a gap or a back-fill. Whoever writes
// notes bounds how many of a kind there are: all of them are read at each open.
struct Note {
  std::string name;  // printable ASCII, 1 to note_name_bytes_max; by custom "kind/..."
  Bytes value;       // at most note_value_bytes_max; empty: there is no such note any more

  bool operator==(const Note&) const = default;
};

inline constexpr std::size_t note_name_bytes_max = 255;
inline constexpr std::size_t note_value_bytes_max = 64u << 10;
inline constexpr std::size_t commit_notes_max = 16;

// One page, whole: its records, the ids seen in it and the cursor past it (P3). A page without new records has no
// segments; a large one has several, never split across commits. What the agent itself has to say of the page (a gap)
// goes into the same write.
struct Commit {
  CursorKey key;
  std::vector<Segment> segments;    // in the key's lane
  std::vector<Segment> own_events;  // in Lane::own_events
  std::vector<Note> notes;          // in this order, should one name come twice
  SeenPack seen;                    // may be empty
  Cursor next;
  WallSeconds forget_before{};  // packs whose latest is before this are dropped in the same write
};

struct LaneUsage {
  std::uint64_t first = 1;         // sequence of the oldest segment kept; first > last means empty
  std::uint64_t last = 0;          // sequence of the newest
  std::uint64_t records = 0;       // kept, not yet trimmed
  std::uint64_t bytes = 0;         // of payloads and headers kept
  std::uint64_t records_ever = 0;  // since the store was begun
  std::uint64_t bytes_ever = 0;
  WallTime oldest{};  // record time of the oldest segment kept; meaningless when empty

  bool empty() const { return first > last; }
};

struct JournalUsage {
  std::array<LaneUsage, lane_count> lanes;
  LaneUsage set_aside;      // what receivers refused; its sequence numbers are its own
  std::uint64_t bytes = 0;  // of all lanes, and of what is set aside
  std::uint64_t budget = 0;

  const LaneUsage& lane(Lane which) const { return lanes[index_of(which)]; }
};

}  // namespace tidegate
