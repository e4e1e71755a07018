#include "transport/opamp_codec.h"

#include "transport/opamp_visitors.h"

namespace tidegate::opamp {

namespace {

constexpr char websocket_header = '\0';

template <class M>
Result<Bytes> write(const M& message, std::size_t bytes_max) {
  Walk walk;
  Bytes out;
  Writer writer{out, walk};
  fields(writer, message);
  if (!walk.failed() && out.size() > bytes_max) walk.failure.set("", more_than(bytes_max, "bytes"));
  if (walk.failed()) return Error{Code::invalid, walk.failure.text()};
  return out;
}

template <class M>
Result<Bytes> write_framed(const M& message, Framing framing, std::string_view name) {
  Result<Bytes> out = write(message, message_bytes_max);
  if (!out) return std::move(out).error().in(name);
  if (framing == Framing::websocket) out->insert(out->begin(), websocket_header);
  return out;
}

template <class M>
Result<M> read(ByteView bytes, Framing framing, std::string_view name) {
  const auto corrupt = [&](std::string why) { return Error{Code::corrupt, std::move(why)}.in(name); };
  if (framing == Framing::websocket) {
    if (bytes.empty() || bytes.front() != websocket_header) return corrupt("header: not 0");
    bytes.remove_prefix(1);
  }
  if (bytes.size() > message_bytes_max) return corrupt(more_than(message_bytes_max, "bytes"));
  Walk walk;
  M message;
  read_message(walk, bytes, message);
  if (walk.failed()) return corrupt(walk.failure.text());
  return message;
}

template <class Part>
Result<Id128> digest_of(const Part& part, std::size_t bytes_max, std::string_view name) {
  const Result<Bytes> bytes = write(part, bytes_max);
  if (!bytes) return Error{bytes.error()}.in(name);
  return hash128(*bytes);
}

template <class Part>
Result<std::size_t> bytes_of(const Part& part, std::size_t bytes_max, std::string_view name) {
  const Result<Bytes> bytes = write(part, bytes_max);
  if (!bytes) return Error{bytes.error()}.in(name);
  return bytes->size();
}

}  // namespace

// A oneof is written whenever it is set, also when it is empty: that it is set means something.
void Writer::one_of(const decltype(AnyValue::value)& value) {
  if (const auto* text_value = std::get_if<std::string>(&value)) {
    put_bounded(1, "string_value", utf8_within(*text_value, text_bytes_max), text_bytes_max);
  } else if (const auto* bool_value = std::get_if<bool>(&value)) {
    put_wire_tag(out_, 2, WireType::varint);
    put_varint(out_, *bool_value ? 1 : 0);
  } else if (const auto* int_value = std::get_if<std::int64_t>(&value)) {
    put_wire_tag(out_, 3, WireType::varint);
    put_varint(out_, static_cast<std::uint64_t>(*int_value));
  } else if (const auto* double_value = std::get_if<double>(&value)) {
    put_wire_tag(out_, 4, WireType::fixed64);
    put_wire_fixed64(out_, std::bit_cast<std::uint64_t>(*double_value));
  } else if (const auto* array_value = std::get_if<ArrayValue>(&value)) {
    message(5, "array_value", *array_value, message_bytes_max);
  } else if (const auto* list_value = std::get_if<KeyValueList>(&value)) {
    message(6, "kvlist_value", *list_value, message_bytes_max);
  } else if (const auto* bytes_value = std::get_if<BytesValue>(&value)) {
    put_bounded(7, "bytes_value", bytes_value->bytes, text_bytes_max);
  }
}

void Reader::one_of(decltype(AnyValue::value)& value) {
  if (is(1, WireType::bytes)) {
    if (utf8("string_value")) value = utf8_within(field_.bytes, text_bytes_max);
  } else if (is(2, WireType::varint)) {
    value = field_.value != 0;
  } else if (is(3, WireType::varint)) {
    value = static_cast<std::int64_t>(field_.value);
  } else if (is(4, WireType::fixed64)) {
    value = std::bit_cast<double>(field_.value);
  } else if (is(5, WireType::bytes)) {
    if (!std::holds_alternative<ArrayValue>(value)) value.emplace<ArrayValue>();
    take("array_value", std::get<ArrayValue>(value));
  } else if (is(6, WireType::bytes)) {
    if (!std::holds_alternative<KeyValueList>(value)) value.emplace<KeyValueList>();
    take("kvlist_value", std::get<KeyValueList>(value));
  } else if (within(7, "bytes_value", text_bytes_max)) {
    value = BytesValue{Bytes{field_.bytes}};
  }
}

Result<Bytes> encode(const AgentToServer& message, Framing framing) { return write_framed(message, framing, "AgentToServer"); }
Result<Bytes> encode(const ServerToAgent& message, Framing framing) { return write_framed(message, framing, "ServerToAgent"); }

Result<AgentToServer> decode_agent_to_server(ByteView bytes, Framing framing) {
  return read<AgentToServer>(bytes, framing, "AgentToServer");
}
Result<ServerToAgent> decode_server_to_agent(ByteView bytes, Framing framing) {
  return read<ServerToAgent>(bytes, framing, "ServerToAgent");
}

Result<Id128> digest(const AgentDescription& part) { return digest_of(part, description_bytes_max, "agent_description"); }
Result<Id128> digest(const ComponentHealth& part) { return digest_of(part, health_bytes_max, "health"); }
Result<Id128> digest(const EffectiveConfig& part) { return digest_of(part, config_bytes_max, "effective_config"); }
Result<Id128> digest(const RemoteConfigStatus& part) { return digest_of(part, status_bytes_max, "remote_config_status"); }
Result<Id128> digest(const ConnectionSettingsStatus& part) {
  return digest_of(part, status_bytes_max, "connection_settings_status");
}
Result<Id128> digest(const CustomCapabilities& part) { return digest_of(part, capabilities_bytes_max, "custom_capabilities"); }

Result<std::size_t> encoded_bytes(const CustomMessage& part) { return bytes_of(part, custom_bytes_max, "custom_message"); }

}  // namespace tidegate::opamp
