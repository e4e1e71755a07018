// The one table of OpAMP's fields: for each message its fields by number, name, type and bound. The writer and the reader of
// opamp_codec.cc both walk it, so that they cannot differ. A visitor V has a method per type of field:
//
//   number, fixed, boolean, enumeration, id     scalars: not written when 0
//   string, secret, bytes                       at most so many bytes; strings are UTF-8
//   text                                        free text: cut to text_bytes_max; what is no UTF-8 is replaced when written
//   part                                        a message that may be absent
//   list, strings, map                          at most so many entries
//
// Source: OpAMP specification 0.18, "Messages"; opamp.proto says the same for protoc.
#pragma once

#include <type_traits>

#include "transport/opamp_limits.h"
#include "transport/opamp_messages.h"

namespace tidegate::opamp {

// T as the visitor takes it: the writer's is const.
template <class V, class T>
using Of = std::conditional_t<V::writes, const T, T>;

template <class V>
void fields(V& v, Of<V, KeyValue>& m) {
  v.string(1, "key", m.key, name_bytes_max);
  v.value(2, "value", m.value);
}

template <class V>
void fields(V& v, Of<V, ArrayValue>& m) {
  v.list(1, "values", m.values, values_max);
}

template <class V>
void fields(V& v, Of<V, KeyValueList>& m) {
  v.list(1, "values", m.values, values_max);
}

template <class V>
void fields(V& v, Of<V, AgentDescription>& m) {
  v.list(1, "identifying_attributes", m.identifying_attributes, attributes_max);
  v.list(2, "non_identifying_attributes", m.non_identifying_attributes, attributes_max);
}

template <class V>
void fields(V& v, Of<V, ComponentHealth>& m) {
  v.boolean(1, "healthy", m.healthy);
  v.fixed(2, "start_time_unix_nano", m.start_time_unix_nano);
  v.text(3, "last_error", m.last_error);
  v.text(4, "status", m.status);
  v.fixed(5, "status_time_unix_nano", m.status_time_unix_nano);
  v.map(6, "component_health_map", m.component_health_map, components_max);
  v.list(7, "attributes", m.attributes, attributes_max);
}

template <class V>
void fields(V& v, Of<V, AgentConfigFile>& m) {
  v.bytes(1, "body", m.body, config_bytes_max);
  v.string(2, "content_type", m.content_type, name_bytes_max);
}

template <class V>
void fields(V& v, Of<V, AgentConfigMap>& m) {
  v.map(1, "config_map", m.config_map, config_files_max);
}

template <class V>
void fields(V& v, Of<V, EffectiveConfig>& m) {
  v.part(1, "config_map", m.config_map, config_bytes_max);
}

template <class V>
void fields(V& v, Of<V, AgentRemoteConfig>& m) {
  v.part(1, "config", m.config, config_bytes_max);
  v.bytes(2, "config_hash", m.config_hash, hash_bytes_max);
}

template <class V>
void fields(V& v, Of<V, RemoteConfigStatus>& m) {
  v.bytes(1, "last_remote_config_hash", m.last_remote_config_hash, hash_bytes_max);
  v.enumeration(2, "status", m.status);
  v.text(3, "error_message", m.error_message);
}

template <class V>
void fields(V& v, Of<V, ConnectionSettingsStatus>& m) {
  v.bytes(1, "last_connection_settings_hash", m.last_connection_settings_hash, hash_bytes_max);
  v.enumeration(2, "status", m.status);
  v.text(3, "error_message", m.error_message);
}

template <class V>
void fields(V& v, Of<V, Header>& m) {
  v.string(1, "key", m.key, name_bytes_max);
  v.secret(2, "value", m.value, header_value_bytes_max);
}

template <class V>
void fields(V& v, Of<V, Headers>& m) {
  v.list(1, "headers", m.headers, headers_max);
}

template <class V>
void fields(V& v, Of<V, TlsCertificate>& m) {
  v.bytes(1, "cert", m.cert, pem_bytes_max);
  v.secret_bytes(2, "private_key", m.private_key, pem_bytes_max);
  v.bytes(3, "ca_cert", m.ca_cert, pem_bytes_max);
}

template <class V>
void fields(V& v, Of<V, TlsConnectionSettings>& m) {
  v.string(1, "ca_pem_contents", m.ca_pem_contents, pem_bytes_max);
  v.boolean(2, "include_system_ca_certs_pool", m.include_system_ca_certs_pool);
  v.boolean(3, "insecure_skip_verify", m.insecure_skip_verify);
  v.string(4, "min_version", m.min_version, name_bytes_max);
  v.string(5, "max_version", m.max_version, name_bytes_max);
  v.strings(6, "cipher_suites", m.cipher_suites, cipher_suites_max);
}

template <class V>
void fields(V& v, Of<V, OpampConnectionSettings>& m) {
  v.string(1, "destination_endpoint", m.destination_endpoint, endpoint_bytes_max);
  v.part(2, "headers", m.headers, settings_bytes_max);
  v.part(3, "certificate", m.certificate, settings_bytes_max);
  v.number(4, "heartbeat_interval_seconds", m.heartbeat_interval_seconds);
  v.part(5, "tls", m.tls, settings_bytes_max);
}

template <class V>
void fields(V& v, Of<V, OtherConnectionSettings>& m) {
  v.string(1, "destination_endpoint", m.destination_endpoint, endpoint_bytes_max);
  v.part(2, "headers", m.headers, settings_bytes_max);
  v.part(3, "certificate", m.certificate, settings_bytes_max);
  v.map(4, "other_settings", m.other_settings, settings_max);
  v.part(5, "tls", m.tls, settings_bytes_max);
}

template <class V>
void fields(V& v, Of<V, ConnectionSettingsOffers>& m) {
  v.bytes(1, "hash", m.hash, hash_bytes_max);
  v.part(2, "opamp", m.opamp, settings_bytes_max);
  v.map(6, "other_connections", m.other_connections, connections_max);
}

template <class V>
void fields(V& v, Of<V, CertificateRequest>& m) {
  v.bytes(1, "csr", m.csr, pem_bytes_max);
}

template <class V>
void fields(V& v, Of<V, OpampConnectionSettingsRequest>& m) {
  v.part(1, "certificate_request", m.certificate_request, settings_bytes_max);
}

template <class V>
void fields(V& v, Of<V, ConnectionSettingsRequest>& m) {
  v.part(1, "opamp", m.opamp, settings_bytes_max);
}

template <class V>
void fields(V& v, Of<V, CustomCapabilities>& m) {
  v.strings(1, "capabilities", m.capabilities, custom_capabilities_max);
}

template <class V>
void fields(V& v, Of<V, CustomMessage>& m) {
  v.string(1, "capability", m.capability, name_bytes_max);
  v.string(2, "type", m.type, name_bytes_max);
  v.bytes(3, "data", m.data, custom_bytes_max);
}

template <class V>
void fields(V&, Of<V, AgentDisconnect>&) {}

template <class V>
void fields(V& v, Of<V, RetryInfo>& m) {
  v.number(1, "retry_after_nanoseconds", m.retry_after_nanoseconds);
}

template <class V>
void fields(V& v, Of<V, ServerErrorResponse>& m) {
  v.enumeration(1, "type", m.type);
  v.text(2, "error_message", m.error_message);
  v.part(3, "retry_info", m.retry_info, status_bytes_max);
}

template <class V>
void fields(V& v, Of<V, AgentIdentification>& m) {
  v.id(1, "new_instance_uid", m.new_instance_uid);
}

template <class V>
void fields(V& v, Of<V, Command>& m) {
  v.enumeration(1, "type", m.type);
}

template <class V>
void fields(V& v, Of<V, AgentToServer>& m) {
  v.id(1, "instance_uid", m.instance_uid);
  v.number(2, "sequence_num", m.sequence_num);
  v.part(3, "agent_description", m.agent_description, description_bytes_max);
  v.number(4, "capabilities", m.capabilities);
  v.part(5, "health", m.health, health_bytes_max);
  v.part(6, "effective_config", m.effective_config, config_bytes_max);
  v.part(7, "remote_config_status", m.remote_config_status, status_bytes_max);
  v.part(9, "agent_disconnect", m.agent_disconnect, status_bytes_max);
  v.number(10, "flags", m.flags);
  v.part(11, "connection_settings_request", m.connection_settings_request, settings_bytes_max);
  v.part(12, "custom_capabilities", m.custom_capabilities, capabilities_bytes_max);
  v.part(13, "custom_message", m.custom_message, custom_bytes_max);
  v.part(15, "connection_settings_status", m.connection_settings_status, status_bytes_max);
}

template <class V>
void fields(V& v, Of<V, ServerToAgent>& m) {
  v.id(1, "instance_uid", m.instance_uid);
  v.part(2, "error_response", m.error_response, status_bytes_max);
  v.part(3, "remote_config", m.remote_config, config_bytes_max);
  v.part(4, "connection_settings", m.connection_settings, settings_bytes_max);
  v.number(6, "flags", m.flags);
  v.number(7, "capabilities", m.capabilities);
  v.part(8, "agent_identification", m.agent_identification, status_bytes_max);
  v.part(9, "command", m.command, status_bytes_max);
  v.part(10, "custom_capabilities", m.custom_capabilities, capabilities_bytes_max);
  v.part(11, "custom_message", m.custom_message, custom_bytes_max);
}

}  // namespace tidegate::opamp
