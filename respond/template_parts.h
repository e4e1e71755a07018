// What a template is made of once it is parsed: literal text, encoded for where it stands, and placeholders. Of the sources
// respond/template_*.cc alone.
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "respond/template.h"

namespace tidegate {

// What of a list is meant.
enum class TemplatePick : unsigned char { as_is, first, join, each };

struct TemplateDefault {
  std::string text;
  bool quoted = true;  // else a number, true or false, as JSON writes it
};

// What stands between "{{" and "}}".
struct TemplateExpression {
  std::string path;  // empty: `text` is meant
  std::string text;
  TemplatePick pick = TemplatePick::as_is;
  std::string separator;  // of join
  std::optional<TemplateDefault> otherwise;
};

enum class TemplateStanding : unsigned char { json_text, json_value, path_segment, query_value };

struct TemplatePlaceholder {
  TemplateExpression expression;
  TemplateStanding standing = TemplateStanding::json_text;
};

// One of the three.
struct TemplatePiece {
  std::string literal;
  std::optional<std::size_t> placeholder;  // its number in TemplateParts
  std::vector<TemplatePiece> element;      // repeated for each value of the one placeholder in it that says `each`
};

struct TemplateParts {
  TemplatePlace place = TemplatePlace::json_body;
  std::vector<TemplatePlaceholder> placeholders;
  std::vector<TemplatePiece> pieces;
};

// Reads one placeholder.   `at`: behind its "{{"; is moved behind its "}}", on an error to what is wrong
Result<TemplateExpression> parse_template_expression(std::string_view text, std::size_t& at, TemplateStanding standing);

// What a server may take for another path than it looks like: "." or ".." between slashes, percent-encoded or not, or a path that
// begins with "//".
bool leads_out_of_path(std::string_view path_and_query);

}  // namespace tidegate
