// Random: the only source of chance, an argument like time. One seed replays a run. Not for keys or nonces: those come
// from OpenSSL, in transport. Thread: the owner's.
#pragma once

#include <cstdint>

#include "base/check.h"

namespace tidegate {

struct Seed {
  std::uint64_t value = 0;
};

// The system's entropy, for everything but tests and the simulation.
Seed system_seed();

// xoshiro256** (public domain algorithm), seeded by splitmix64: the same numbers with every compiler and library, which
// std's distributions do not promise.
class Random {
 public:
  explicit Random(Seed seed);

  std::uint64_t next();
  // Even over [0, bound).   requires: bound > 0
  std::uint64_t below(std::uint64_t bound);
  // Even over [least, most].   requires: least <= most
  std::int64_t between(std::int64_t least, std::int64_t most);
  // Even over [0, 1).
  double unit();
  // True once in `one_in` calls, on average.   requires: one_in > 0
  bool chance(std::uint64_t one_in) { return below(one_in) == 0; }

 private:
  std::uint64_t state_[4];
};

}  // namespace tidegate
