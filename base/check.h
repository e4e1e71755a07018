// TG_ASSERT: an invariant of ours, on in release. A bug is not an error value: it ends the process with the
// invariant's name, and a restart from the journal is always correct (crash-only).
#pragma once

#include <cstdio>
#include <cstdlib>

namespace tidegate {

[[noreturn]] inline void assertion_failed(const char* invariant, const char* expression, const char* file, int line) {
  std::fprintf(stderr, "invariant broken: %s (%s) at %s:%d\n", invariant, expression, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace tidegate

// `invariant` says what holds, as a sentence; a test greps for it.
#define TG_ASSERT(condition, invariant)                                          \
  do {                                                                           \
    if (!(condition)) [[unlikely]]                                               \
      ::tidegate::assertion_failed((invariant), #condition, __FILE__, __LINE__); \
  } while (false)
