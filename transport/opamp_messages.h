// The messages of OpAMP as plain structs: AgentToServer, ServerToAgent and their parts, without packages, own telemetry,
// available components and proxy settings. Values: copied, compared, never printed whole (a part may carry what an operator must
// not see). A part that is absent means "unchanged"; a number that is 0 and a text that is empty are not told from unset ones.
// Enumerations are open: a peer newer than us may send any number, and whoever looks at one has an answer for the rest.
//
// Source: OpAMP specification 0.18, "Messages". Bytes: opamp_codec.h. Thread: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/id128.h"
#include "base/secret.h"

namespace tidegate::opamp {

namespace agent_capability {
inline constexpr std::uint64_t reports_status = 0x1;  // must
inline constexpr std::uint64_t accepts_remote_config = 0x2;
inline constexpr std::uint64_t reports_effective_config = 0x4;
inline constexpr std::uint64_t accepts_opamp_connection_settings = 0x100;
inline constexpr std::uint64_t accepts_other_connection_settings = 0x200;
inline constexpr std::uint64_t accepts_restart_command = 0x400;
inline constexpr std::uint64_t reports_health = 0x800;
inline constexpr std::uint64_t reports_remote_config = 0x1000;
inline constexpr std::uint64_t reports_heartbeat = 0x2000;
inline constexpr std::uint64_t reports_connection_settings_status = 0x8000;
}  // namespace agent_capability

namespace server_capability {
inline constexpr std::uint64_t accepts_status = 0x1;  // must
inline constexpr std::uint64_t offers_remote_config = 0x2;
inline constexpr std::uint64_t accepts_effective_config = 0x4;
inline constexpr std::uint64_t offers_connection_settings = 0x20;
inline constexpr std::uint64_t accepts_connection_settings_request = 0x40;
}  // namespace server_capability

inline constexpr std::uint64_t request_instance_uid_flag = 1;  // AgentToServer
inline constexpr std::uint64_t report_full_state_flag = 1;     // ServerToAgent

struct AnyValue;
struct KeyValue;

struct ArrayValue {
  std::vector<AnyValue> values;
  bool operator==(const ArrayValue&) const;
};

struct KeyValueList {
  std::vector<KeyValue> values;
  bool operator==(const KeyValueList&) const;
};

// Bytes that are no text; a type of its own, because Bytes and std::string are one.
struct BytesValue {
  Bytes bytes;
  bool operator==(const BytesValue&) const = default;
};

struct AnyValue {
  std::variant<std::monostate, std::string, bool, std::int64_t, double, ArrayValue, KeyValueList, BytesValue> value;
  bool operator==(const AnyValue&) const = default;
};

struct KeyValue {
  std::string key;
  AnyValue value;
  bool operator==(const KeyValue&) const = default;
};

inline bool ArrayValue::operator==(const ArrayValue&) const = default;
inline bool KeyValueList::operator==(const KeyValueList&) const = default;

struct AgentDescription {
  std::vector<KeyValue> identifying_attributes;
  std::vector<KeyValue> non_identifying_attributes;
  bool operator==(const AgentDescription&) const = default;
};

struct ComponentHealth {
  bool healthy = false;
  std::uint64_t start_time_unix_nano = 0;  // 0: not running
  std::string last_error;
  std::string status;
  std::uint64_t status_time_unix_nano = 0;
  std::map<std::string, ComponentHealth> component_health_map;
  std::vector<KeyValue> attributes;
  bool operator==(const ComponentHealth&) const;
};

inline bool ComponentHealth::operator==(const ComponentHealth&) const = default;

struct AgentConfigFile {
  Bytes body;
  std::string content_type;
  bool operator==(const AgentConfigFile&) const = default;
};

// By name; a single file should have the name "".
struct AgentConfigMap {
  std::map<std::string, AgentConfigFile> config_map;
  bool operator==(const AgentConfigMap&) const = default;
};

// What the agent runs with, without secrets: servers show it.
struct EffectiveConfig {
  std::optional<AgentConfigMap> config_map;
  bool operator==(const EffectiveConfig&) const = default;
};

struct AgentRemoteConfig {
  std::optional<AgentConfigMap> config;
  Bytes config_hash;  // the server's: stored and compared, never computed by the agent
  bool operator==(const AgentRemoteConfig&) const = default;
};

enum class ApplyStatus : std::int32_t { unset = 0, applied = 1, applying = 2, failed = 3 };

struct RemoteConfigStatus {
  Bytes last_remote_config_hash;
  ApplyStatus status = ApplyStatus::unset;
  std::string error_message;
  bool operator==(const RemoteConfigStatus&) const = default;
};

struct ConnectionSettingsStatus {
  Bytes last_connection_settings_hash;
  ApplyStatus status = ApplyStatus::unset;
  std::string error_message;
  bool operator==(const ConnectionSettingsStatus&) const = default;
};

struct Header {
  std::string key;
  Secret value;
  bool operator==(const Header&) const = default;
};

struct Headers {
  std::vector<Header> headers;
  bool operator==(const Headers&) const = default;
};

struct TlsCertificate {
  Bytes cert;          // PEM
  Secret private_key;  // PEM; empty where the agent made the key
  Bytes ca_cert;       // PEM; no authority by itself
  bool operator==(const TlsCertificate&) const = default;
};

struct TlsConnectionSettings {
  std::string ca_pem_contents;
  bool include_system_ca_certs_pool = false;
  bool insecure_skip_verify = false;
  std::string min_version;
  std::string max_version;
  std::vector<std::string> cipher_suites;
  bool operator==(const TlsConnectionSettings&) const = default;
};

struct OpampConnectionSettings {
  std::string destination_endpoint;
  std::optional<Headers> headers;
  std::optional<TlsCertificate> certificate;  // none: stop using one
  std::uint64_t heartbeat_interval_seconds = 0;
  std::optional<TlsConnectionSettings> tls;
  bool operator==(const OpampConnectionSettings&) const = default;
};

struct OtherConnectionSettings {
  std::string destination_endpoint;
  std::optional<Headers> headers;
  std::optional<TlsCertificate> certificate;
  std::map<std::string, Secret> other_settings;
  std::optional<TlsConnectionSettings> tls;
  bool operator==(const OtherConnectionSettings&) const = default;
};

struct ConnectionSettingsOffers {
  Bytes hash;
  std::optional<OpampConnectionSettings> opamp;
  std::map<std::string, OtherConnectionSettings> other_connections;
  bool operator==(const ConnectionSettingsOffers&) const = default;
};

struct CertificateRequest {
  Bytes csr;  // PKCS#10, PEM
  bool operator==(const CertificateRequest&) const = default;
};

struct OpampConnectionSettingsRequest {
  std::optional<CertificateRequest> certificate_request;
  bool operator==(const OpampConnectionSettingsRequest&) const = default;
};

struct ConnectionSettingsRequest {
  std::optional<OpampConnectionSettingsRequest> opamp;
  bool operator==(const ConnectionSettingsRequest&) const = default;
};

struct CustomCapabilities {
  std::vector<std::string> capabilities;
  bool operator==(const CustomCapabilities&) const = default;
};

// No acknowledgement, no id, no repetition: whoever needs them has them in `data`.
struct CustomMessage {
  std::string capability;
  std::string type;
  Bytes data;
  bool operator==(const CustomMessage&) const = default;
};

struct AgentDisconnect {
  bool operator==(const AgentDisconnect&) const = default;
};

enum class ErrorType : std::int32_t { unknown = 0, bad_request = 1, unavailable = 2 };

struct RetryInfo {
  std::uint64_t retry_after_nanoseconds = 0;
  bool operator==(const RetryInfo&) const = default;
};

struct ServerErrorResponse {
  ErrorType type = ErrorType::unknown;
  std::string error_message;
  std::optional<RetryInfo> retry_info;
  bool operator==(const ServerErrorResponse&) const = default;
};

struct AgentIdentification {
  std::optional<Id128> new_instance_uid;
  bool operator==(const AgentIdentification&) const = default;
};

enum class CommandType : std::int32_t { restart = 0 };

struct Command {
  CommandType type = CommandType::restart;
  bool operator==(const Command&) const = default;
};

struct AgentToServer {
  std::optional<Id128> instance_uid;  // must be set; a message without one is well-formed all the same
  std::uint64_t sequence_num = 0;
  std::optional<AgentDescription> agent_description;
  std::uint64_t capabilities = 0;
  std::optional<ComponentHealth> health;
  std::optional<EffectiveConfig> effective_config;
  std::optional<RemoteConfigStatus> remote_config_status;
  std::optional<AgentDisconnect> agent_disconnect;
  std::uint64_t flags = 0;
  std::optional<ConnectionSettingsRequest> connection_settings_request;
  std::optional<CustomCapabilities> custom_capabilities;
  std::optional<CustomMessage> custom_message;
  std::optional<ConnectionSettingsStatus> connection_settings_status;
  bool operator==(const AgentToServer&) const = default;
};

struct ServerToAgent {
  std::optional<Id128> instance_uid;
  std::optional<ServerErrorResponse> error_response;  // excludes all that follows
  std::optional<AgentRemoteConfig> remote_config;
  std::optional<ConnectionSettingsOffers> connection_settings;
  std::uint64_t flags = 0;
  std::uint64_t capabilities = 0;  // 0 after the first message: unchanged
  std::optional<AgentIdentification> agent_identification;
  std::optional<Command> command;  // alone with instance_uid and capabilities
  std::optional<CustomCapabilities> custom_capabilities;
  std::optional<CustomMessage> custom_message;
  bool operator==(const ServerToAgent&) const = default;
};

inline bool lists(const CustomCapabilities& capabilities, std::string_view capability) {
  for (const std::string& each : capabilities.capabilities) {
    if (each == capability) return true;
  }
  return false;
}

}  // namespace tidegate::opamp
