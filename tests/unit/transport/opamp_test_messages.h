// Messages with every field set, and bytes from hexadecimal text with blanks.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/id128.h"
#include "transport/opamp_messages.h"

namespace tidegate::opamp_test {

inline constexpr Id128 instance{.high = 0x0190163d87f47991u, .low = 0x9dbcc55771b5bf61u};
inline constexpr std::uint64_t all_capabilities = 0xbf07;  // of an agent
inline constexpr const char* act = "com.example.act/v1";

inline Bytes from_hex(std::string_view text) {
  Bytes bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ' || c == '\n') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<char>(high * 16 + digit));
      high = -1;
    }
  }
  return bytes;
}

inline opamp::KeyValue attribute(std::string key, std::string value) {
  opamp::KeyValue attribute{.key = std::move(key), .value = {}};
  attribute.value.value = std::move(value);
  return attribute;
}

inline opamp::AgentDescription description() {
  opamp::AgentDescription made;
  made.identifying_attributes.push_back(attribute("service.name", "tidegate-agent"));
  opamp::ArrayValue array;
  array.values.resize(5);
  array.values[1].value = true;
  array.values[2].value = std::int64_t{-7};
  array.values[3].value = 0.5;
  array.values[4].value = opamp::BytesValue{Bytes{"\xff\x00", 2}};
  opamp::KeyValueList list;
  list.values.push_back(attribute("empty", ""));
  list.values.push_back({.key = "array", .value = {}});
  list.values.back().value.value = array;
  made.non_identifying_attributes.push_back({.key = "list", .value = {}});
  made.non_identifying_attributes.back().value.value = list;
  made.non_identifying_attributes.push_back({.key = "unset", .value = {}});
  return made;
}

inline opamp::ComponentHealth health() {
  opamp::ComponentHealth lane{.healthy = false,
                              .start_time_unix_nano = 0,
                              .last_error = "refused",
                              .status = "auth_failed",
                              .status_time_unix_nano = 1,
                              .component_health_map = {},
                              .attributes = {attribute("lane", "alerts")}};
  return {.healthy = true,
          .start_time_unix_nano = 0xfedcba9876543210u,
          .last_error = {},
          .status = "healthy",
          .status_time_unix_nano = 2,
          .component_health_map = {{"", lane}, {"acme", lane}},
          .attributes = {}};
}

inline opamp::AgentConfigMap config(std::string body) {
  return {.config_map = {{"connectors.yaml", {.body = std::move(body), .content_type = "text/yaml"}}}};
}

// That reports nothing.
inline opamp::AgentToServer bare(std::uint64_t sequence, std::uint64_t capabilities = all_capabilities) {
  opamp::AgentToServer message;
  message.instance_uid = instance;
  message.sequence_num = sequence;
  message.capabilities = capabilities;
  return message;
}

inline opamp::AgentToServer every_field_to_server() {
  opamp::AgentToServer message;
  message.instance_uid = instance;
  message.sequence_num = 0xffffffffffffffffu;
  message.agent_description = description();
  message.capabilities = 0xbd07;
  message.health = health();
  message.effective_config = opamp::EffectiveConfig{.config_map = config("a: 1")};
  message.remote_config_status = opamp::RemoteConfigStatus{.last_remote_config_hash = Bytes{"\x00\xff", 2},
                                                           .status = opamp::ApplyStatus::failed,
                                                           .error_message = "line 3: no such key"};
  message.agent_disconnect.emplace();
  message.flags = opamp::request_instance_uid_flag;
  message.connection_settings_request.emplace().opamp.emplace().certificate_request = opamp::CertificateRequest{.csr = "PEM"};
  message.custom_capabilities = opamp::CustomCapabilities{.capabilities = {"com.example.act/v1", ""}};
  message.custom_message = opamp::CustomMessage{.capability = "com.example.act/v1", .type = "done", .data = Bytes{"\x00\x01", 2}};
  message.connection_settings_status = opamp::ConnectionSettingsStatus{
      .last_connection_settings_hash = "h", .status = opamp::ApplyStatus::applied, .error_message = {}};
  return message;
}

inline opamp::ServerToAgent every_field_to_agent() {
  opamp::Headers headers;
  headers.headers.push_back({.key = "Authorization", .value = Secret{"Bearer planted"}});
  const opamp::TlsCertificate certificate{.cert = "CERT", .private_key = Secret{"KEY"}, .ca_cert = "CA"};
  const opamp::TlsConnectionSettings tls{.ca_pem_contents = "PEM",
                                         .include_system_ca_certs_pool = true,
                                         .insecure_skip_verify = true,
                                         .min_version = "1.2",
                                         .max_version = "1.3",
                                         .cipher_suites = {"A", "B"}};
  opamp::ServerToAgent message;
  message.instance_uid = instance;
  message.error_response = opamp::ServerErrorResponse{
      .type = opamp::ErrorType::unavailable, .error_message = "busy", .retry_info = opamp::RetryInfo{.retry_after_nanoseconds = 5}};
  message.remote_config = opamp::AgentRemoteConfig{.config = config("b: 2"), .config_hash = Bytes{"\x01\x02"}};
  opamp::ConnectionSettingsOffers& offers = message.connection_settings.emplace();
  offers.hash = "settings";
  offers.opamp = opamp::OpampConnectionSettings{.destination_endpoint = "wss://dp1.example.net:4320/v1/opamp",
                                                .headers = headers,
                                                .certificate = certificate,
                                                .heartbeat_interval_seconds = 60,
                                                .tls = tls};
  offers.other_connections["siem"] = opamp::OtherConnectionSettings{.destination_endpoint = "https://siem.example.net",
                                                                    .headers = headers,
                                                                    .certificate = certificate,
                                                                    .other_settings = {{"index", Secret{"main"}}, {"none", {}}},
                                                                    .tls = tls};
  message.flags = opamp::report_full_state_flag;
  message.capabilities = 0x67;
  message.agent_identification = opamp::AgentIdentification{.new_instance_uid = Id128{.high = 1, .low = 2}};
  message.command = opamp::Command{.type = static_cast<opamp::CommandType>(-3)};
  message.custom_capabilities = opamp::CustomCapabilities{.capabilities = {"com.example.act/v1"}};
  message.custom_message = opamp::CustomMessage{.capability = "com.example.act/v1", .type = "run", .data = "now"};
  return message;
}

}  // namespace tidegate::opamp_test
