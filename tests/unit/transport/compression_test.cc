#include "transport/compression.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace tidegate {
namespace {

Bytes json_sample(std::size_t bytes) {
  Random random{Seed{4}};
  Bytes out;
  while (out.size() < bytes)
    out += "{\"severity\":\"" + std::to_string(random.below(5)) + "\",\"id\":" + std::to_string(random.next()) + "}";
  out.resize(bytes);
  return out;
}

class EachCompression : public ::testing::TestWithParam<WireCompression> {};
INSTANTIATE_TEST_SUITE_P(Compression, EachCompression,
                         ::testing::Values(WireCompression::none, WireCompression::gzip, WireCompression::zstd));

class RealCompression : public ::testing::TestWithParam<WireCompression> {};
INSTANTIATE_TEST_SUITE_P(Compression, RealCompression, ::testing::Values(WireCompression::gzip, WireCompression::zstd));

TEST_P(EachCompression, WhatGoesInComesOutAgainAndAgain) {
  Compressor compressor;
  for (const std::size_t bytes : {0u, 1u, 1000u, 4u << 20, 17u}) {
    const Bytes plain = json_sample(bytes);
    const auto packed = compressor.compress_entries(plain, GetParam());
    ASSERT_TRUE(packed);
    const auto again = decompress_entries(*packed, GetParam());
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_TRUE(*again == plain) << bytes;
  }
}

TEST_P(EachCompression, TheLimitIsKeptToTheByte) {
  Compressor compressor;
  const Bytes plain = json_sample(300'000);
  const auto packed = compressor.compress_entries(plain, GetParam());
  ASSERT_TRUE(packed);
  EXPECT_TRUE(decompress_entries(*packed, GetParam(), 300'000));
  const auto beyond = decompress_entries(*packed, GetParam(), 299'999);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code(), Code::invalid);
}

TEST_P(RealCompression, SeveralMembersAreOnePayload) {
  Compressor compressor;
  const Bytes first = json_sample(1000);
  const Bytes second = json_sample(200'000);
  const Bytes packed = *compressor.compress_entries(first, GetParam()) + *compressor.compress_entries(second, GetParam());
  const auto plain = decompress_entries(packed, GetParam());
  ASSERT_TRUE(plain);
  EXPECT_TRUE(*plain == first + second);
}

TEST_P(RealCompression, CutOffDamagedAndFollowedBytesAreCorrupt) {
  Compressor compressor;
  const Bytes packed = *compressor.compress_entries(json_sample(50'000), GetParam());
  for (std::size_t size = 0; size < packed.size(); size += 1 + size / 7) {
    const auto cut = decompress_entries(ByteView{packed}.substr(0, size), GetParam());
    ASSERT_FALSE(cut) << size;
    ASSERT_EQ(cut.error().code(), Code::corrupt) << cut.error().text();
  }
  Bytes damaged = packed;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x10);
  EXPECT_FALSE(decompress_entries(damaged, GetParam()));
  EXPECT_FALSE(decompress_entries(packed + "tail", GetParam()));
  EXPECT_FALSE(decompress_entries("not compressed at all", GetParam()));
}

TEST_P(RealCompression, ABombIsStoppedAtTheLimit) {
  Compressor compressor;
  const Bytes bomb = *compressor.compress_entries(Bytes(64u << 20, '\0'), GetParam());
  ASSERT_LT(bomb.size(), 200'000u);
  const auto plain = decompress_entries(bomb, GetParam());
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code(), Code::invalid);
}

TEST(Compression, AWindowAboveTheLimitIsRefusedBeforeItIsAllocated) {
  // A frame head that announces a window of 1 GiB and no content size.
  const Bytes frame{"\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00", 9};
  EXPECT_FALSE(decompress_entries(frame, WireCompression::zstd, 1u << 20));
}

}  // namespace
}  // namespace tidegate
