// The wire format of protocol buffers, on its lowest level: one field after the other, nothing of their meaning. No recursion, no
// trust in lengths, no allocation on reading. Groups (wire types 3 and 4) are of a format that OpAMP never had: they break a
// message.
//
// Source: protobuf.dev, "Encoding". Thread: any.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace tidegate {

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t value = 0;  // varint, fixed64, fixed32
  ByteView bytes;           // of the message that was read
};

// Takes a varint off the front; absent when it is cut, or longer than a 64-bit number can be.
std::optional<std::uint64_t> take_varint(ByteView& at);

// Takes the fields off a message.
class WireReader {
 public:
  explicit WireReader(ByteView message) : rest_(message) {}

  // The next field; absent at the end, and where the bytes break the format.
  std::optional<WireField> next();
  bool broken() const { return broken_; }

 private:
  std::optional<WireField> fail();

  ByteView rest_;
  bool broken_ = false;
};

void put_varint(Bytes& out, std::uint64_t value);
void put_wire_tag(Bytes& out, std::uint32_t number, WireType type);
void put_wire_fixed64(Bytes& out, std::uint64_t value);
// The tag, the length and the bytes.
void put_wire_bytes(Bytes& out, std::uint32_t number, ByteView bytes);

}  // namespace tidegate
