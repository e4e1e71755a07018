// Bytes as a damaged disk might give them, to what decodes the processor's landing: the first byte says which. What decodes is
// encoded again and must give the same bytes.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "processor/edges/landing_format.h"

namespace {

using namespace tidegate;

bool nameable(const Chunk& chunk) {
  constexpr std::size_t most = landing_format::text_bytes_max;
  return chunk.sensor.size() <= most && chunk.tag.size() <= most && (!chunk.id || chunk.id->size() <= most);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView stored{reinterpret_cast<const char*>(data + 1), size - 1};
  switch (data[0] % 3) {
    case 0:
      if (const auto place = landing_format::read_place(stored)) {
        TG_ASSERT(landing_format::place_value(*place) == stored, "a place has one stored form");
      }
      return 0;
    case 1:
      if (const auto arrival = landing_format::read_arrival(stored)) {
        TG_ASSERT(landing_format::arrival_value(arrival->received, arrival->id_key) == stored, "an arrival has one stored form");
      }
      return 0;
    default:
      if (const auto landed = landing_format::read_chunk(7, stored)) {
        TG_ASSERT(landed->place.sequence == 7, "a chunk is the one that was asked for");
        if (!nameable(landed->chunk)) return 0;
        const Bytes again = landing_format::chunk_header(landed->chunk, landed->place) + landed->chunk.entries;
        TG_ASSERT(again == stored, "a chunk has one stored form");
      }
      return 0;
  }
}
