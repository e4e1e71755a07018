// How a value is written where a template has it: as JSON, as a piece of a JSON string, as text.
//
// Pure; any thread.   Source: RFC 8259.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate {

// Without the quotes. Control characters and the line separators U+2028 and U+2029 are escaped; what is no UTF-8 becomes U+FFFD.
void append_json_text(std::string& out, std::string_view text);

// Integers digit by digit, reals in their shortest form that reads back as the same real (5.0 stays "5.0"). False: deeper than
// template_value_depth_max; `out` then holds a part.
inline constexpr std::size_t template_value_depth_max = 64;
bool append_json_value(std::string& out, const boost::json::value& value);

// A text as it is, numbers and true and false as JSON writes them. Absent: null, a list, an object.
std::optional<std::string> plain_text_of(const boost::json::value& value);

}  // namespace tidegate
