// Base64 with padding (RFC 4648, section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace tidegate {

std::string to_base64(ByteView bytes);

// Absent when the text is anything else: white space, missing padding and stray bits included.
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace tidegate
