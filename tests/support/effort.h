// How many seeds a test takes: all of them, or a quarter where sanitizers make each many times slower. The build without
// them always takes all.
#pragma once

#include <algorithm>

namespace tidegate {

template <class Count>
constexpr Count effort(Count whole) {
  return TIDEGATE_SANITIZED ? std::max<Count>(1, whole / 4) : whole;
}

}  // namespace tidegate
