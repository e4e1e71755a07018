// One compression, three names: in the configuration, on disk, on the wire. The floors below do not know each other, so the
// agent translates.
#pragma once

#include "config/model.h"
#include "storage/types.h"
#include "transport/forward_codec.h"

namespace tidegate {

inline Compression compression_of(ShipCompression compression) {
  switch (compression) {
    case ShipCompression::zstd: return Compression::zstd;
    case ShipCompression::gzip: return Compression::gzip;
    case ShipCompression::none: return Compression::none;
  }
  return Compression::none;
}

inline WireCompression on_wire(Compression compression) {
  switch (compression) {
    case Compression::none: return WireCompression::none;
    case Compression::gzip: return WireCompression::gzip;
    case Compression::zstd: return WireCompression::zstd;
  }
  return WireCompression::none;
}

}  // namespace tidegate
