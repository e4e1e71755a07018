#include "storage/seen_set.h"

#include <algorithm>
#include <limits>

#include "storage/row_bytes.h"

namespace tidegate {
namespace {

constexpr std::size_t slots_min = 16;
constexpr std::uint32_t stamp_min = 1;  // 0 is a free slot
constexpr std::uint32_t stamp_max = std::numeric_limits<std::uint32_t>::max();

// Times outside of 1970 to 2106 count as the nearest of the two: an odd record's time must not break the table.
std::uint32_t stamp_of(WallSeconds time) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.time_since_epoch().count(), stamp_min, stamp_max));
}

// Fuller, an id that is not there takes tens of slots to be missed.
bool too_full(std::size_t size, std::size_t slots) { return size * 4 > slots * 3; }

}  // namespace

SeenSet::SeenSet(const std::vector<SeenPack>& packs) : stamp_least_(stamp_max) {
  std::size_t ids = 0;
  for (const SeenPack& pack : packs) ids += pack.ids.size();
  rebuild(std::max(slots_min, ids + ids / 2), stamp_min);
  for (const SeenPack& pack : packs) add(pack);
}

std::size_t SeenSet::slot_of(const Id128& id) const {
  // The hash's top bits choose the slot: any number of slots will do, so the table can grow by halves.
  const std::uint64_t mixed = (id.high ^ (id.low >> 1)) * 0x9E3779B97F4A7C15u;
  auto slot = static_cast<std::size_t>((static_cast<unsigned __int128>(mixed) * ids_.size()) >> 64);
  while (stamps_[slot] != 0 && ids_[slot] != id) slot = slot + 1 == ids_.size() ? 0 : slot + 1;
  return slot;
}

bool SeenSet::contains(const Id128& id) const { return stamps_[slot_of(id)] != 0; }

void SeenSet::insert(const Id128& id, std::uint32_t stamp) {
  const std::size_t slot = slot_of(id);
  if (stamps_[slot] == 0) ++size_;
  ids_[slot] = id;
  stamps_[slot] = std::max(stamps_[slot], stamp);
  stamp_least_ = std::min(stamp_least_, stamp);
}

void SeenSet::add(const SeenPack& pack) {
  const std::uint32_t stamp = stamp_of(pack.latest);
  for (const Id128& id : pack.ids) {
    if (too_full(size_ + 1, ids_.size())) rebuild(ids_.size() + ids_.size() / 2, stamp_min);
    insert(id, stamp);
  }
}

void SeenSet::forget_before(WallSeconds time) {
  const std::uint32_t least = stamp_of(time);
  if (least <= stamp_least_ || size_ == 0) return;
  const auto kept = static_cast<std::size_t>(std::count_if(stamps_.begin(), stamps_.end(), [&](auto s) { return s >= least; }));
  if (kept == size_) {
    stamp_least_ = least;
    return;
  }
  rebuild(std::max(slots_min, kept + kept / 2), least);
}

void SeenSet::rebuild(std::size_t slots, std::uint32_t stamp_least) {
  std::vector<Id128> ids(slots);
  std::vector<std::uint32_t> stamps(slots, 0);
  ids.swap(ids_);
  stamps.swap(stamps_);
  size_ = 0;
  stamp_least_ = stamp_max;
  for (std::size_t slot = 0; slot < ids.size(); ++slot) {
    if (stamps[slot] >= stamp_least && stamps[slot] != 0) insert(ids[slot], stamps[slot]);
  }
}

Bytes encode_pack(const SeenPack& pack) {
  TG_ASSERT(pack.ids.size() <= seen_pack_ids_max, "a pack of ids is bounded before it is stored");
  Bytes stored;
  stored.reserve(8 + 16 * pack.ids.size() + 4);
  put_seconds(stored, pack.latest);
  for (const Id128& id : pack.ids) put_id(stored, id);
  seal(stored);
  return stored;
}

Result<SeenPack> decode_pack(ByteView stored) {
  if (stored.size() < 12 || (stored.size() - 12) % 16 != 0) {
    return Error{Code::corrupt, "seen pack: " + std::to_string(stored.size()) + " bytes hold no whole number of ids"};
  }
  const std::size_t count = (stored.size() - 12) / 16;
  if (count > seen_pack_ids_max) return Error{Code::corrupt, "seen pack: " + std::to_string(count) + " ids"};
  Result<ByteView> row = unseal(stored);
  if (!row) return std::move(row).error().in("seen pack");
  SeenPack pack;
  pack.latest = WallSeconds{std::chrono::seconds{static_cast<std::int64_t>(get_u64_be(*row))}};
  pack.ids.reserve(count);
  for (std::size_t i = 0; i < count; ++i) pack.ids.push_back(get_id(row->substr(8 + 16 * i)));
  return pack;
}

}  // namespace tidegate
