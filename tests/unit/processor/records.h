// Entries and messages of records as a sensor makes them, and folders that go away: for the processor's tests.
#pragma once

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/id128.h"
#include "processor/ports.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/match/documents.h"
#include "transport/compression.h"
#include "transport/msgpack_write.h"

namespace tidegate::test {

// True once `holds` is; false when it still does not after a while that is long enough for any machine.
inline bool eventually(const std::function<bool()>& holds) {
  constexpr std::chrono::milliseconds between{5};
  constexpr int looks_max = 6000;
  std::promise<void> never;
  const std::future<void> wait = never.get_future();
  for (int looks = 0; looks < looks_max; ++looks) {
    if (holds()) return true;
    wait.wait_for(between);
  }
  return false;
}

inline WallTime time_of(const Sample& sample) { return WallTime{std::chrono::milliseconds{sample.timestamp_ms}}; }

// Bytes of every file below.
inline std::uint64_t bytes_in(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator{folder})
    if (file.is_regular_file()) bytes += file.file_size();
  return bytes;
}

// What a sudden death of the process would leave: the files as they are at this moment, while they are in use.
inline void copy_as_left_by_a_death(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

// [EventTime, record], back to back.
inline Bytes entries(const std::vector<Sample>& samples) {
  Bytes out;
  for (const Sample& sample : samples) {
    put_array(out, 2);
    put_event_time(out, time_of(sample));
    out.append(record(sample));
  }
  return out;
}

// A chunk of these, uncompressed, of sensor zurich-01.
inline Chunk chunk(std::optional<std::string> id, const std::vector<Sample>& samples) {
  Chunk made;
  made.sensor = "zurich-01";
  made.tag = "tidegate.trendmicro_visionone_alerts";
  made.id = std::move(id);
  made.received = WallTime{std::chrono::milliseconds{noon_ms}};
  made.records = static_cast<std::uint32_t>(samples.size());
  made.entries = entries(samples);
  return made;
}

// A PackedForward message.
inline Bytes message(const std::string& id, const std::vector<Sample>& samples,
                     WireCompression compression = WireCompression::none) {
  Bytes payload = entries(samples);
  if (compression != WireCompression::none) payload = *Compressor{}.compress_entries(payload, compression);
  Bytes out;
  put_array(out, 3);
  put_str(out, "tidegate.trendmicro_visionone_alerts");
  put_bin(out, payload);
  put_map(out, compression == WireCompression::none ? 2 : 3);
  put_str(out, "size");
  put_uint(out, samples.size());
  put_pair(out, "chunk", id);
  if (compression != WireCompression::none) put_pair(out, "compressed", name(compression));
  return out;
}

}  // namespace tidegate::test
