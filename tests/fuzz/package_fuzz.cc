// A package of the data pipeline, whatever its bytes: as it came, and as lines in a gzip; parsed, encoded, and read back by the
// receiver's half.
#include <cstddef>
#include <cstdint>

#include "agent/edges/json_lines.h"
#include "base/check.h"
#include "tests/fuzz/encoded_page.h"
#include "transport/compression.h"

namespace {

using namespace tidegate;

constexpr WallTime window_end{std::chrono::seconds{1'700'000'000}};

void check_page(const Page& page) { check_encodes(page, Lane::techniques); }

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
