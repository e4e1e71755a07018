// What is kept of remote configuration, as plain values. Storage knows nothing of what a configuration says: the text is bytes,
// sealed by the caller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"

namespace tidegate {

inline constexpr std::size_t config_hash_bytes_max = 128;
inline constexpr std::size_t config_sealed_bytes_max = 2u << 20;    // a document of 1 MiB, sealed, as base64
inline constexpr std::size_t config_reasons_bytes_max = 64u << 10;  // of a refusal
inline constexpr std::size_t config_history_max = 16;               // revisions, the one in force among them

// Everything of an offered configuration but its text.
struct ConfigHead {
  std::uint64_t sequence = 0;  // given by the store, counted up with each offer; 0: not given yet
  std::uint64_t revision = 0;  // the processor's number
  Bytes hash;                  // the processor's, opaque
  WallSeconds received{};
  std::uint32_t tries = 0;  // that were begun

  bool operator==(const ConfigHead&) const = default;
};

struct StoredConfig {
  ConfigHead head;
  Bytes sealed;

  bool operator==(const StoredConfig&) const = default;
};

// An offer that was not kept. The processor is told its hash after a restart as well: that stops it from being offered again.
struct ConfigRefusal {
  std::uint64_t sequence = 0;  // that of its candidate; 0: there was none, the store gives one
  Bytes hash;
  WallSeconds at{};
  std::string reasons;

  bool operator==(const ConfigRefusal&) const = default;
};

}  // namespace tidegate
