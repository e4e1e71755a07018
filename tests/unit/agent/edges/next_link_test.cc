#include "agent/edges/next_link.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(NextLink, IsFoundBehindTheItemsAndBeforeThem) {
  EXPECT_EQ(guess_next_link(R"({"totalCount":3,"items":[{"a":1}],"nextLink":"https://api/x?skipToken=1"})"),
            "https://api/x?skipToken=1");
  EXPECT_EQ(guess_next_link(R"({"nextLink" : "https://api/x" , "items":[{"a":[1]}]})"), "https://api/x");
  EXPECT_EQ(guess_next_link(R"({"items":[],"nextLink":"https://api/x","labels":{}})"), "https://api/x");
  EXPECT_EQ(guess_next_link(R"({"items":[")" + std::string(100'000, 'x') + R"("],"nextLink":"https://api/x"})"), "https://api/x");
}

TEST(NextLink, WhereThereIsNoneOrItIsNoPlainStringNothingIsGuessed) {
  EXPECT_EQ(guess_next_link(""), "");
  EXPECT_EQ(guess_next_link(R"({"items":[{"a":1}]})"), "");
  EXPECT_EQ(guess_next_link(R"({"items":[],"nextLink":null})"), "");
  EXPECT_EQ(guess_next_link(R"({"items":[],"nextLink":{"a":"b"}})"), "");
  EXPECT_EQ(guess_next_link(R"({"items":[],"nextLink":"https:\/\/api"})"), "");
  EXPECT_EQ(guess_next_link(R"({"items":[],"nextLink":"https://ap)"), "");
  EXPECT_EQ(guess_next_link(R"({"items":[],"nextLink")"), "");
}

TEST(NextLink, AMemberOfARecordIsNotThePages) {
  EXPECT_EQ(guess_next_link(R"({"items":[{"nextLink":"https://evil/x"}]})"), "");
  EXPECT_EQ(guess_next_link(R"({"items":[{"nextLink":"https://evil/x"}],"nextLink":"https://api/x"})"), "https://api/x");
}

}  // namespace
}  // namespace tidegate
