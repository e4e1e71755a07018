#include "transport/query_string.h"

#include <gtest/gtest.h>

namespace tidegate {

TEST(QueryString, PairsAreDecoded) {
  EXPECT_EQ(*parse_query_string("a=1&name=z%C3%BCrich%20%26+co&empty="),
            (QueryPairs{{"a", "1"}, {"name", "z\xc3\xbcrich &+co"}, {"empty", ""}}));
  EXPECT_EQ(*parse_query_string(""), QueryPairs{});
  EXPECT_EQ(*parse_query_string("a=b=c"), (QueryPairs{{"a", "b=c"}}));
}

TEST(QueryString, WhatIsNoListOfPairsIsInvalid) {
  for (const char* wrong : {"a", "=1", "&", "a=1&", "a=\x01", "a=1&a=2", "a=1&&b=2", "a=%", "a=%4", "a=%zz", "%=1", "a=1&%61=2"}) {
    const Result<QueryPairs> parsed = parse_query_string(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().code(), Code::invalid);
  }
}

TEST(QueryString, AViewIsReadToItsEndAndNoFurther) {
  const std::string request = "connector=edge&from=%zz HTTP/1.1";
  const Result<QueryPairs> pairs = parse_query_string(std::string_view{request}.substr(0, 14));
  ASSERT_TRUE(pairs) << pairs.error().text();
  EXPECT_EQ(*pairs, (QueryPairs{{"connector", "edge"}}));
}

TEST(QueryString, IsBounded) {
  std::string many;
  for (std::size_t i = 0; i < query_string_pairs_max; ++i) many += (i == 0 ? "n" : "&n") + std::to_string(i) + "=v";
  EXPECT_EQ(parse_query_string(many)->size(), query_string_pairs_max);
  EXPECT_FALSE(parse_query_string(many + "&more=v"));
  EXPECT_FALSE(parse_query_string("a=" + std::string(query_string_bytes_max, 'x')));
}

TEST(QueryString, EveryByteComesBackFromItsEncoding) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  EXPECT_EQ(parse_query_string("all=" + percent_encoded(all))->at("all"), all);
  EXPECT_EQ(percent_encoded("a-b_c.d~9 /"), "a-b_c.d~9%20%2F");
}

}  // namespace tidegate
