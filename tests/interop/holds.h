// What programs print and log is judged by the words that it holds.
#pragma once

#include <string>

namespace tidegate {

inline bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace tidegate
