// SHA-256, and a comparison that takes the same time wherever two texts differ: what fingerprints and the hashes of enrolment
// tokens are made of. Pure; any thread.
#pragma once

#include <string>

#include "base/bytes.h"

namespace tidegate {

inline constexpr std::size_t sha256_bytes = 32;

// 32 bytes.
Bytes sha256(ByteView bytes);

// "09af…": lower case, two digits for each byte.
std::string hex_of(ByteView bytes);

// The time that it takes depends on the lengths alone.
bool same_secret(ByteView one, ByteView other);

}  // namespace tidegate
