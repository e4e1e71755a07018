// What a log of a simulation shows: where a run's files are is no part of the run.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tidegate {

// The text with a dot in the place of the directory.
inline std::string without_place(std::string_view text, const std::filesystem::path& directory) {
  const std::string place = directory.string();
  std::string shown{text};
  for (std::size_t at = shown.find(place); at != std::string::npos; at = shown.find(place, at))
    shown.replace(at, place.size(), ".");
  return shown;
}

}  // namespace tidegate
