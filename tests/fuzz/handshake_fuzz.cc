// Whatever a receiver says before it lets anybody in. In pieces it must mean the same as at once, and its words are cut and
// printable in every error. The corpus holds an exchange that is let in: it has the proof that belongs to this key, salt and nonce.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "transport/forward_handshake.h"

namespace {

using namespace tidegate;

constexpr std::size_t ping_bytes_max = 1022;
constexpr std::size_t error_bytes_max = 2 * handshake_reason_bytes_max;

// What came of it, as one text to compare.
std::string shake(ByteView received, std::size_t piece) {
  ForwardHandshake handshake{{.self_hostname = "edge1.example",
                              .salt = "0123456789abcdef0123456789abcdef",
                              .shared_key = Secret{"s3cret"},
                              .username = "agent",
                              .password = Secret{"pw"}}};
  while (!received.empty()) {
    const Result<Bytes> answer = handshake.on_bytes(received.substr(0, piece));
    received.remove_prefix(std::min(piece, received.size()));
    if (!answer) {
      const std::string& why = answer.error().text();
      TG_ASSERT(!handshake.done(), "nobody is let in with an error");
      TG_ASSERT(why.size() <= error_bytes_max, "what a receiver says is cut");
      TG_ASSERT(std::all_of(why.begin(), why.end(), [](char c) { return c >= ' ' && c <= '~'; }), "and printable");
      TG_ASSERT(handshake.on_end() == answer.error(), "an error stays");
      return why;
    }
    TG_ASSERT(answer->size() <= ping_bytes_max, "PING is small enough to be read at once");
  }
  if (!handshake.done()) (void)handshake.on_end();
  return std::string{handshake.awaited()} + (handshake.done() ? " let in" : "") + (handshake.keepalive() ? "" : " closes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes{reinterpret_cast<const char*>(data), size};
  (void)begins_with_helo(bytes);
  TG_ASSERT(shake(bytes, std::max<std::size_t>(size, 1)) == shake(bytes, 1),
            "bytes that come one by one mean what they mean at once");
  return 0;
}
