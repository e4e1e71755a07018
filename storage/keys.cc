#include "storage/keys.h"

namespace tidegate {
namespace {

void put_lane(Bytes& out, Lane lane) { out.push_back(static_cast<char>(lane)); }

Result<Lane> lane_from(char stored) {
  const auto number = static_cast<std::uint8_t>(stored);
  if (number >= lane_count) return Error{Code::corrupt, "key names lane " + std::to_string(number) + ", which does not exist"};
  return static_cast<Lane>(number);
}

}  // namespace

Bytes lane_key(Lane lane) {
  Bytes key{"lane"};
  put_lane(key, lane);
  return key;
}

Bytes segment_key(const SegmentId& id) {
  Bytes key;
  put_lane(key, id.lane);
  put_u64_be(key, id.sequence);
  return key;
}

Result<SegmentId> segment_id_from(ByteView key) {
  if (key.size() != 9) return Error{Code::corrupt, "segment key of " + std::to_string(key.size()) + " bytes, expected 9"};
  Result<Lane> lane = lane_from(key.front());
  if (!lane) return std::move(lane).error();
  return SegmentId{*lane, get_u64_be(key.substr(1))};
}

Bytes lane_end(Lane lane) { return Bytes(1, static_cast<char>(static_cast<std::uint8_t>(lane) + 1)); }

Bytes cursor_key(const CursorKey& key) {
  TG_ASSERT(key.connector.size() <= connector_bytes_max, "a connector's name fits into a key");
  Bytes stored;
  put_lane(stored, key.lane);
  stored.append(key.connector);
  return stored;
}

Result<CursorKey> cursor_key_from(ByteView stored) {
  if (stored.empty() || stored.size() > 1 + connector_bytes_max) {
    return Error{Code::corrupt, "cursor key of " + std::to_string(stored.size()) + " bytes, expected 1 to 256"};
  }
  Result<Lane> lane = lane_from(stored.front());
  if (!lane) return std::move(lane).error();
  return CursorKey{Bytes{stored.substr(1)}, *lane};
}

Bytes pack_key(const CursorKey& key, std::uint64_t number) {
  TG_ASSERT(key.connector.size() <= connector_bytes_max, "a connector's name fits into a key");
  Bytes stored;
  put_lane(stored, key.lane);
  stored.push_back(static_cast<char>(key.connector.size()));
  stored.append(key.connector);
  put_u64_be(stored, number);
  return stored;
}

std::uint64_t pack_number(ByteView key) {
  TG_ASSERT(key.size() >= 10, "a pack's key ends in its number");
  return get_u64_be(key.substr(key.size() - 8));
}

}  // namespace tidegate
