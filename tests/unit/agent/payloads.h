// Payloads as the pipeline has them, written as JSON.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "agent/edges/json_msgpack.h"

namespace tidegate::test {

// The API's record as msgpack.   requires: `json` is one JSON object
inline Bytes payload(std::string_view json) {
  const simdjson::padded_string padded{json};
  JsonText text;
  EXPECT_EQ(text.index(padded), simdjson::SUCCESS) << json;
  Bytes out;
  {
    PayloadWriter writer{out, 0};
    EXPECT_EQ(append_msgpack(writer, text), simdjson::SUCCESS) << json;
  }
  EXPECT_TRUE(text.at_end()) << json;
  return out;
}

}  // namespace tidegate::test
