// Payloads as the pipeline has them, written as JSON.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "agent/edges/json_msgpack.h"

namespace tidegate::test {

// The API's record as msgpack.   requires: `json` is one JSON object
inline Bytes payload(std::string_view json) {
  const simdjson::padded_string padded{json};
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::value value;
  EXPECT_EQ(parser.iterate(padded).get(document), simdjson::SUCCESS) << json;
  EXPECT_EQ(document.get_value().get(value), simdjson::SUCCESS) << json;
  Bytes out;
  EXPECT_EQ(append_msgpack(out, value), simdjson::SUCCESS) << json;
  return out;
}

}  // namespace tidegate::test
