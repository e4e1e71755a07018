// The bearer token of a connector, from the configuration or from its file.
#pragma once

#include "base/result.h"
#include "config/model.h"
#include "config/secret_file.h"

namespace tidegate {

inline constexpr std::size_t token_file_bytes_max = secret_file_bytes_max;

// Reads the file anew at each call, so that a renewed token takes effect without a restart. White space around the
// token is dropped. `invalid`: no such file, not readable, empty, too large, or not one line of printable ASCII; the
// text names the file and never its content. A small local file: may block for the time of one read.
Result<Secret> load_token(const ConnectorConfig& connector);

}  // namespace tidegate
