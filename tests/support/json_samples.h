// JSON for tests, from text. Pure; any thread.
#pragma once

#include <boost/json/parse.hpp>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace tidegate::test {

//   requires: it is JSON
inline boost::json::value json_value(std::string_view text) {
  boost::json::error_code failed;
  boost::json::value value = boost::json::parse({text.data(), text.size()}, failed);
  TG_ASSERT(!failed, "a test's JSON is JSON");
  return value;
}

//   requires: it is a JSON object
inline boost::json::object json_object(std::string_view text) {
  boost::json::value value = json_value(text);
  TG_ASSERT(value.is_object(), "a test's JSON is an object");
  return std::move(value.get_object());
}

}  // namespace tidegate::test
