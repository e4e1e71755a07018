// Payloads as the pipeline has them, from JSON and as JSON.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "agent/edges/json_msgpack.h"
#include "agent/ports.h"
#include "transport/msgpack_json.h"

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

// Of a record of the page, as JSON.
inline std::string payload_at(const Page& page, std::size_t at) { return *to_json(page.payload(page.records.at(at))); }

inline constexpr WallTime window_end{std::chrono::seconds{1'700'000'000}};  // of the pages that are parsed

}  // namespace tidegate::test
