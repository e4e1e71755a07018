// A moment as an operator writes it: on the command line, and to the control socket. Pure.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tidegate {

// "2026-11-24T13:05:07Z", "2026-11-24 13:05:07", "2026-11-24" (midnight), all UTC; "now"; or a duration back from now, "6h" or
// "-6h". Rounded down to whole seconds. `invalid`: none of these, before 1970, or ahead of now; the text says what may stand there.
Result<WallSeconds> moment_from(std::string_view text, WallTime now);

}  // namespace tidegate
