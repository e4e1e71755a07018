// A secret in a file of its own: a token, a key or a password that stands in no configuration.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace tidegate {

inline constexpr std::size_t secret_file_bytes_max = 64 * 1024;

// Reads the file anew at each call, so that a renewed secret takes effect without a restart. White space around it is dropped.
// `invalid`: no such file, not readable, empty, too large, or not one line of text; the error says what it is ("shared key
// file") and names the file, and never shows its content. A small local file: may block for the time of one read.
Result<Secret> read_secret_file(std::string_view what, const std::string& path);

}  // namespace tidegate
