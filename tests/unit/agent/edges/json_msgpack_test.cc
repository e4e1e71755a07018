#include "agent/edges/json_msgpack.h"

#include <gtest/gtest.h>

#include "transport/msgpack_json.h"

namespace tidegate {
namespace {

// JSON → msgpack → JSON.
std::string round_trip(std::string_view json) {
  const simdjson::padded_string padded{json};
  JsonText text;
  if (text.index(padded)) return "not JSON";
  Bytes msgpack;
  {
    PayloadWriter writer{msgpack, 0};
    if (const auto error = append_msgpack(writer, text)) return simdjson::error_message(error);
  }
  if (!text.at_end()) return "more than one value";
  Result<std::string> back = to_json(msgpack);
  return back ? *back : back.error().text();
}

TEST(JsonMsgpack, EveryNumberKeepsItsValue) {
  for (const char* number : {"0", "1", "-1", "127", "128", "-33", "65536", "4294967296", "9223372036854775807",
                             "9223372036854775808", "18446744073709551615", "-9223372036854775808", "0.1", "-0.5", "1e+300",
                             "0.30000000000000004", "123456.789", "5.0", "-0.0"})
    EXPECT_EQ(round_trip(std::string{"["} + number + "]"), std::string{"["} + number + "]");
}

TEST(JsonMsgpack, ANumberThatNoBinaryNumberHoldsKeepsItsDigits) {
  for (const char* number : {"18446744073709551616", "-9223372036854775809", "12345678901234567890123", "0.1234567890123456789012",
                             "1e400", "1e-400", "3.141592653589793238462643"})
    EXPECT_EQ(round_trip(std::string{"["} + number + "]"), std::string{"["} + number + "]");
}

TEST(JsonMsgpack, OtherSpellingsOfTheSameValueMayChange) {
  EXPECT_EQ(round_trip("[1.10]"), "[1.1]");
  EXPECT_EQ(round_trip("[-0]"), "[-0.0]");
}

TEST(JsonMsgpack, KeysKeepTheirOrderTheirRepeatsAndTheirEscapes) {
  EXPECT_EQ(round_trip(R"({"z":1,"a":{"":null},"z":[true,false,null],"é\n\"\\":"\u0000\ud83d\ude00"})"),
            "{\"z\":1,\"a\":{\"\":null},\"z\":[true,false,null],\"é\\n\\\"\\\\\":\"\\u0000😀\"}");
}

TEST(JsonMsgpack, AContainerMayHoldMoreThanSixteenBitsCount) {
  std::string json = "[0";
  for (int i = 1; i < 70'000; ++i) json.append(",").append(std::to_string(i));
  json.push_back(']');
  EXPECT_EQ(round_trip(json), json);
}

TEST(JsonMsgpack, DepthIsBounded) {
  const auto nested = [](unsigned depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(round_trip(nested(payload_depth_max)), nested(payload_depth_max));
  EXPECT_NE(round_trip(nested(payload_depth_max + 5)), nested(payload_depth_max + 5));
}

TEST(JsonMsgpack, WhatIsNoNumberIsRefused) {
  for (const char* token : {"", "-", "01", "1.", ".5", "1e", "+1", "0x10", "1.2.3", "NaN"}) {
    Bytes out;
    PayloadWriter writer{out, 0};
    EXPECT_EQ(append_number(writer, token), simdjson::NUMBER_ERROR) << token;
  }
}

}  // namespace
}  // namespace tidegate
