// What a file holds, for tests that look at what a program has written.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace tidegate {

// Empty where it cannot be read.
inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

}  // namespace tidegate
