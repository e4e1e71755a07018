// Values of ours in JSON as they are stored, and back, exactly: what is empty or equals its default is left out, so that a key may
// be added later. Times are nanoseconds since the epoch, enumerators their names; texts may hold any bytes.
//
// Inside respond/. Pure; any thread.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace tidegate {

class StoredFieldsWriter {
 public:
  //   requires: `out` outlives this
  explicit StoredFieldsWriter(boost::json::object& out) : out_(out) {}

  void put(std::string_view key, const std::string& value) {
    if (!value.empty()) out_[key] = value;
  }
  void put(std::string_view key, WallTime value) {
    if (value != WallTime{}) out_[key] = value.time_since_epoch().count();
  }
  void put(std::string_view key, const std::optional<WallTime>& value) {
    if (value) out_[key] = value->time_since_epoch().count();
  }
  void put(std::string_view key, const std::optional<std::chrono::seconds>& value) {
    if (value) out_[key] = std::int64_t{value->count()};
  }
  template <class Number>
    requires std::is_integral_v<Number>
  void put(std::string_view key, Number value, Number fallback = {}) {
    if (value != fallback) out_[key] = value;
  }
  template <class Enum>
    requires std::is_enum_v<Enum>
  void put(std::string_view key, Enum value) {
    if (value != Enum{}) out_[key] = name(value);
  }
  template <class Texts>
    requires std::is_same_v<typename Texts::value_type, std::string>
  void put_list(std::string_view key, const Texts& values) {
    if (values.empty()) return;
    boost::json::array& list = out_[key].emplace_array();
    for (const std::string& each : values) list.emplace_back(each);
  }

 private:
  boost::json::object& out_;
};

// The other direction. What is not there keeps the value that it has; what is of another kind is a flaw.
class StoredFieldsReader {
 public:
  //   requires: both outlive this
  StoredFieldsReader(const boost::json::object& from, std::string& flaw) : from_(from), flaw_(flaw) {}

  void read(std::string_view key, std::string& out) const {
    if (const boost::json::string* text = text_at(key)) out.assign(text->data(), text->size());
  }
  void read(std::string_view key, WallTime& out) const {
    std::int64_t count = 0;
    if (read_number(key, count)) out = WallTime{std::chrono::nanoseconds{count}};
  }
  void read(std::string_view key, std::optional<WallTime>& out) const {
    std::int64_t count = 0;
    if (read_number(key, count)) out = WallTime{std::chrono::nanoseconds{count}};
  }
  void read(std::string_view key, std::optional<std::chrono::seconds>& out) const {
    std::int64_t count = 0;
    if (read_number(key, count)) out = std::chrono::seconds{count};
  }
  void read(std::string_view key, bool& out) const {
    const boost::json::value* value = from_.if_contains(key);
    if (value == nullptr) return;
    if (const bool* flag = value->if_bool()) out = *flag;
    else flawed(key);
  }
  template <class Number>
    requires(std::is_integral_v<Number> && !std::is_same_v<Number, bool>)
  void read(std::string_view key, Number& out) const {
    read_number(key, out);
  }
  // An enumerator by its name.   requires: `last` is the last one
  template <class Enum>
  void read_named(std::string_view key, Enum& out, Enum last) const {
    const boost::json::string* text = text_at(key);
    if (text == nullptr) return;
    const std::optional<Enum> found = named<Enum>({text->data(), text->size()}, last);
    if (found) out = *found;
    else flawed(key);
  }
  template <class Insert>
  void read_list(std::string_view key, Insert insert) const {
    const boost::json::array* list = list_at(key);
    if (list == nullptr) return;
    for (const boost::json::value& each : *list) {
      if (const boost::json::string* text = each.if_string()) insert(std::string{text->data(), text->size()});
      else flawed(key);
    }
  }

  // Null where there is none.
  const boost::json::array* list_at(std::string_view key) const {
    const boost::json::value* value = from_.if_contains(key);
    if (value != nullptr && !value->is_array()) flawed(key);
    return value == nullptr ? nullptr : value->if_array();
  }
  const boost::json::object* object_at(std::string_view key) const {
    const boost::json::value* value = from_.if_contains(key);
    if (value != nullptr && !value->is_object()) flawed(key);
    return value == nullptr ? nullptr : value->if_object();
  }
  void flawed(std::string_view key) const {
    if (flaw_.empty()) flaw_ = key;
  }

  template <class Enum>
  static std::optional<Enum> named(std::string_view text, Enum last) {
    for (std::size_t i = 0; i <= static_cast<std::size_t>(last); ++i)
      if (name(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
    return std::nullopt;
  }

 private:
  const boost::json::string* text_at(std::string_view key) const {
    const boost::json::value* value = from_.if_contains(key);
    if (value != nullptr && !value->is_string()) flawed(key);
    return value == nullptr ? nullptr : value->if_string();
  }
  template <class Number>
  bool read_number(std::string_view key, Number& out) const {
    const boost::json::value* value = from_.if_contains(key);
    if (value == nullptr) return false;
    if (const std::int64_t* number = value->if_int64(); number != nullptr && std::in_range<Number>(*number)) {
      out = static_cast<Number>(*number);
      return true;
    }
    if (const std::uint64_t* number = value->if_uint64(); number != nullptr && std::in_range<Number>(*number)) {
      out = static_cast<Number>(*number);
      return true;
    }
    flawed(key);
    return false;
  }

  const boost::json::object& from_;
  std::string& flaw_;
};

// `corrupt`: no JSON object, or deeper than anything of ours.
Result<boost::json::object> parse_stored(std::string_view bytes);

}  // namespace tidegate
