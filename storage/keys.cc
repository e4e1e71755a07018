#include "storage/keys.h"

#include <algorithm>

namespace tidegate {
namespace {

constexpr char note_mark = 0x40;
constexpr std::uint8_t job_mark = 0x80;

void put_lane(Bytes& out, Lane lane) { out.push_back(static_cast<char>(lane)); }

Result<Lane> lane_from(char stored) {
  const auto number = static_cast<std::uint8_t>(stored);
  if (number >= stored_lane_count)
    return Error{Code::corrupt, "key names lane " + std::to_string(number) + ", which does not exist"};
  return static_cast<Lane>(number);
}

// What the keys of one reader begin with: its lane, and the number of the back-fill if it is one.
void put_reader(Bytes& out, const CursorKey& key) {
  if (key.job == 0) return put_lane(out, key.lane);
  out.push_back(static_cast<char>(job_mark | static_cast<std::uint8_t>(key.lane)));
  put_u32_be(out, key.job);
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
  put_reader(stored, key);
  stored.append(key.connector);
  return stored;
}

Result<CursorKey> cursor_key_from(ByteView stored) {
  const bool job = !stored.empty() && (static_cast<std::uint8_t>(stored.front()) & job_mark) != 0;
  const std::size_t head = job ? 5 : 1;
  if (stored.size() < head || stored.size() > head + connector_bytes_max) {
    return Error{Code::corrupt, "cursor key of " + std::to_string(stored.size()) + " bytes, expected " + std::to_string(head) +
                                    " to " + std::to_string(head + connector_bytes_max)};
  }
  Result<Lane> lane = lane_from(static_cast<char>(static_cast<std::uint8_t>(stored.front()) & ~(job ? job_mark : 0)));
  if (!lane) return std::move(lane).error();
  if (*lane == set_aside_lane) return Error{Code::corrupt, "cursor key of what is set aside, which nobody reads"};
  const std::uint32_t number = job ? get_u32_be(stored.substr(1)) : 0;
  if (job && number == 0) return Error{Code::corrupt, "cursor key of back-fill 0, which does not exist"};
  return CursorKey{std::string{stored.substr(head)}, *lane, number};
}

bool is_note_key(ByteView stored) { return !stored.empty() && stored.front() == note_mark; }

Bytes note_key(std::string_view name) {
  TG_ASSERT(check_name(name).has_value(), "a note's name is checked before it is stored");
  return Bytes(1, note_mark).append(name);
}

Result<std::string> note_name_from(ByteView stored) {
  if (!is_note_key(stored)) return Error{Code::corrupt, "key of no note"};
  std::string name{stored.substr(1)};
  if (Result<void> good = check_name(name); !good) return Error{Code::corrupt, good.error().text()};
  return name;
}

std::pair<Bytes, Bytes> note_range(std::string_view prefix) {
  const Bytes from = Bytes(1, note_mark).append(prefix);
  return {from, from + '\xff'};  // above every printable character
}

Result<void> check_name(std::string_view name) {
  if (name.empty() || name.size() > note_name_bytes_max) {
    return Error{Code::invalid,
                 "note's name of " + std::to_string(name.size()) + " bytes, expected 1 to " + std::to_string(note_name_bytes_max)};
  }
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (!std::ranges::all_of(name, printable)) return Error{Code::invalid, "note's name has a character that is not printable ASCII"};
  return {};
}

Bytes pack_key(const CursorKey& key, std::uint64_t number) {
  TG_ASSERT(key.connector.size() <= connector_bytes_max, "a connector's name fits into a key");
  Bytes stored;
  put_reader(stored, key);
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
