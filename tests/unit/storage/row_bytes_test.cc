#include "storage/row_bytes.h"

#include <gtest/gtest.h>

namespace tidegate {

TEST(RowBytes, TheChecksumIsCrc32) { EXPECT_EQ(checksum("123456789"), 0xCBF43926u); }

TEST(RowBytes, TheChecksumOfPartsIsThatOfTheWhole) { EXPECT_EQ(checksum("6789", checksum("12345")), checksum("123456789")); }

TEST(RowBytes, AnyFlippedBitBreaksTheSeal) {
  Bytes row{"a row of some bytes"};
  seal(row);
  ASSERT_TRUE(unseal(row));
  for (std::size_t bit = 0; bit < row.size() * 8; ++bit) {
    Bytes flipped = row;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(unseal(flipped)) << "bit " << bit;
  }
}

TEST(RowBytes, ARowWithoutAChecksumIsCorrupt) { EXPECT_FALSE(unseal("abc")); }

TEST(RowBytes, ARowThatEndsTooSoonOrTooLateSaysSo) {
  const Bytes nine(9, '\1');
  RowReader whole{nine};
  EXPECT_EQ(whole.u8(), 1u);
  EXPECT_EQ(whole.u64(), 0x0101010101010101u);
  EXPECT_TRUE(whole.end("row"));

  const Bytes three(3, '\1');
  RowReader soon{three};
  EXPECT_EQ(soon.u32(), 0u);
  EXPECT_EQ(soon.u64(), 0u);
  EXPECT_EQ(soon.end("row").error().text(), "row ends too soon");

  RowReader late{three};
  EXPECT_EQ(late.u8(), 1u);
  EXPECT_EQ(late.end("row").error().text(), "row has bytes beyond its end");
}

}  // namespace tidegate
