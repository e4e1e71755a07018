// The id of one request to the Vision One API (x-trace-id): a UUID of version 4. The API gives it back, and its support asks for
// it.
#pragma once

#include <string>

#include "base/random.h"

namespace tidegate {

std::string new_trace_id(Random& random);

}  // namespace tidegate
