#include "transport/url.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(Url, IsTakenApart) {
  const auto url = parse_url("https://API.example.com/v3.0/oat/detections?top=200&orderBy=x%20desc#part");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "api.example.com");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/v3.0/oat/detections?top=200&orderBy=x%20desc");
  EXPECT_EQ(url->host_header(), "api.example.com");
  EXPECT_EQ(url->authority(), "api.example.com:443");
}

TEST(Url, RawSpacesAndForeignBytesAreEncoded) {
  EXPECT_EQ(parse_url("https://h/a?orderBy=createdDateTime asc&x=\"{ü}\"")->target,
            "/a?orderBy=createdDateTime%20asc&x=%22%7B%C3%BC%7D%22");
}

TEST(Url, PortsUsersAndAddressesAreKept) {
  const auto url = parse_url("http://us%40er:pa%3ass@[2001:DB8::1]:8080");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->user_info.reveal(), "us@er:pa:ss");
  EXPECT_EQ(url->host, "2001:db8::1");
  EXPECT_EQ(url->port, 8080);
  EXPECT_EQ(url->target, "/");
  EXPECT_EQ(url->host_header(), "[2001:db8::1]:8080");
}

TEST(Url, AQueryWithoutAPathHasOne) { EXPECT_EQ(parse_url("http://h?x=1")->target, "/?x=1"); }

TEST(Url, WhatIsNoUsableUrlIsInvalid) {
  for (const char* text : {"", "h", "/path", "//h/x", "ftp://h/", "file:///etc/passwd", "https:///x", "https://h:0/",
                           "https://h:65536/", "https://h:x/", "https://h/a\r\nHost: evil", "https://h/\x7f", "https://h/%zz",
                           "https://a b/", "https://[::1/", "mailto:a@b"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code(), Code::invalid);
  }
  EXPECT_FALSE(parse_url("https://h/" + std::string(url_bytes_max, 'x')));
}

TEST(Url, AnErrorNeverHoldsThePassword) {
  EXPECT_EQ(parse_url("https://user:hunter2@h:99999/").error().text().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace tidegate
