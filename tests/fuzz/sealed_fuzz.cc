// Any text as a sealed value, and any bytes sealed and changed: what opens is what was sealed, and nothing else opens.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "config/sealed.h"

namespace {

using namespace tidegate;

constexpr SealedPlace place{"credential", "acme"};

const SealingKey& key() {
  static const SealingKey made{Secret{std::string(sealing_key_bytes, 'k')}};
  return made;
}

// The same nonce each time, so that a run can be repeated. Never so outside of tests.
const Entropy& constant() {
  static const Entropy made = [](std::span<char> bytes) -> Result<void> {
    for (char& byte : bytes) byte = 'n';
    return {};
  };
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const Result<Secret> opened = unseal(key(), place, text)) {
    const Result<std::string> again = seal(key(), place, opened->reveal(), constant());
    TG_ASSERT(again && again->size() == text.size(), "what opens was sealed in the one form");
  }
  const Result<std::string> sealed = seal(key(), place, text, constant());
  if (!sealed) return 0;
  const Result<Secret> opened = unseal(key(), place, *sealed);
  TG_ASSERT(opened && opened->reveal() == text, "what is sealed opens at its place");
  std::string changed = *sealed;
  char& character = changed[size % changed.size()];
  character = character == 'A' ? 'B' : 'A';
  TG_ASSERT(!unseal(key(), place, changed), "what was changed does not open (P10)");
  TG_ASSERT(!unseal(key(), {"credential", "other"}, *sealed), "what was moved does not open (P10)");
  return 0;
}
