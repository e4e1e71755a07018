// The files of the configuration store, byte by byte. Integers are big-endian.
//
//   bytes  what
//   8      "tgconfig"
//   4      format: 1
//   1      kind: 1 configuration, 2 refusal
//   8      sequence
//   8      revision (0 in a refusal)
//   8      received, or refused at: seconds since 1970, UTC
//   4      tries begun (0 in a refusal)
//   4 + n  length and bytes of the hash
//   4 + n  length and bytes of the sealed text, or of the reasons
//   4      CRC-32 of all before it
//
// Pure; any thread.
#pragma once

#include "base/result.h"
#include "storage/config_types.h"

namespace tidegate {

// The longest file that can be one of these.
inline constexpr std::size_t config_file_bytes_max = 64 + config_hash_bytes_max + config_sealed_bytes_max;

//   requires: the bounds of config_types.h hold
Bytes encode(const StoredConfig& config);
Bytes encode(const ConfigRefusal& refusal);

// `corrupt`: not such a file, or damaged.   `invalid`: whole, and written by a newer version: it must be left alone.
Result<StoredConfig> decode_config(ByteView file);
Result<ConfigRefusal> decode_refusal(ByteView file);

}  // namespace tidegate
