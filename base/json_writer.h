// ObjectWriter: one JSON object, key by key, appended to a text; write_list: one JSON array. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"

namespace tidegate {

class ObjectWriter {
 public:
  // The object begins here and ends with the writer.   requires: `out` outlives it
  explicit ObjectWriter(std::string& out) : out_(out) { out_.push_back('{'); }
  ~ObjectWriter() { out_.push_back('}'); }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  // The text, for a value that is JSON itself.
  std::string& key(std::string_view name) {
    if (!first_) out_.push_back(',');
    first_ = false;
    append_json_string(out_, name);
    out_.push_back(':');
    return out_;
  }
  void text(std::string_view name, std::string_view value) { append_json_string(key(name), value); }
  void number(std::string_view name, std::int64_t value) { key(name).append(std::to_string(value)); }
  void time(std::string_view name, const std::optional<WallTime>& value) {
    if (value) text(name, to_iso8601(*value));
    else key(name).append("null");
  }

 private:
  std::string& out_;
  bool first_ = true;
};

template <class T>
void write_list(std::string& out, const std::vector<T>& all, void (*write)(std::string&, const T&)) {
  out.push_back('[');
  for (const T& each : all) {
    if (&each != &all.front()) out.push_back(',');
    write(out, each);
  }
  out.push_back(']');
}

inline void write_list(std::string& out, const std::vector<std::string>& texts) {
  write_list<std::string>(out, texts, [](std::string& list, const std::string& text) { append_json_string(list, text); });
}

}  // namespace tidegate
