// What a template's path leads to in an object, through maps and through lists.
//
// Pure; any thread. To a depth of 64; what lies deeper counts as missing.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>
#include <vector>

namespace tidegate {

// Views into the object.
struct LookedUp {
  std::vector<const boost::json::value*> values;  // none missing (null, an empty text), none a list; equal ones of lists once
  const boost::json::value* whole = nullptr;      // what the path ends at, maybe a list, where no list lies before its end
  bool through_list = false;
};

// By the path as a key of its own, then by its words.
LookedUp look_up(const boost::json::object& object, std::string_view path);

}  // namespace tidegate
