#include "base/random.h"

#include <bit>
#include <random>

namespace tidegate {

Seed system_seed() {
  std::random_device device;
  return {(static_cast<std::uint64_t>(device()) << 32) ^ device()};
}

Random::Random(Seed seed) {
  std::uint64_t mix = seed.value;
  for (std::uint64_t& word : state_) {
    mix += 0x9E3779B97F4A7C15u;
    std::uint64_t z = mix;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    word = z ^ (z >> 31);
  }
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
  TG_ASSERT(bound > 0, "a random range is not empty");
  // Drawing again below this threshold removes the bias of the modulus.
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t drawn = next();
    if (drawn >= threshold) return drawn % bound;
  }
}

std::int64_t Random::between(std::int64_t least, std::int64_t most) {
  TG_ASSERT(least <= most, "a random range is not empty");
  const auto width = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) + 1;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + (width == 0 ? next() : below(width)));
}

double Random::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

}  // namespace tidegate
