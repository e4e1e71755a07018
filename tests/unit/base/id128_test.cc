#include "base/id128.h"

#include <gtest/gtest.h>

#include <set>

namespace tidegate {
namespace {

TEST(Id128, TheHashIsFixedForGood) {
  // Stored and sent ids depend on it: a change here would make twins of everything.
  EXPECT_EQ(to_hex(hash128("")), "00000000000000000000000000000000");
  EXPECT_EQ(to_hex(hash128("hello")), "cbd8a7b341bd9b025b1e906a48ae1d19");
  EXPECT_EQ(to_hex(hash128("The quick brown fox jumps over the lazy dog")), "e34bbc7bbc071b6c7a433ca9c49a9347");
}

TEST(Id128, PartsDoNotRunIntoEachOther) {
  EXPECT_NE(hash128({"ab", "c"}), hash128({"a", "bc"}));
  EXPECT_NE(hash128({"ab"}), hash128({"ab", ""}));
}

TEST(Id128, EveryLengthOfTailCounts) {
  std::set<Id128> seen;
  std::string text;
  for (int i = 0; i < 64; ++i) {
    EXPECT_TRUE(seen.insert(hash128(text)).second) << i;
    text.push_back('x');
  }
}

TEST(Id128, HexadecimalAndBytesGoThereAndBack) {
  const Id128 id{0x0123456789abcdef, 0xfedcba9876543210};
  EXPECT_EQ(to_hex(id), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(id_from_hex(to_hex(id)), id);
  Bytes bytes;
  put_id(bytes, id);
  EXPECT_EQ(get_id(bytes), id);
  EXPECT_FALSE(id_from_hex("0123"));
  EXPECT_FALSE(id_from_hex("0123456789ABCDEFfedcba9876543210"));
}

}  // namespace
}  // namespace tidegate
