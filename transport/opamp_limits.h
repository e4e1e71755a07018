// What a message of OpAMP may hold, for both ends: what is beyond is not sent (`invalid`) and not taken (`corrupt`). Every bound
// is looked at before memory is set aside for what it bounds.
#pragma once

#include <cstddef>

namespace tidegate::opamp {

inline constexpr std::size_t message_bytes_max = 1u << 20;

// The parts, so that the largest that go together fit a message.
inline constexpr std::size_t description_bytes_max = 64u << 10;
inline constexpr std::size_t health_bytes_max = 256u << 10;
inline constexpr std::size_t config_bytes_max = 512u << 10;  // effective and remote: all files and their names
inline constexpr std::size_t status_bytes_max = 16u << 10;
inline constexpr std::size_t settings_bytes_max = 256u << 10;
inline constexpr std::size_t capabilities_bytes_max = 8u << 10;
inline constexpr std::size_t custom_bytes_max = 512u << 10;

// Lists and maps.
inline constexpr std::size_t entries_max = 16384;  // of all lists and maps of a message together
inline constexpr std::size_t attributes_max = 128;
inline constexpr std::size_t values_max = 256;  // of one array or key-value list
inline constexpr std::size_t components_max = 256;
inline constexpr std::size_t config_files_max = 64;
inline constexpr std::size_t connections_max = 16;
inline constexpr std::size_t settings_max = 64;
inline constexpr std::size_t headers_max = 32;
inline constexpr std::size_t cipher_suites_max = 64;
inline constexpr std::size_t custom_capabilities_max = 32;

// Strings and bytes. Free text that is too long is cut instead of refused, both ways: a status must get through.
inline constexpr std::size_t text_bytes_max = 8u << 10;
inline constexpr std::size_t name_bytes_max = 256;  // keys, names, types, capabilities
inline constexpr std::size_t hash_bytes_max = 128;
inline constexpr std::size_t endpoint_bytes_max = 2048;
inline constexpr std::size_t header_value_bytes_max = 16u << 10;
inline constexpr std::size_t pem_bytes_max = 64u << 10;
inline constexpr std::size_t instance_uid_bytes = 16;

// Nesting.
inline constexpr std::size_t health_depth_max = 8;
inline constexpr std::size_t value_depth_max = 8;

}  // namespace tidegate::opamp
