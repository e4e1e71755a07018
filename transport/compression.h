// Compression of a chunk's entries: gzip and zstd, bounded on the way out of it.
#pragma once

#include <cstddef>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "transport/forward_codec.h"

namespace tidegate {

struct CompressionLevels {
  int gzip = 4;
  int zstd = 3;
};

// Compresses entries; keeps its working memory from one call to the next. Thread: one at a time.
class Compressor {
 public:
  explicit Compressor(CompressionLevels levels = {});
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // One gzip member or one zstd frame with its content size; `none` is a copy. `invalid`: the library refused (memory).
  Result<Bytes> compress_entries(ByteView plain, WireCompression how);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A chunk is a tenth of this; one record may be as large as a page of the API, and grow on its way into msgpack.
inline constexpr std::size_t plain_bytes_max = 40u << 20;

// Several gzip members or zstd frames, one after the other, are one payload; `none` is a copy. `corrupt`: broken, cut
// off, or followed by something else. `invalid`: more than `limit` bytes come out. Never holds more than the limit,
// whatever the bytes announce.
Result<Bytes> decompress_entries(ByteView payload, WireCompression how, std::size_t limit = plain_bytes_max);

}  // namespace tidegate
