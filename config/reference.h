// The reference page of a configuration, made from the table that the parser uses: it cannot say other than the code.
#pragma once

#include <string>

#include "config/fields.h"

namespace tidegate {

// Markdown: one section per part of the file, one table row per key.
std::string reference_markdown(FieldTable table);

}  // namespace tidegate
