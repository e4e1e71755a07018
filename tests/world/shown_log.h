// What a log of a simulation shows: what differs from run to run is no part of the run.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tidegate {

// The text with a dot in the place of the directory, and a dash in the place of a damaged block's checksums: tables hold the real
// time, and ids of the library's own.
std::string shown(std::string_view text, const std::filesystem::path& directory);

}  // namespace tidegate
