// YAML in lines, key by key: maps, and lists of maps. Texts are quoted, so that it is YAML whatever a value holds.
//
// Inside respond/. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "config/config_text.h"

namespace tidegate {

class YamlWriter {
 public:
  // A value that needs no quotes.
  void plain(std::string_view key, std::string_view value) { begin(key).append(" ").append(value).append("\n"); }
  // Left out where it is empty.
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) plain(key, yaml_quoted(value));
  }
  // A list of texts in one line, left out where there are none.
  template <class Texts>
  void texts(std::string_view key, const Texts& values) {
    std::string list;
    for (const std::string& each : values) list.append(list.empty() ? "[" : ", ").append(yaml_quoted(each));
    if (!list.empty()) plain(key, list.append("]"));
  }

  // What follows, until it is closed, stands in that map.
  void open_map(std::string_view key) { open(key, map_indent); }
  void close_map() { indent_ -= map_indent; }
  // What follows, until it is closed, stands in elements of that list, each of them begun.
  void open_list(std::string_view key) { open(key, list_indent); }
  void begin_element() { dashed_ = true; }
  void close_list() { indent_ -= list_indent; }

  std::string take() { return std::move(out_); }

 private:
  static constexpr std::size_t map_indent = 2;
  static constexpr std::size_t list_indent = 4;

  std::string& begin(std::string_view key) {
    out_.append(dashed_ ? indent_ - 2 : indent_, ' ').append(std::exchange(dashed_, false) ? "- " : "");
    return out_.append(key).append(":");
  }
  void open(std::string_view key, std::size_t indent) {
    begin(key).append("\n");
    indent_ += indent;
  }

  std::string out_;
  std::size_t indent_ = 0;
  bool dashed_ = false;  // the next key begins an element
};

}  // namespace tidegate
