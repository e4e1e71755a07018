// Whatever a peer sends to the data port: messages, their entries, the JSON made of them. In pieces it must mean the same
// as at once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "transport/compression.h"
#include "transport/forward_entries.h"
#include "transport/forward_reader.h"
#include "transport/msgpack_json.h"

namespace {

using namespace tidegate;

constexpr ForwardReaderLimits limits{.message_bytes_max = 1u << 20};

void look_into(const ForwardMessage& message) {
  const auto plain = decompress_entries(message.entries(), message.compression, 1u << 20);
  if (!plain) return;
  EntryReader entries{*plain};
  for (auto entry = entries.next(); entry && *entry; entry = entries.next()) {
    std::string json;
    (void)append_json(json, (*entry)->record);
  }
}

// The messages of the bytes, fed in pieces of that size, as one text to compare.
std::string read_all(ByteView bytes, std::size_t piece, bool look) {
  ForwardReader reader{limits};
  std::string all;
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (true) {
      auto message = reader.next();
      if (!message) return all + "!" + std::string{name(message.error().code())};
      if (!*message) break;
      if (look) look_into(**message);
      all.append((*message)->tag)
          .append("|")
          .append((*message)->chunk.value_or("-"))
          .append("|")
          .append((*message)->entries())
          .append("\n");
    }
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes{reinterpret_cast<const char*>(data), size};
  const std::string at_once = read_all(bytes, std::max<std::size_t>(size, 1), true);
  TG_ASSERT(at_once == read_all(bytes, 1, false), "bytes that come one by one mean what they mean at once");
  return 0;
}
