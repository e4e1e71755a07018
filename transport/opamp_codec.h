// OpAMP as bytes, both ends. Pure: a struct in, bytes out, and back. What was written reads back equal, but for free text that
// was too long or no UTF-8 (it is cut and mended, so that a status gets through). Unknown fields are skipped; a field of another
// wire type than ours counts as unknown, as in every other implementation. The encoding is canonical: fields by number, maps by
// key, nothing twice.
//
// Everything is bounded (opamp_limits.h). `corrupt`: the bytes break the format, a bound or UTF-8; the text names the field,
// never its value. `invalid`: the struct to be written breaks a bound.
//
// Source: OpAMP specification 0.18, "WebSocket Message Format", "Plain HTTP Transport", "Messages". Thread: any.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/id128.h"
#include "base/result.h"
#include "transport/opamp_limits.h"
#include "transport/opamp_messages.h"

namespace tidegate::opamp {

enum class Framing : std::uint8_t {
  websocket,  // one byte 00 before the message
  http,       // the message alone
};

Result<Bytes> encode(const AgentToServer& message, Framing framing);
Result<Bytes> encode(const ServerToAgent& message, Framing framing);

Result<AgentToServer> decode_agent_to_server(ByteView bytes, Framing framing);
Result<ServerToAgent> decode_server_to_agent(ByteView bytes, Framing framing);

// What tells two values of a part apart, 16 bytes for any size; `invalid` where the part cannot be sent.
Result<Id128> digest(const AgentDescription& part);
Result<Id128> digest(const ComponentHealth& part);
Result<Id128> digest(const EffectiveConfig& part);
Result<Id128> digest(const RemoteConfigStatus& part);
Result<Id128> digest(const ConnectionSettingsStatus& part);
Result<Id128> digest(const CustomCapabilities& part);

// The bytes of a message that goes out, as checked before it is queued.
Result<std::size_t> encoded_bytes(const CustomMessage& part);

}  // namespace tidegate::opamp
