// SeenSet: the ids that a read-again may meet, in memory, for one content type of one connector (P2). A collector makes it
// from what load() gave, asks it for every record, and adds each pack once its commit is ok. Beside it stands the form that
// a pack has on disk.
//
// Format of a pack, big-endian: latest i64 seconds | ids, 16 bytes each | crc32 u32 of all before it.
//
// Memory: 20 bytes a slot and at most 3 of 4 slots in use, so 27 to 40 bytes an id; while it grows, old and new table
// stand side by side. It holds what falls into the overlap of the windows and no more: forget_before() bounds it.
// Thread: the owner's. It asks no clock.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/types.h"

namespace tidegate {

class SeenSet {
 public:
  explicit SeenSet(const std::vector<SeenPack>& packs = {});

  bool contains(const Id128& id) const;
  // An id that is already there is kept until the later of its two packs is forgotten.
  void add(const SeenPack& pack);
  // Forgets the ids of all packs whose latest is before `time`: what Commit::forget_before does on disk.
  void forget_before(WallSeconds time);
  std::size_t size() const { return size_; }

 private:
  std::size_t slot_of(const Id128& id) const;  // where it is, or the free slot where it belongs
  void insert(const Id128& id, std::uint32_t stamp);
  void rebuild(std::size_t slots, std::uint32_t stamp_least);

  // Open addressing with linear probing. A slot's stamp is its pack's latest in seconds; 0 means the slot is free.
  std::vector<Id128> ids_;
  std::vector<std::uint32_t> stamps_;
  std::size_t size_ = 0;
  std::uint32_t stamp_least_;  // no stamp in use is below it
};

// Ids of one pack, at most: a page has a few hundred records, so more is damage.
inline constexpr std::size_t seen_pack_ids_max = 1u << 20;

//   requires: pack.ids.size() <= seen_pack_ids_max
Bytes encode_pack(const SeenPack& pack);
// `corrupt`: too short, too long, not a whole number of ids, or the checksum does not hold.
Result<SeenPack> decode_pack(ByteView stored);

}  // namespace tidegate
