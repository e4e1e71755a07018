// How values are read that documents of responders and of rules have in common, where config/values.h has no such kind.
//
// Inside respond/. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/values.h"

namespace tidegate {

inline constexpr std::string_view all_tenants = "all";

// A text of more lines than one: a template.
struct TemplateText {
  std::string text;
};
// A list of ids, or the word for all of them.
struct TenantChoice {
  std::vector<std::string> ids;  // empty: all
};

// Found by the Reader beside those of config/values.h, with the same promises.
Complained read_value(const Field& field, const YamlNode& node, TemplateText& out);
Complained read_value(const Field& field, const YamlNode& node, TenantChoice& out);

// A text of more lines than one, whose form and length are the field's otherwise.
//   example: what could be written, in quotes
Complained read_lines(const Field& field, const YamlNode& node, std::string_view example, std::string& out);

// Of a key that stands there without a value.
Complaint no_value(const std::string& remedy);

// The enumerators are numbered from 0 in the order of `allowed`.
template <class Enum>
Complained read_named(const Field& field, const YamlNode& node, Enum& out) {
  std::string text;
  if (Complained complained = read_value(field, node, text)) return complained;
  for (std::size_t i = 0; i < allowed_of(field).size(); ++i)
    if (name(static_cast<Enum>(i)) == text) out = static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace tidegate
