// Is it text, and text made of what may be none. Pure. Source: RFC 3629. Thread: any.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate {

inline constexpr std::string_view utf8_replacement = "\xef\xbf\xbd";  // U+FFFD

// The bytes of the UTF-8 character at the front of `text`; 0 when there is none (no surrogates, no overlong forms, nothing above
// U+10FFFF).   requires: not empty
std::size_t utf8_bytes(std::string_view text);

bool is_utf8(std::string_view text);

// `text` with each byte that is part of no character replaced, and cut between two characters so that `bytes_max` holds. What is
// UTF-8 of at most `bytes_max` comes out as it went in.
std::string utf8_within(std::string_view text, std::size_t bytes_max);

}  // namespace tidegate
