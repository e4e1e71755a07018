// LogEnd: reads the library's write-ahead log, to tell what a crash leaves from what rot does. A crash leaves a torn end: the
// commit, or the trims, that were not synced yet, whose pages may have reached the disk in any order. Rot hits anywhere; then
// commits that were acknowledged stand behind the damage, and the library would drop them with it, in some cases
// without a word (a length that points beyond the end of the file).
//
// The log's format is the library's (its wiki, "Write Ahead Log File Format"): blocks of 32 KiB; in them fragments of
// crc32c u32 | length u16 | type u8 | payload, little-endian, the checksum over type and payload, masked; type 1 is a whole
// record, 2, 3 and 4 are its first, middle and last fragment; fewer than 7 bytes at a block's end are filler. Files that
// were closed before the newest one are proved by the library itself and by the continuity of the lanes. A record is a batch:
// sequence number u64 | rows u32 | rows: tag u8 | family varint (by the tag) | key | value (of a put), texts with their length as a
// varint before them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/keys.h"
#include "storage/rocks_store.h"

namespace tidegate {

struct LogEnd {
  std::filesystem::path file;                                  // the newest log that holds anything; empty: none does
  std::uint64_t whole_bytes = 0;                               // of it, up to the first damage
  bool damaged = false;                                        // something that is not a record follows
  bool commit_behind = false;                                  // and a whole commit after that
  std::array<std::uint64_t, stored_lane_count> last_behind{};  // the lanes' tails as trims after it show them; 0: not shown
};

Result<LogEnd> examine_log(const StorePlace& place);

// Drops what stands behind the first damage.   requires: end.damaged
Result<void> cut_log(const LogEnd& end);

// CRC-32C (Castagnoli), which zlib has not.
std::uint32_t crc32c(ByteView bytes);

}  // namespace tidegate
