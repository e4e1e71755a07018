// For co_spawn: what a coroutine of a benchmark throws comes out of the run() of its loop.
#pragma once

#include <exception>

namespace tidegate {

inline void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace tidegate
