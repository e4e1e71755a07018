// Whatever a receiver answers to the agent: acknowledgements, and a session that has three chunks in flight.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "transport/forward_session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidegate;
  ByteView bytes{reinterpret_cast<const char*>(data), size};
  const SteadyTime start{std::chrono::hours{1}};
  ForwardSession session{{}};
  for (std::uint64_t i = 0; i < 3; ++i) session.add(Id128{.high = 0, .low = i}, 100, start);
  std::size_t acked = 0;
  while (!bytes.empty()) {
    const ByteView piece = bytes.substr(0, 7);
    bytes.remove_prefix(piece.size());
    if (!session.on_bytes(piece)) break;
    while (session.next_ack()) ++acked;
  }
  TG_ASSERT(acked <= 3, "no more chunks are acknowledged than were sent");
  TG_ASSERT(session.in_flight_bytes() == session.in_flight_chunks() * 100, "the window counts what is in flight");
  return 0;
}
