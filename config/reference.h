// The reference page of a configuration, made from the table that the parser uses: it cannot say other than the code.
#pragma once

#include <string>
#include <string_view>

#include "config/fields.h"

namespace tidegate {

// The part of the file that a path belongs to: "ship", "connectors".
std::string_view section_of(std::string_view path);

// "size, 64MiB to 64TiB"; "required", "none", "4GiB". What is to be written stands between two of `quote`, which may be empty.
std::string field_value_text(const Field& field, std::string_view quote);
std::string field_fallback_text(const Field& field, std::string_view quote);

// Markdown: one section per part of the file, one table row per key.
std::string reference_markdown(FieldTable table);

}  // namespace tidegate
