// A package of the data pipeline, whatever its bytes: as it came, and as lines in a gzip; parsed, encoded, and read back by the
// receiver's half.
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "agent/edges/json_lines.h"
#include "agent/pipeline/encoder.h"
#include "base/check.h"
#include "transport/compression.h"
#include "transport/forward_entries.h"
#include "transport/msgpack_json.h"

namespace {

using namespace tidegate;

constexpr WallTime window_end{std::chrono::seconds{1'700'000'000}};

void check_page(const Page& page) {
  std::vector<std::uint32_t> chosen(page.records.size());
  std::iota(chosen.begin(), chosen.end(), 0);
  std::vector<Id128> ids;
  for (const Record& record : page.records) ids.push_back(record.source_id);
  Encoder encoder{{.tenant_id = "t", .tenant_name = "T", .connector = "c", .sensor = "s", .lane = Lane::techniques},
                  Compression::none};
  const Result<std::vector<Segment>> segments = encoder.encode(page, chosen, ids);
  TG_ASSERT(segments.has_value(), "what was parsed can be encoded");
  std::size_t records = 0;
  for (const Segment& segment : *segments) {
    EntryReader reader{segment.payload};
    for (;;) {
      const Result<std::optional<Entry>> entry = reader.next();
      TG_ASSERT(entry.has_value(), "what was encoded can be read");
      if (!*entry) break;
      ++records;
      TG_ASSERT(to_json((*entry)->record).has_value(), "what was encoded is JSON again");
    }
  }
  TG_ASSERT(records == page.records.size(), "every line of a package is encoded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes{reinterpret_cast<const char*>(data), size};
  JsonLinesParser parser{{.plain_bytes_max = 1u << 20, .records_max = 1000, .piece_bytes_max = 64}};
  if (const Result<Page> page = parser.parse("package", bytes, window_end)) check_page(*page);
  check_page(parser.keep("package", bytes, window_end));

  Compressor compressor;
  const Result<Bytes> packed = compressor.compress_entries(bytes, WireCompression::gzip);
  TG_ASSERT(packed.has_value(), "lines can be packed");
  if (const Result<Page> page = parser.parse("package", *packed, window_end)) check_page(*page);
  return 0;
}
