#include "storage/row_bytes.h"

#include <zlib.h>

namespace tidegate {

std::uint32_t checksum(ByteView bytes, std::uint32_t before) {
  return static_cast<std::uint32_t>(crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

void seal(Bytes& row) { put_u32_be(row, checksum(row)); }

Result<ByteView> unseal(ByteView stored) {
  if (stored.size() < 4) return Error{Code::corrupt, "row of " + std::to_string(stored.size()) + " bytes has no checksum"};
  const ByteView row = stored.substr(0, stored.size() - 4);
  if (get_u32_be(stored.substr(row.size())) != checksum(row)) return Error{Code::corrupt, "checksum does not hold"};
  return row;
}

}  // namespace tidegate
