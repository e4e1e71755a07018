// Bytes as a damaged disk might give them, to everything that decodes what is stored: the first byte says which. What
// decodes is encoded again and must give the same bytes: no two forms mean the same. A second turn puts a checksum that
// holds under the same bytes, so that the decoders behind it are reached.
#include <cstdint>

#include "base/check.h"
#include "storage/keys.h"
#include "storage/row_bytes.h"
#include "storage/rows.h"
#include "storage/seen_set.h"
#include "storage/segment.h"

namespace tidegate {
namespace {

void check_seen(const SeenPack& pack) {
  SeenSet seen{{pack}};
  seen.add(pack);
  TG_ASSERT(seen.size() <= pack.ids.size(), "an id is seen once");
  for (const Id128& id : pack.ids) TG_ASSERT(seen.contains(id), "an id of a pack is seen");
  seen.forget_before(pack.latest);
  for (const Id128& id : pack.ids) TG_ASSERT(seen.contains(id), "an id is seen until its pack is forgotten");
}

void decode(std::uint8_t what, const Bytes& stored) {
  switch (what % 9) {
    case 0:
      if (Result<Segment> segment = decode_segment(stored)) {
        TG_ASSERT(segment->payload + encode_tail(*segment) == stored, "a segment has one stored form");
      }
      return;
    case 1:
      if (Result<SeenPack> pack = decode_pack(stored)) {
        TG_ASSERT(encode_pack(*pack) == stored, "a pack has one stored form");
        check_seen(*pack);
      }
      return;
    case 2:
      if (Result<CursorRow> row = decode_cursor_row(stored)) {
        TG_ASSERT(encode(*row) == stored, "a cursor row has one stored form");
      }
      return;
    case 3:
      if (Result<LaneRow> row = decode_lane_row(stored)) TG_ASSERT(encode(*row) == stored, "a lane row has one stored form");
      return;
    case 4:
      if (Result<IndexRow> row = decode_index_row(stored)) TG_ASSERT(encode(*row) == stored, "an index row has one stored form");
      return;
    case 5:
      if (Result<CursorKey> key = cursor_key_from(stored)) TG_ASSERT(cursor_key(*key) == stored, "a cursor has one key");
      return;
    case 6:
      if (Result<SegmentId> id = segment_id_from(stored)) TG_ASSERT(segment_key(*id) == stored, "a segment has one key");
      return;
    case 7:
      if (Result<Bytes> note = decode_note(stored)) TG_ASSERT(encode_note(*note) == stored, "a note has one stored form");
      return;
    case 8:
      if (Result<std::string> name = note_name_from(stored)) TG_ASSERT(note_key(*name) == stored, "a note has one key");
      return;
    default: return;
  }
}

}  // namespace
}  // namespace tidegate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  tidegate::Bytes stored{reinterpret_cast<const char*>(data) + 1, size - 1};
  tidegate::decode(data[0], stored);
  tidegate::seal(stored);
  tidegate::decode(data[0], stored);
  return 0;
}
