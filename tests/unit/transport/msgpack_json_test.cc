#include "transport/msgpack_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"
#include "tests/unit/transport/msgpack_test_bytes.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

using testkit::hex;

std::string json_of(const Bytes& bytes) {
  auto json = to_json(bytes);
  return json ? *json : "error: " + json.error().text();
}

std::string json_of_double(double value) {
  Bytes out;
  put_double(out, value);
  return json_of(out);
}

std::string json_of_text(std::string_view text) {
  Bytes out;
  put_str(out, text);
  return json_of(out);
}

TEST(MsgpackJson, IntegersAreExact) {
  Bytes out;
  put_array(out, 4);
  put_uint(out, std::numeric_limits<std::uint64_t>::max());
  put_int(out, std::numeric_limits<std::int64_t>::min());
  put_int(out, 0);
  put_int(out, -33);
  EXPECT_EQ(json_of(out), "[18446744073709551615,-9223372036854775808,0,-33]");
}

TEST(MsgpackJson, RealsAreShortestAndStayReals) {
  EXPECT_EQ(json_of_double(5.0), "5.0");
  EXPECT_EQ(json_of_double(-0.0), "-0.0");
  EXPECT_EQ(json_of_double(0.1), "0.1");
  EXPECT_EQ(json_of_double(0.30000000000000004), "0.30000000000000004");
  EXPECT_EQ(json_of_double(1e300), "1e+300");
  EXPECT_EQ(json_of_double(5e-324), "5e-324");
  EXPECT_EQ(json_of(hex("ca 3dcccccd")), "0.1");
  Random random{Seed{3}};
  for (int round = 0; round < 10'000; ++round) {
    const double value = std::bit_cast<double>(random.next());
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(std::strtod(json_of_double(value).c_str(), nullptr), value);
  }
}

TEST(MsgpackJson, WhatJsonHasNoNumberForIsNull) {
  EXPECT_EQ(json_of_double(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(json_of_double(-std::numeric_limits<double>::infinity()), "null");
}

TEST(MsgpackJson, NumbersKeptAsTextAreVerbatim) {
  for (const char* number : {"12345678901234567890123", "1.10", "-0", "1E400", "0.000e-7"}) {
    Bytes out;
    put_ext(out, ext_decimal, number);
    EXPECT_EQ(json_of(out), number);
  }
  for (const char* text : {"", "01", "1.", ".5", "+1", "1e", "NaN", "1 ", "1,2", "\"", "0x1", "--1"}) {
    Bytes out;
    put_ext(out, ext_decimal, text);
    const auto json = to_json(out);
    ASSERT_FALSE(json) << text;
    EXPECT_EQ(json.error().code(), Code::corrupt);
  }
}

TEST(MsgpackJson, TextIsEscapedAndNeverBreaksOut) {
  EXPECT_EQ(json_of_text("a\"b\\c\n\t\x01\x1f"), "\"a\\\"b\\\\c\\n\\t\\u0001\\u001f\"");
  EXPECT_EQ(json_of_text(std::string_view{"nul\0here", 8}), "\"nul\\u0000here\"");
  EXPECT_EQ(json_of_text("Zürich \xF0\x9F\x8C\x8A"), "\"Zürich \xF0\x9F\x8C\x8A\"");
}

TEST(MsgpackJson, BytesThatAreNoUtf8AreReplacedOneByOne) {
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(json_of_text("a\xff"
                         "b"),
            "\"a" + mark + "b\"");
  EXPECT_EQ(json_of_text("\xc3"), "\"" + mark + "\"");
  EXPECT_EQ(json_of_text("\xed\xa0\x80"), "\"" + mark + mark + mark + "\"");
  EXPECT_EQ(json_of_text("\xc0\xaf"), "\"" + mark + mark + "\"");
  EXPECT_EQ(json_of_text("\xf4\x90\x80\x80"), "\"" + mark + mark + mark + mark + "\"");
}

TEST(MsgpackJson, KeyOrderAndRepeatedKeysStay) {
  Bytes out;
  put_map(out, 3);
  for (const char* key : {"b", "a", "b"}) {
    put_str(out, key);
    put_nil(out);
  }
  EXPECT_EQ(json_of(out), R"({"b":null,"a":null,"b":null})");
}

TEST(MsgpackJson, TimesAndBytesHaveAForm) {
  EXPECT_EQ(json_of(hex("d700 6553f100 00000005")), "1700000000.000000005");
  EXPECT_EQ(json_of(hex("c403 666f6f")), "\"Zm9v\"");
  EXPECT_EQ(json_of(hex("d401 37")), "7");
  EXPECT_EQ(json_of(hex("d409 37")), "\"Nw==\"");
}

TEST(MsgpackJson, WhatIsNotOneWholeValueIsCorrupt) {
  for (const char* text : {"", "c1", "92 01", "01 02", "81 01 02", "a5 61"}) {
    const auto json = to_json(hex(text));
    ASSERT_FALSE(json) << text;
    EXPECT_EQ(json.error().code(), Code::corrupt) << text;
  }
  EXPECT_FALSE(to_json(Bytes(100'000, '\x91')));
}

}  // namespace
}  // namespace tidegate
