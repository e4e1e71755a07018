#include "storage/log_end.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <optional>
#include <system_error>

#include "storage/keys.h"
#include "storage/rows.h"

namespace tidegate {
namespace {

constexpr std::size_t block_bytes = 32u << 10;
constexpr std::size_t header_bytes = 7;
enum : std::uint8_t { full_record = 1, first_fragment = 2, middle_fragment = 3, last_fragment = 4 };

// Of each byte at each of eight places: eight bytes are done in one step.
constexpr auto crc32c_tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
    tables[0][i] = crc;
  }
  for (std::size_t place = 1; place < tables.size(); ++place) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[place - 1][i];
      tables[place][i] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}();

std::uint32_t get_le(ByteView at, std::size_t bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes; i > 0; --i) value = (value << 8) | static_cast<std::uint8_t>(at[i - 1]);
  return value;
}

std::uint32_t unmasked(std::uint32_t stored) {
  const std::uint32_t rotated = stored - 0xA282EAD8u;
  return (rotated >> 17) | (rotated << 15);
}

struct Fragment {
  std::uint8_t type = 0;
  ByteView payload;
};

// The fragment that begins here; absent when none does.
std::optional<Fragment> fragment_at(ByteView rest) {
  if (rest.size() < header_bytes) return std::nullopt;
  const std::size_t length = get_le(rest.substr(4), 2);
  const auto type = static_cast<std::uint8_t>(rest[6]);
  if (type < full_record || type > last_fragment || header_bytes + length > rest.size()) return std::nullopt;
  if (crc32c(rest.substr(6, 1 + length)) != unmasked(get_le(rest, 4))) return std::nullopt;
  return Fragment{type, rest.substr(header_bytes, length)};
}

// Takes a batch apart. The library's own reader of batches ends the process at what it does not expect, and what is put together
// behind a damage need not be a batch.
class BatchReader {
 public:
  explicit BatchReader(ByteView bytes) : rest_(bytes) { rest_.remove_prefix(std::min(rest_.size(), batch_header_bytes)); }

  struct Row {
    bool put = false;   // else deleted
    bool once = false;  // deleted, and put once before
    std::uint64_t family = 0;
    ByteView key;
    ByteView value;
  };

  // The next row; absent at the end, or where no batch of ours goes on.
  std::optional<Row> next() {
    if (rest_.empty()) return std::nullopt;
    const auto tag = static_cast<std::uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    Row row;
    row.put = tag == put_row || tag == put_row_of_family;
    row.once = tag == delete_row_once || tag == delete_row_once_of_family;
    if (!row.put && !row.once && tag != delete_row && tag != delete_row_of_family) return std::nullopt;
    const bool of_family = tag == put_row_of_family || tag == delete_row_of_family || tag == delete_row_once_of_family;
    if (of_family && !number(row.family)) return std::nullopt;
    if (!text(row.key) || (row.put && !text(row.value))) return std::nullopt;
    return row;
  }

 private:
  static constexpr std::size_t batch_header_bytes = 12;  // a sequence number u64, rows u32
  enum : std::uint8_t {
    delete_row = 0,
    put_row = 1,
    delete_row_of_family = 4,
    put_row_of_family = 5,
    delete_row_once = 7,
    delete_row_once_of_family = 8
  };

  // LEB128 of at most 32 bits.
  bool number(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 35 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(rest_[0]);
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  bool text(ByteView& out) {
    std::uint64_t bytes = 0;
    if (!number(bytes) || bytes > rest_.size()) return false;
    out = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return true;
  }

  ByteView rest_;
};

// What a batch of ours tells: a commit puts rows outside of the first family, and the end of a reader removes its cursor there; a
// trim puts nothing but its lane's row, and deletes only what is deleted once. A commit is said to be behind for both of the
// former.
void witness(ByteView batch, LogEnd& end) {
  BatchReader reader{batch};
  while (const std::optional<BatchReader::Row> row = reader.next()) {
    if (row->family != 0 && !row->once) end.commit_behind = true;
    if (!row->put) continue;
    for (const Lane lane : stored_lanes) {
      if (row->key != lane_key(lane)) continue;
      Result<LaneRow> stored = decode_lane_row(row->value);
      if (stored) end.last_behind[index_of(lane)] = std::max(end.last_behind[index_of(lane)], stored->last);
    }
  }
}

// Goes through the log block by block. Records are put together only behind a damage, where what they hold matters.
class LogWalk {
 public:
  explicit LogWalk(LogEnd& end) : end_(end) {}

  void block(ByteView bytes, std::uint64_t offset) {
    std::size_t at = 0;
    while (bytes.size() - at >= header_bytes) {
      const std::optional<Fragment> fragment = fragment_at(bytes.substr(at));
      if (!fragment) {
        damage();
        ++at;  // the next fragment may begin anywhere: a damaged length cannot be trusted
        continue;
      }
      at += header_bytes + fragment->payload.size();
      take(*fragment, offset + at);
    }
    if (bytes.size() < block_bytes && at < bytes.size()) damage();
  }

 private:
  void damage() {
    end_.damaged = true;
    open_ = false;
  }

  void take(const Fragment& fragment, std::uint64_t end) {
    const bool begins = fragment.type == full_record || fragment.type == first_fragment;
    if (begins == open_) damage();  // a record that never ends, or one without its beginning
    if (begins) record_.clear();
    else if (!open_) return;
    if (end_.damaged) record_.append(fragment.payload);
    open_ = fragment.type == first_fragment || fragment.type == middle_fragment;
    if (open_) return;
    if (!end_.damaged) {
      end_.whole_bytes = end;
      return;
    }
    witness(record_, end_);
  }

  LogEnd& end_;
  bool open_ = false;  // inside a record of several fragments
  Bytes record_;
};

Result<std::filesystem::path> newest_log(const StorePlace& place) {
  std::vector<std::string> names;
  rocksdb::Status status = place.environment()->GetChildren(place.directory.string(), &names);
  std::filesystem::path newest;
  std::sort(names.begin(), names.end());
  for (const std::string& file : names) {
    if (!status.ok()) break;
    if (!file.ends_with(".log")) continue;
    std::uint64_t bytes = 0;
    status = place.environment()->GetFileSize((place.directory / file).string(), &bytes);
    if (status.ok() && bytes > 0) newest = place.directory / file;
  }
  if (!status.ok()) return error_from(status, "looking for the write-ahead log");
  return newest;
}

}  // namespace

std::uint32_t crc32c(ByteView bytes) {
  constexpr std::size_t step = 8;
  std::uint32_t crc = ~0u;
  for (; bytes.size() >= step; bytes.remove_prefix(step)) {
    crc ^= get_le(bytes, 4);
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < step; ++i) {
      const std::uint32_t byte = i < 4 ? (crc >> (8 * i)) & 0xFF : static_cast<std::uint8_t>(bytes[i]);
      next ^= crc32c_tables[step - 1 - i][byte];
    }
    crc = next;
  }
  for (const char byte : bytes) crc = (crc >> 8) ^ crc32c_tables[0][(crc ^ static_cast<std::uint8_t>(byte)) & 0xFF];
  return ~crc;
}

Result<LogEnd> examine_log(const StorePlace& place) {
  LogEnd end;
  Result<std::filesystem::path> newest = newest_log(place);
  if (!newest) return std::move(newest).error();
  end.file = *newest;
  if (end.file.empty()) return end;

  std::unique_ptr<rocksdb::SequentialFile> file;
  rocksdb::Status status = place.environment()->NewSequentialFile(end.file.string(), &file, rocksdb::EnvOptions{});
  Bytes room(block_bytes, '\0');
  LogWalk walk{end};
  for (std::uint64_t offset = 0; status.ok(); offset += block_bytes) {
    rocksdb::Slice block;
    status = file->Read(block_bytes, &block, room.data());
    if (!status.ok() || block.empty()) break;
    walk.block({block.data(), block.size()}, offset);
  }
  if (!status.ok()) return error_from(status, "reading the write-ahead log");
  return end;
}

Result<void> cut_log(const LogEnd& end) {
  TG_ASSERT(end.damaged, "only a damaged log is cut");
  // The library's environment cannot shorten a file; and only a real disk tears one.
  std::error_code wrong;
  std::filesystem::resize_file(end.file, end.whole_bytes, wrong);
  if (wrong) return Error{Code::unavailable, "cutting the torn end off " + end.file.string() + ": " + wrong.message()};
  return {};
}

}  // namespace tidegate
