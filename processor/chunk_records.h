// The records of a chunk, for those who look at them: the index, and rules. Pure; any thread.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "processor/ports.h"

namespace tidegate {

// Decompresses the chunk's entries into `plain`, and adds its records, whose views point into that and into `chunk`. `corrupt`,
// `invalid`: they cannot be read, and nothing was added.
Result<void> read_chunk(const Chunk& chunk, Bytes& plain, std::vector<IndexRecord>& records);

}  // namespace tidegate
