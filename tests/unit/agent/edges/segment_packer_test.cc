#include "agent/edges/segment_packer.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

Segment plain_segment(std::string entries) {
  Segment segment;
  segment.records = 1;
  segment.plain_bytes = static_cast<std::uint32_t>(entries.size());
  segment.payload = std::move(entries);
  return segment;
}

TEST(SegmentPacker, EachSegmentIsCompressedByItselfAndKeepsItsPlainSize) {
  const Bytes first(60'000, 'a');
  const Bytes second = "entries";
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    SegmentPacker packer{compression};
    std::vector<Segment> segments{plain_segment(first), plain_segment(second)};
    ASSERT_TRUE(packer.pack(segments));
    const WireCompression how = compression == Compression::gzip ? WireCompression::gzip : WireCompression::zstd;
    EXPECT_LT(segments[0].payload.size(), first.size() / 5);
    EXPECT_EQ(segments[0].plain_bytes, first.size());
    EXPECT_EQ(segments[0].compression, compression);
    EXPECT_EQ(*decompress_entries(segments[0].payload, how), first);
    EXPECT_EQ(*decompress_entries(segments[1].payload, how), second);
  }
}

TEST(SegmentPacker, WithoutCompressionSegmentsStayAsTheyAre) {
  SegmentPacker packer{Compression::none};
  std::vector<Segment> segments{plain_segment("entries")};
  const std::vector<Segment> before = segments;
  ASSERT_TRUE(packer.pack(segments));
  EXPECT_EQ(segments, before);
}

}  // namespace
}  // namespace tidegate
