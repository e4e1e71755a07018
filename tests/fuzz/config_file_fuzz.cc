// Any bytes as a file of the configuration store: it is one, byte for byte what is written of it again, or an error. The checksum
// is mended first, so that what stands behind it is reached.
#include <cstdint>

#include "base/check.h"
#include "storage/config_format.h"
#include "storage/row_bytes.h"

namespace tidegate {
namespace {

void take(ByteView file) {
  if (const Result<StoredConfig> config = decode_config(file); config)
    TG_ASSERT(encode(*config) == file, "what was read is written the same");
  if (const Result<ConfigRefusal> refusal = decode_refusal(file); refusal) {
    const Result<ConfigRefusal> again = decode_refusal(encode(*refusal));
    TG_ASSERT(again && *again == *refusal, "what was written is read the same");
  }
}

}  // namespace
}  // namespace tidegate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidegate;
  Bytes file{reinterpret_cast<const char*>(data), size};
  take(file);
  if (file.size() < 4) return 0;
  file.resize(file.size() - 4);
  seal(file);
  take(file);
  return 0;
}
