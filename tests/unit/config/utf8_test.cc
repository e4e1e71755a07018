#include "config/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace tidegate {
namespace {

TEST(Utf8, TextIsText) {
  EXPECT_FALSE(not_text_at(""));
  EXPECT_FALSE(not_text_at("plain\tand\r\nlines"));
  EXPECT_FALSE(not_text_at("Z\xC3\xBCrich \xE2\x82\xAC \xF0\x9F\x8C\x8A"));
}

TEST(Utf8, TheFirstBadByteIsFound) {
  EXPECT_EQ(not_text_at("ab\xFF"), 2u);
  EXPECT_EQ(not_text_at(std::string{"a\0b", 3}), 1u);
  EXPECT_EQ(not_text_at("a\x1B[0m"), 1u);
  EXPECT_EQ(not_text_at("\x7F"), 0u);
  EXPECT_EQ(not_text_at("a\xC3"), 1u) << "cut off";
  EXPECT_EQ(not_text_at("\xC0\x80"), 0u) << "overlong";
  EXPECT_EQ(not_text_at("\xE0\x80\x80"), 0u) << "overlong";
  EXPECT_EQ(not_text_at("\xED\xA0\x80"), 0u) << "surrogate";
  EXPECT_EQ(not_text_at("\xF4\x90\x80\x80"), 0u) << "beyond the last code point";
  EXPECT_EQ(not_text_at("\x80"), 0u) << "a continuation of nothing";
}

}  // namespace
}  // namespace tidegate
