#include "transport/utf8.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(Utf8, CharactersOfAllLengthsAreText) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8a"));
}

TEST(Utf8, WhatTheStandardForbidsIsNoText) {
  for (const char* bytes : {"\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5", "\xc3", "a\xe2\x82"})
    EXPECT_FALSE(is_utf8(bytes)) << bytes;
}

TEST(Utf8, TextIsCutBetweenCharacters) {
  EXPECT_EQ(utf8_within("a\xe2\x82\xac", 4), "a\xe2\x82\xac");
  EXPECT_EQ(utf8_within("a\xe2\x82\xac", 3), "a");
  EXPECT_EQ(utf8_within("abc", 0), "");
}

TEST(Utf8, BytesThatAreNoTextAreReplaced) {
  EXPECT_EQ(utf8_within("a\xff\xe2z", 100), "a\xef\xbf\xbd\xef\xbf\xbdz");
  EXPECT_EQ(utf8_within("\xff\xff", 4), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace tidegate
