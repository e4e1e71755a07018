#include "storage/segment.h"

#include <gtest/gtest.h>

#include "storage/row_bytes.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

Bytes stored_form(const Segment& segment) { return segment.payload + encode_tail(segment); }

}  // namespace

TEST(StoredSegmentForm, IsReadBack) {
  for (const std::size_t bytes : {0u, 1u, 100u, 100'000u}) {
    const Segment segment = sample_segment(bytes);
    Result<Segment> read = decode_segment(stored_form(segment));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(*read, segment);
    EXPECT_EQ(stored_form(segment).size(), stored_bytes(segment));
  }
}

TEST(StoredSegmentForm, ThePayloadIsMovedAndNotCopied) {
  const Segment segment = sample_segment(100'000);
  Bytes stored = stored_form(segment);
  const char* where = stored.data();
  Result<Segment> read = decode_segment(std::move(stored));
  ASSERT_TRUE(read);
  EXPECT_EQ(static_cast<const void*>(read->payload.data()), static_cast<const void*>(where));
}

TEST(StoredSegmentForm, AnyFlippedBitIsCorrupt) {
  const Bytes stored = stored_form(sample_segment(50));
  for (std::size_t bit = 0; bit < stored.size() * 8; ++bit) {
    Bytes flipped = stored;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    Result<Segment> read = decode_segment(std::move(flipped));
    ASSERT_FALSE(read) << "bit " << bit;
    EXPECT_EQ(read.error().code(), Code::corrupt);
  }
}

TEST(StoredSegmentForm, CutAnywhereIsCorrupt) {
  const Bytes stored = stored_form(sample_segment(50));
  for (std::size_t bytes = 0; bytes < stored.size(); ++bytes) EXPECT_FALSE(decode_segment(stored.substr(0, bytes))) << bytes;
}

TEST(StoredSegmentForm, UnknownVersionIsNamed) {
  Bytes stored = stored_form(sample_segment(50));
  stored[stored.size() - 5] = '\2';
  EXPECT_EQ(decode_segment(stored).error().text(), "segment: version 2, expected 1");
}

TEST(StoredSegmentForm, UnderAGoodChecksumItIsStillBounded) {
  const auto edited = [](std::size_t from_end, char value) {
    Bytes stored = stored_form(sample_segment(50));
    stored[stored.size() - from_end] = value;
    stored.resize(stored.size() - 4);
    seal(stored);
    return decode_segment(stored);
  };
  EXPECT_EQ(edited(7, '\3').error().text(), "segment: compression 3 is not known");
  EXPECT_EQ(edited(6, '\x10').error().text(), "segment: its lengths do not add up");
  EXPECT_EQ(edited(19, '\x7f').error().text(), "segment: its lengths do not add up");
  EXPECT_EQ(edited(15, '\x7f').error().code(), Code::corrupt);  // plain bytes beyond what a segment may have
}

TEST(StoredSegmentForm, LimitsAreNamed) {
  Segment segment = sample_segment(10);
  segment.tag.assign(segment_tag_bytes_max + 1, 't');
  EXPECT_EQ(check_limits(segment).error().code(), Code::invalid);
  segment = sample_segment(10);
  segment.plain_bytes = segment_plain_bytes_max + 1;
  EXPECT_EQ(check_limits(segment).error().code(), Code::invalid);
  segment = sample_segment(segment_payload_bytes_max + 1);
  EXPECT_EQ(check_limits(segment).error().code(), Code::invalid);
  EXPECT_TRUE(check_limits(sample_segment(segment_payload_bytes_max)));
}

}  // namespace tidegate
