// A document against the table: finds the value of every row, refuses every key that has none, and collects the errors.
// What is bound to what is bind.h's; what a value means is values.h's.
//
// Thread: the owner's. The document and the bounds must outlive it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "config/document.h"
#include "config/errors.h"
#include "config/fields.h"
#include "config/values.h"

namespace tidegate {

// How many elements a list of maps may have: "rules[].actions".
struct ListBound {
  std::string_view path;
  std::size_t most;
};

class Reader {
 public:
  // Walks the document at once: unknown keys and wrong shapes are errors from here on. A list that `bounds` does not name has the
  // bound of the configuration's own.
  Reader(FieldTable table, const YamlDocument& document, std::string_view file_name, std::span<const ListBound> bounds = {});

  // Sets `member` from the document, else from the row's default, and complains where it cannot. A text that is refused
  // is stored nonetheless, so that rules across fields can tell "wrong" from "not given".
  //   requires: the table has a row of that path
  template <class T>
  void read(std::string_view path, T& member) {
    const Field& field = row_of(path);
    const YamlNode* node = value_of(path, field);
    if (node != nullptr) {
      if (Complained complained = read_value(field, *node, member)) complain(path, std::move(*complained));
    } else if (!field.fallback.empty()) {
      const Complained complained = read_value(field, fallback_node(field), member);
      TG_ASSERT(!complained, "the table's defaults are valid");
    }
  }

  bool was_given(std::string_view path) const { return values_.find(path) != values_.end(); }
  std::size_t list_size(std::string_view path) const;

  // The error's line is the path's, or that of the nearest section around it.
  void complain(std::string_view path, Complaint complaint);
  bool has_error(std::string_view path) const;
  // Of whatever is in a section: "connectors[0]."
  bool has_error_within(std::string_view section) const;

  // In the order of their lines; beyond config_errors_max they are only counted.
  std::vector<ConfigError> take_errors();

 private:
  void walk(const YamlNode& node, const std::string& path);
  void walk_section(const YamlNode& node, const std::string& path);
  void walk_list(const YamlNode& node, const std::string& path);
  std::size_t most_of(const std::string& list) const;
  void refuse_key(const YamlNode& member, const std::string& section);
  const Field& row_of(std::string_view path) const;
  // The value's node; null where there is none, which is an error where one is required.
  const YamlNode* value_of(std::string_view path, const Field& field);
  std::size_t line_of(std::string_view path) const;
  void add(ConfigError error);

  const FieldTable table_;
  const std::string file_name_;
  const std::span<const ListBound> bounds_;
  std::map<std::string, const YamlNode*, std::less<>> values_;  // by path: "connectors[0].interval"
  std::map<std::string, std::size_t, std::less<>> lines_;       // of every path seen, sections included
  std::map<std::string, std::size_t, std::less<>> list_sizes_;
  std::vector<ConfigError> errors_;
  std::size_t errors_left_out_ = 0;
};

}  // namespace tidegate
