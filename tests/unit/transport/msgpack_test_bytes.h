// Hexadecimal text to bytes; blanks are for the reader.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace tidegate::testkit {

inline Bytes hex(std::string_view text) {
  Bytes out;
  std::string digits;
  for (char c : text)
    if (c != ' ') digits += c;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return out;
}

}  // namespace tidegate::testkit
