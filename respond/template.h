// Templates: {{dotted.path}} in a path, a query or a JSON body, filled from a record. What a record holds can never change the
// shape of a request: each value is encoded for where it stands (RFC 3986 percent-encoding in a path segment and in a query, a JSON
// value or a piece of a JSON string in a body), and what was filled in is never looked at again.
//
//   {{a.b}}                    the value at that path: of the given values first, then of the record
//   {{a.b | default: "x"}}     where there is none; a number, true and false stand without quotes
//   {{a.b | first}}            of a list its first
//   {{a.b | join: ", "}}       of a list, as one text
//   {{a.b | each}}             alone in a string of an object that is an element of a JSON array: the element once for each
//   {{"{{"}}                   the text in quotes: so braces can be written
//
// A default goes with any of the others. Quotes are "…", '…' and, within a string of a body, \"…\" too, so that the template itself
// is JSON; a text in quotes has no backslash.
//
// In a body a placeholder stands within a string ("{{a}}" or "x {{a}} y": text) or bare, as a whole JSON value ({"n": {{a}}}: keeps
// its type: number, true, list, object). A path leads through lists: it then has a list of values, equal ones once. Without a
// filter a list of one value counts as that value within text; of more it is refused. A value that is missing, null, an empty
// text, or a list of nothing else is missing: render() refuses, names every such field, and gives candidates. Of an empty text
// {{a | default: ""}} alone is the way. In text a number reads as in JSON (5, 5.0, 1e+300).
//
// A path and its query are one template: what stands before its first '?' is filled in as a path segment, so that no value adds one
// or makes one "." or "..", the rest as a query value.
//
// Pure; any thread. Bounded: a template 64 KiB, 256 placeholders; a body that is rendered 1 MiB, a path with its query 8 KiB, 1,000
// elements of one `each`.   Source: design, section 9; domain, section 1.5.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidegate {

inline constexpr std::size_t template_bytes_max = 64u << 10;
inline constexpr std::size_t template_placeholders_max = 256;
inline constexpr std::size_t rendered_body_bytes_max = 1u << 20;
inline constexpr std::size_t rendered_path_bytes_max = 8u << 10;
inline constexpr std::size_t template_elements_max = 1'000;

// Whether a placeholder can name that path: words of letters, digits, '_', '-', '@' and what is beyond ASCII, a dot between two; at
// most 256 bytes.
bool is_template_path(std::string_view text);

// Where a template stands, which decides how its values are encoded.
enum class TemplatePlace : unsigned char { json_body, path_and_query };

struct RenderInput {
  const boost::json::object& given;   // an operator's values and the responder's settings; by path, nested or with dotted keys
  const boost::json::object& record;  // empty: there is none
};

struct TemplateParts;

class RequestTemplate {
 public:
  // `invalid`: with place and remedy: braces that do not close, an unknown filter, a body that is no JSON, a placeholder as a key,
  // a path that does not begin with '/' or has what no path has.
  static Result<RequestTemplate> parse(std::string_view text, TemplatePlace place);

  // `invalid`: with every field that is missing or does not fit where it stands, a line each, and what of the record might be
  // meant.
  Result<std::string> render(const RenderInput& input) const;

 private:
  explicit RequestTemplate(std::shared_ptr<const TemplateParts> parts);

  std::shared_ptr<const TemplateParts> parts_;  // copies of a template share what is never changed
};

}  // namespace tidegate
