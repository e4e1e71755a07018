// The canary: a target that must always fail on the input planted in its corpus. As long as it does, the harness is known
// to see failures; ctest counts its failure as a success.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  TG_ASSERT(!input.starts_with("mine"), "the canary lives until it meets its planted input");
  return 0;
}
