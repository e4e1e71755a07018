// Whatever a server or an agent sends, as WebSocket message. What is taken can be sent again, and reads back as the same; and
// neither session breaks, or grows, or answers without end.
#include <cstddef>
#include <cstdint>

#include "agent/edges/opamp_mapping.h"
#include "base/check.h"
#include "processor/fleet/sensor_requests.h"
#include "transport/opamp_codec.h"
#include "transport/opamp_server_session.h"
#include "transport/opamp_session.h"

namespace {

using namespace tidegate;
using opamp::Framing;

constexpr std::size_t error_bytes_max = 256;

// The bytes of what was read, read again: they say the same. A number that is none equals nothing, so bytes are compared.
template <class Message, class Decode>
void round_trip(const Message& message, Decode decode) {
  const Result<Bytes> once = opamp::encode(message, Framing::websocket);
  if (!once) {
    TG_ASSERT(once.error().text().find(" bytes") != std::string::npos, "only what grew in its canonical form cannot be sent");
    return;
  }
  const Result<Message> read = decode(*once, Framing::websocket);
  TG_ASSERT(read.has_value(), "what we write can be read");
  const Result<Bytes> twice = opamp::encode(*read, Framing::websocket);
  TG_ASSERT(twice && *once == *twice, "what was written reads back as it was");
}

void to_agent(ByteView bytes) {
  const Result<opamp::ServerToAgent> message = opamp::decode_server_to_agent(bytes, Framing::websocket);
  if (!message) {
    TG_ASSERT(message.error().code() == Code::corrupt && message.error().text().size() <= error_bytes_max, "an error is short");
    return;
  }
  round_trip(*message, opamp::decode_server_to_agent);

  SteadyTime now{std::chrono::hours{1}};
  OpampSession session{Id128{.high = 0x0190163d87f47991u, .low = 0x9dbcc55771b5bf61u}, 0xbf07, {}};
  TG_ASSERT(session.set_custom_capabilities({.capabilities = {"com.example.act/v1"}}).has_value(), "a list is taken");
  TG_ASSERT(session.queue_custom({.capability = "com.example.act/v1", .type = "done", .data = "1"}).has_value(), "a message waits");
  session.request_certificate("PEM");
  session.connected(now);
  int sent = 0;
  for (int round = 0; round < 20; ++round) {
    while (const auto next = session.next(now)) {
      TG_ASSERT(opamp::encode(*next, Framing::websocket).has_value(), "what a session says can be sent");
      ++sent;
      TG_ASSERT(sent <= 10, "a server that says the same again is not answered again");
    }
    const Result<std::vector<OpampEvent>> events = session.on_message(*message, now);
    TG_ASSERT(!events || events->size() <= 8, "a message means a few events");
  }
}

void to_server(ByteView bytes) {
  const Result<opamp::AgentToServer> message = opamp::decode_agent_to_server(bytes, Framing::websocket);
  if (!message) {
    TG_ASSERT(message.error().code() == Code::corrupt && message.error().text().size() <= error_bytes_max, "an error is short");
    return;
  }
  round_trip(*message, opamp::decode_agent_to_server);

  const OpampServerIdentity identity{.capabilities = 0x67, .custom_capabilities = {.capabilities = {"com.example.act/v1"}}};
  OpampServerSession session{identity, {}};
  session.connected();
  session.want_config("wanted");
  TG_ASSERT(session.queue_custom({.capability = "com.example.act/v1", .type = "run", .data = "1"}).has_value(), "a message waits");
  int asked = 0;
  for (int round = 0; round < 20; ++round) {
    const OpampServerTurn turn = session.on_message(*message);
    TG_ASSERT(opamp::encode(turn.reply.message, Framing::websocket).has_value(), "every answer can be sent");
    TG_ASSERT(!turn.reply.offers_config || session.reported_config() != "wanted", "what is reported is not offered");
    if (turn.reply.message.flags != 0) ++asked;
    for (int more = 0; session.next(); ++more) TG_ASSERT(more < 4, "what is pushed ends");
  }
  TG_ASSERT(asked <= 3, "nobody is asked for everything again and again");
}

// What custom messages carry: requests of the processor, answers of a sensor.
void carried(ByteView bytes) {
  opamp::CustomMessage message;
  message.capability = requests_capability;
  message.type = "request";
  message.data = bytes;
  const std::optional<Command> command = command_of(message);
  TG_ASSERT(!command || !command->id.empty(), "a request has an id");
  const Result<SensorAnswer> answer = read_answer(bytes);
  TG_ASSERT(!answer || answer->outcome.body.size() <= bytes.size(), "an answer is what came");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes{reinterpret_cast<const char*>(data), size};
  to_agent(bytes);
  to_server(bytes);
  carried(bytes);
  return 0;
}
