// A write-ahead log as a damaged disk might give it. The first byte says whether the bytes are the file, or the fragments of one: a
// type and a length each, under a checksum that holds, so that what is behind the checksums is reached. A log that is cut where the
// first damage stands is whole.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>

#include "base/check.h"
#include "storage/log_end.h"
#include "tests/support/temporary_directory.h"

namespace {

using namespace tidegate;

constexpr std::size_t block_bytes = 32u << 10;
constexpr std::size_t header_bytes = 7;

void put_fragment(Bytes& log, std::uint8_t type, ByteView payload) {
  const std::size_t left = block_bytes - log.size() % block_bytes;
  if (left < header_bytes + payload.size()) log.append(left, '\0');
  Bytes covered{static_cast<char>(type)};
  covered.append(payload);
  const std::uint32_t crc = crc32c(covered);
  const std::uint32_t masked = ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
  for (int shift = 0; shift < 32; shift += 8) log.push_back(static_cast<char>(masked >> shift));
  log.push_back(static_cast<char>(payload.size()));
  log.push_back(static_cast<char>(payload.size() >> 8));
  log.append(covered);
}

Bytes log_of_fragments(ByteView bytes) {
  Bytes log;
  while (bytes.size() >= 2) {
    const auto type = static_cast<std::uint8_t>(bytes[0]);
    const std::size_t length = std::min<std::size_t>(static_cast<std::uint8_t>(bytes[1]), bytes.size() - 2);
    put_fragment(log, type, bytes.substr(2, length));
    bytes.remove_prefix(2 + length);
  }
  return log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const TemporaryDirectory directory;
  const StorePlace place{.directory = directory.path(), .env = nullptr};
  const ByteView bytes{reinterpret_cast<const char*>(data + 1), size - 1};
  const Bytes log = data[0] % 2 == 0 ? Bytes{bytes} : log_of_fragments(bytes);
  {
    std::ofstream file{directory.path() / "000004.log", std::ios::binary | std::ios::trunc};
    file.write(log.data(), static_cast<std::streamsize>(log.size()));
  }

  const Result<LogEnd> end = examine_log(place);
  TG_ASSERT(end.has_value(), "a log that can be read is examined");
  TG_ASSERT(end->whole_bytes <= log.size(), "what is whole lies within the log");
  TG_ASSERT(end->damaged || !end->commit_behind, "commits stand behind a damage only");
  if (!end->damaged) return 0;
  TG_ASSERT(cut_log(*end).has_value(), "a damaged log can be cut");
  const Result<LogEnd> cut = examine_log(place);
  TG_ASSERT(cut && !cut->damaged && cut->whole_bytes == end->whole_bytes, "a log that was cut is whole");
  return 0;
}
