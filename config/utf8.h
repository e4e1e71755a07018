// Is it text? Pure. Source: RFC 3629.
#pragma once

#include <optional>
#include <string_view>

namespace tidegate {

// The offset of the first byte that is no part of well-formed UTF-8, or is a control character other than tab, line
// feed and carriage return; absent when there is none.
std::optional<std::size_t> not_text_at(std::string_view bytes);

// The bytes of the UTF-8 sequence that begins with `lead`; 1 for a byte that begins none.
std::size_t utf8_sequence_bytes(char lead);

}  // namespace tidegate
