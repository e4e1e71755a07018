#include "agent/edges/segment_packer.h"

#include "agent/compression.h"
#include "base/check.h"

namespace tidegate {

SegmentPacker::SegmentPacker(Compression compression) : compression_(compression), compressor_({.gzip = 4, .zstd = 1}) {}

Result<void> SegmentPacker::pack(std::vector<Segment>& segments) {
  if (compression_ == Compression::none) return {};
  for (Segment& segment : segments) {
    TG_ASSERT(segment.compression == Compression::none, "a segment is compressed once");
    Result<Bytes> packed = compressor_.compress_entries(segment.payload, on_wire(compression_));
    if (!packed) return std::move(packed).error().in("segment");
    segment.payload = *std::move(packed);
    segment.compression = compression_;
  }
  return {};
}

}  // namespace tidegate
