#include "transport/opamp_codec.h"

#include <gtest/gtest.h>

#include "tests/unit/transport/opamp_test_messages.h"
#include "transport/protobuf_wire.h"

namespace tidegate::opamp {
namespace {

using namespace opamp_test;

constexpr const char* uid_hex = "0a10 0190163d87f479919dbcc55771b5bf61";

void expect_bytes(const Result<Bytes>& encoded, const std::string& hex) {
  ASSERT_TRUE(encoded);
  EXPECT_EQ(*encoded, from_hex(hex));
}

// Puts `inner` under the fields of `path`, the outermost first.
Bytes under(std::initializer_list<std::uint32_t> path, Bytes inner) {
  for (auto field = std::rbegin(path); field != std::rend(path); ++field) {
    Bytes outer;
    put_wire_bytes(outer, *field, inner);
    inner = outer;
  }
  return inner;
}

std::string why_corrupt(const Bytes& bytes) {
  const Result<AgentToServer> message = decode_agent_to_server(bytes, Framing::http);
  if (message) return "taken";
  EXPECT_EQ(message.error().code(), Code::corrupt);
  return message.error().text();
}

TEST(OpampCodec, AHeartbeatIsTheVectorOfTheProtocol) {
  const std::string hex = std::string{"00"} + uid_hex + "1001 208770";
  expect_bytes(encode(bare(1, 0x3807), Framing::websocket), hex);
  const auto read = decode_agent_to_server(from_hex(hex), Framing::websocket);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, bare(1, 0x3807));
}

TEST(OpampCodec, AnAppliedConfigurationIsTheVectorOfTheProtocol) {
  AgentToServer message = bare(2, 0x1807);
  message.remote_config_status =
      RemoteConfigStatus{.last_remote_config_hash = "\x01\x02", .status = ApplyStatus::applied, .error_message = {}};
  expect_bytes(encode(message, Framing::websocket), std::string{"00"} + uid_hex + "1002 208730 3a06 0a020102 1001");
}

TEST(OpampCodec, AFarewellIsTheVectorOfTheProtocol) {
  AgentToServer message = bare(3, 0x1807);
  message.agent_disconnect.emplace();
  const std::string hex = std::string{"00"} + uid_hex + "1003 208730 4a00";
  expect_bytes(encode(message, Framing::websocket), hex);
  EXPECT_TRUE(decode_agent_to_server(from_hex(hex), Framing::websocket)->agent_disconnect);
}

TEST(OpampCodec, ACustomMessageIsTheVectorOfTheProtocol) {
  ServerToAgent message;
  message.instance_uid = instance;
  message.custom_message = CustomMessage{.capability = "com.example.act/v1", .type = "run", .data = "\x01"};
  expect_bytes(encode(message, Framing::websocket),
               std::string{"00"} + uid_hex + "5a1c 0a12 636f6d2e6578616d706c652e6163742f7631 1203 72756e 1a01 01");
}

TEST(OpampCodec, AnOfferIsTheVectorOfTheProtocol) {
  ServerToAgent message;
  message.instance_uid = instance;
  message.remote_config.emplace().config.emplace().config_map[""] = {.body = "a: 1", .content_type = "text/yaml"};
  message.remote_config->config_hash = "\x01\x02";
  message.capabilities = 7;
  const std::string hex =
      std::string{"00"} + uid_hex + "1a1d 0a17 0a15 0a00 1211 0a04 613a2031 1209 746578742f79616d6c 1202 0102 3807";
  expect_bytes(encode(message, Framing::websocket), hex);
  const auto read = decode_server_to_agent(from_hex(hex), Framing::websocket);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, message);
}

TEST(OpampCodec, EveryFieldReadsBackAsItWasWritten) {
  for (const Framing framing : {Framing::websocket, Framing::http}) {
    const auto up = encode(every_field_to_server(), framing);
    ASSERT_TRUE(up) << up.error().text();
    const auto up_read = decode_agent_to_server(*up, framing);
    ASSERT_TRUE(up_read) << up_read.error().text();
    EXPECT_EQ(*up_read, every_field_to_server());

    const auto down = encode(every_field_to_agent(), framing);
    ASSERT_TRUE(down) << down.error().text();
    const auto down_read = decode_server_to_agent(*down, framing);
    ASSERT_TRUE(down_read) << down_read.error().text();
    EXPECT_EQ(*down_read, every_field_to_agent());
  }
}

TEST(OpampCodec, AMessageCutAnywhereNeverReadsBackAsTheWhole) {
  const Bytes whole = *encode(every_field_to_server(), Framing::http);
  ASSERT_GT(whole.size(), 100u);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = decode_agent_to_server(ByteView{whole}.substr(0, size), Framing::http);
    EXPECT_FALSE(read && *read == every_field_to_server()) << size;
  }
}

TEST(OpampCodec, OnWebSocketTheHeaderIsOneZeroAndNothingElse) {
  EXPECT_EQ(*decode_agent_to_server(Bytes(1, '\0'), Framing::websocket), AgentToServer{});
  EXPECT_EQ(*decode_agent_to_server("", Framing::http), AgentToServer{});
  const Bytes message = *encode(bare(1, 1), Framing::http);
  for (const Bytes& bytes : {Bytes{}, message, "\x01" + message, Bytes{"\x80\x00", 2} + message}) {
    const auto read = decode_agent_to_server(bytes, Framing::websocket);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), (Error{Code::corrupt, "AgentToServer: header: not 0"}));
  }
}

TEST(OpampCodec, AnInstanceHasSixteenBytes) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{15}, std::size_t{17}, std::size_t{32}})
    EXPECT_EQ(why_corrupt(under({1}, Bytes(size, 'x'))), "AgentToServer: instance_uid: not 16 bytes");
  const auto down = decode_server_to_agent(under({8, 1}, Bytes(15, 'x')), Framing::http);
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().text(), "ServerToAgent: agent_identification.new_instance_uid: not 16 bytes");
}

TEST(OpampCodec, FieldsThatAreNotOursAreSkipped) {
  Bytes bytes = *encode(bare(5, 7), Framing::http);
  put_wire_bytes(bytes, 8, "package statuses");
  put_wire_bytes(bytes, 14, "available components");
  put_wire_bytes(bytes, 2, "a sequence that is no number");
  put_wire_tag(bytes, 5000, WireType::varint);
  put_varint(bytes, 1);
  const auto read = decode_agent_to_server(bytes, Framing::http);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, bare(5, 7));
}

TEST(OpampCodec, APartThatComesTwiceIsMergedAndANumberIsTheLast) {
  Bytes bytes = under({7, 1}, "hash") + from_hex("1001 1002") + under({7}, from_hex("1003"));
  const auto read = decode_agent_to_server(bytes, Framing::http);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->sequence_num, 2u);
  EXPECT_EQ(read->remote_config_status->last_remote_config_hash, "hash");
  EXPECT_EQ(read->remote_config_status->status, ApplyStatus::failed);
}

TEST(OpampCodec, WhatIsCorruptNamesItsField) {
  EXPECT_EQ(why_corrupt(under({6, 1, 1, 2, 2}, "\xff")),
            "AgentToServer: effective_config.config_map.config_map.value.content_type: not UTF-8");
  EXPECT_EQ(why_corrupt(under({5, 6}, from_hex("1205 00"))), "AgentToServer: health.component_health_map: broken encoding");
  EXPECT_EQ(why_corrupt(under({5, 3}, "\xff")), "AgentToServer: health.last_error: not UTF-8");
  EXPECT_EQ(why_corrupt(under({7}, from_hex("0a05"))), "AgentToServer: remote_config_status: broken encoding");
  EXPECT_EQ(why_corrupt(from_hex("0b")), "AgentToServer: broken encoding");
}

TEST(OpampCodec, EveryBoundIsHeldAgainstAPeer) {
  EXPECT_EQ(why_corrupt(Bytes(message_bytes_max + 1, '\0')), "AgentToServer: more than 1048576 bytes");
  EXPECT_EQ(why_corrupt(under({7, 1}, Bytes(hash_bytes_max + 1, 'h'))),
            "AgentToServer: remote_config_status.last_remote_config_hash: more than 128 bytes");
  EXPECT_EQ(why_corrupt(under({3}, Bytes(description_bytes_max + 1, '\0'))),
            "AgentToServer: agent_description: more than 65536 bytes");
  EXPECT_EQ(why_corrupt(under({13, 1}, Bytes(name_bytes_max + 1, 'c'))),
            "AgentToServer: custom_message.capability: more than 256 bytes");
  Bytes capabilities;
  for (std::size_t i = 0; i <= custom_capabilities_max; ++i) put_wire_bytes(capabilities, 1, "c");
  EXPECT_EQ(why_corrupt(under({12}, capabilities)), "AgentToServer: custom_capabilities.capabilities: more than 32 entries");
  Bytes files;
  for (std::size_t i = 0; i <= config_files_max; ++i) put_wire_bytes(files, 1, under({1}, "f" + std::to_string(i)));
  EXPECT_EQ(why_corrupt(under({6, 1}, files)), "AgentToServer: effective_config.config_map.config_map: more than 64 entries");
}

TEST(OpampCodec, NestingIsBounded) {
  const auto health_of_depth = [](std::size_t depth) {
    Bytes inner;
    for (std::size_t i = 1; i < depth; ++i) inner = under({6, 2}, inner);
    return under({5}, inner);
  };
  EXPECT_EQ(why_corrupt(health_of_depth(health_depth_max)), "taken");
  EXPECT_NE(why_corrupt(health_of_depth(health_depth_max + 1)).find("nested more than 8 deep"), std::string::npos);

  const auto value_of_depth = [](std::size_t depth) {
    Bytes inner;
    for (std::size_t i = 1; i < depth; ++i) inner = under({5, 1}, inner);
    return under({3, 1, 2}, inner);
  };
  EXPECT_EQ(why_corrupt(value_of_depth(value_depth_max)), "taken");
  EXPECT_NE(why_corrupt(value_of_depth(value_depth_max + 1)).find("nested more than 8 deep"), std::string::npos);
}

TEST(OpampCodec, ThousandsOfEmptyEntriesAreRefusedBeforeTheyCostMemory) {
  Bytes values;
  for (std::size_t i = 0; i < values_max; ++i) values += from_hex("0a00");
  Bytes attributes;
  for (std::size_t i = 0; i < attributes_max; ++i) attributes += under({1, 2, 5}, values);
  ASSERT_GT(attributes_max * values_max, entries_max);
  EXPECT_EQ(why_corrupt(under({3}, attributes)), "AgentToServer: agent_description: more than 65536 bytes");
  Bytes components;
  for (std::size_t i = 0; i < components_max; ++i) {
    Bytes entry;
    put_wire_bytes(entry, 1, std::to_string(i));
    put_wire_bytes(entry, 2, under({7, 2, 5}, values.substr(0, 400)));
    put_wire_bytes(components, 6, entry);
  }
  EXPECT_NE(why_corrupt(under({5}, components)).find("more than 16384 entries in the whole message"), std::string::npos);
}

TEST(OpampCodec, WhatBreaksABoundIsNotSentAndSaysWhy) {
  AgentToServer message = bare(1, 1);
  message.custom_message = CustomMessage{.capability = std::string(name_bytes_max + 1, 'c'), .type = {}, .data = {}};
  auto encoded = encode(message, Framing::http);
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error(), (Error{Code::invalid, "AgentToServer: custom_message.capability: more than 256 bytes"}));

  message.custom_message = CustomMessage{.capability = "\xff", .type = {}, .data = {}};
  encoded = encode(message, Framing::http);
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().text(), "AgentToServer: custom_message.capability: not UTF-8");

  message = bare(1, 1);
  message.health.emplace();
  ComponentHealth* deepest = &*message.health;
  for (std::size_t i = 0; i < health_depth_max; ++i) deepest = &deepest->component_health_map["c"];
  encoded = encode(message, Framing::http);
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code(), Code::invalid);
}

TEST(OpampCodec, FreeTextThatIsTooLongOrNoTextGetsThroughAllTheSame) {
  AgentToServer message = bare(1, 1);
  message.health.emplace().last_error = "proxy said \xff" + std::string(text_bytes_max, 'x');
  const auto encoded = encode(message, Framing::http);
  ASSERT_TRUE(encoded) << encoded.error().text();
  const auto read = decode_agent_to_server(*encoded, Framing::http);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->health->last_error.size(), text_bytes_max);
  EXPECT_TRUE(read->health->last_error.starts_with("proxy said \xef\xbf\xbdx"));

  const auto foreign = decode_agent_to_server(under({5, 4}, std::string(text_bytes_max + 9, 'y')), Framing::http);
  ASSERT_TRUE(foreign);
  EXPECT_EQ(foreign->health->status.size(), text_bytes_max);
}

TEST(OpampCodec, TheLargestPartsThatGoTogetherFitAMessage) {
  EXPECT_LE(description_bytes_max + health_bytes_max + config_bytes_max + 2 * status_bytes_max + capabilities_bytes_max + 1024,
            message_bytes_max);
  EXPECT_LE(config_bytes_max + settings_bytes_max + capabilities_bytes_max + 2 * status_bytes_max + 1024, message_bytes_max);
  EXPECT_LE(description_bytes_max + custom_bytes_max + 2 * status_bytes_max + capabilities_bytes_max + 1024, message_bytes_max);
}

TEST(OpampCodec, ADigestTellsPartsApartAndRefusesWhatCannotBeSent) {
  EXPECT_EQ(*digest(health()), *digest(health()));
  ComponentHealth other = health();
  other.component_health_map["acme"].last_error += '.';
  EXPECT_NE(*digest(health()), *digest(other));
  const auto large = digest(EffectiveConfig{.config_map = config(std::string(config_bytes_max, 'x'))});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error(), (Error{Code::invalid, "effective_config: config_map: more than 524288 bytes"}));
}

TEST(OpampCodec, NoErrorShowsAValue) {
  ServerToAgent message = every_field_to_agent();
  message.connection_settings->opamp->headers->headers[0].value = Secret{"Bearer planted\xff"};
  const auto encoded = encode(message, Framing::http);
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().text(), "ServerToAgent: connection_settings.opamp.headers.headers.value: not UTF-8");
}

}  // namespace
}  // namespace tidegate::opamp
