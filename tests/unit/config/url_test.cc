#include "config/url.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(Url, IsTakenApart) {
  const auto parts = split_url("HTTPS://user:pw@[::1]:8443/v1/x?a=1#f");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->scheme, "https");
  EXPECT_EQ(parts->user_info, "user:pw");
  EXPECT_EQ(parts->host, "::1");
  EXPECT_EQ(parts->port, 8443);
  EXPECT_EQ(parts->path, "/v1/x");
  EXPECT_EQ(parts->rest, "?a=1#f");
}

TEST(Url, NeedsNoPortAndNoPath) {
  const auto parts = split_url("https://api.eu.xdr.trendmicro.com");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->host, "api.eu.xdr.trendmicro.com");
  EXPECT_FALSE(parts->port);
  EXPECT_EQ(parts->path, "");
}

TEST(Url, WhatNamesNoHostIsRefused) {
  for (const char* text : {"", "https://", "api.example.net", "://x", "https:/x", "https://a b", "https://x:0", "https://x:70000",
                           "https://x:y", "https://[::1", "https://::1/", "https://x@", "ht tp://x", "https://\xC3\xA9.example"}) {
    EXPECT_FALSE(split_url(text)) << text;
  }
  EXPECT_FALSE(split_url("https://x/" + std::string(split_url_bytes_max, 'a')));
}

TEST(Url, AnAtSignInThePathNamesNoUser) {
  const auto parts = split_url("https://x.example/@y");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->host, "x.example");
  EXPECT_EQ(parts->user_info, "");
}

}  // namespace
}  // namespace tidegate
