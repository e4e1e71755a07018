// A text cut to a bound, between characters.
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace tidegate {

// No more than `bytes_max` of it, in whole UTF-8 characters. Of what is no UTF-8, a run of continuation bytes is cut at the bound.
inline std::string_view cut(std::string_view text, std::size_t bytes_max) {
  constexpr std::size_t continuations_max = 3;
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && bytes_max - end < continuations_max && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  if ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) end = bytes_max;
  return text.substr(0, end);
}

}  // namespace tidegate
