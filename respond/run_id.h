// The id of a run: 32 hexadecimal digits by chance.   Thread: that of the random's owner.
#pragma once

#include <string>

#include "base/id128.h"
#include "base/random.h"

namespace tidegate {

inline std::string fresh_run_id(Random& random) { return to_hex(Id128{random.next(), random.next()}); }

}  // namespace tidegate
