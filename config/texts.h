// Texts by their form: names, paths, URLs, tokens. Pure.
#pragma once

#include <optional>
#include <string>

#include "config/fields.h"

namespace tidegate {

// The value is shown before the problem: "'x y' is not a name".
struct TextFault {
  std::string problem;
  std::string remedy;
};

// Checks a text against its row: form and length. A URL is brought into its normal form: scheme in lower case, no slash
// at its end.
std::optional<TextFault> check_text(const Field& field, std::string& text);

// The same for an element of a list of that kind.
std::optional<TextFault> check_element(FieldKind list, const std::string& text);

// True for printable UTF-8 without tabs and ends of line.
bool is_one_line(std::string_view text);

// True for an API key's form: printable ASCII without spaces, not empty.
bool is_token(std::string_view text);

}  // namespace tidegate
