#include "respond/template_lookup.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_set>

#include "respond/template_encode.h"

namespace tidegate {
namespace {

constexpr std::size_t lookup_depth_max = 64;

bool counts_as_missing(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return text->empty();
  if (const auto* real = value.if_double()) return !std::isfinite(*real);
  return value.is_null();
}

void look_up_member(const boost::json::object& object, std::string_view path, std::size_t depth, LookedUp& found);

void look_up_value(const boost::json::value& at, std::string_view path, std::size_t depth, LookedUp& found) {
  if (depth > lookup_depth_max) return;
  if (path.empty() && !found.through_list) found.whole = &at;
  if (const auto* list = at.if_array()) {
    found.through_list = true;
    for (const boost::json::value& element : *list) look_up_value(element, path, depth + 1, found);
  } else if (path.empty()) {
    if (!counts_as_missing(at)) found.values.push_back(&at);
  } else if (const auto* object = at.if_object()) {
    look_up_member(*object, path, depth + 1, found);
  }
}

void look_up_member(const boost::json::object& object, std::string_view path, std::size_t depth, LookedUp& found) {
  const std::size_t dot = std::min(path.find('.'), path.size());
  const std::string_view word = path.substr(0, dot);
  const boost::json::value* next = object.if_contains({word.data(), word.size()});
  if (next != nullptr) look_up_value(*next, path.substr(std::min(dot + 1, path.size())), depth, found);
}

void keep_one_of_each(std::vector<const boost::json::value*>& values) {
  std::unordered_set<std::string> seen;
  std::erase_if(values, [&seen](const boost::json::value* value) {
    std::string text;
    (void)append_json_value(text, *value);  // one that is too deep is refused where it is used
    return !seen.insert(std::move(text)).second;
  });
}

}  // namespace

LookedUp look_up(const boost::json::object& object, std::string_view path) {
  LookedUp found;
  if (const boost::json::value* flat = object.if_contains({path.data(), path.size()})) look_up_value(*flat, {}, 0, found);
  if (found.values.empty()) {
    found = {};
    look_up_member(object, path, 0, found);
  }
  if (found.through_list) keep_one_of_each(found.values);
  return found;
}

}  // namespace tidegate
