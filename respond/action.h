// What Tidegate can do in Trend Vision One: five actions, what each acts upon, and when an object is fit to be sent.
//
// Pure; any thread.   Source: Trend Vision One public API v3.0, "Response Management"; vision-one-api, section 6.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidegate {

enum class ResponseAction : std::uint8_t {
  add_to_block_list,
  remove_from_block_list,
  isolate_endpoint,
  restore_endpoint,
  quarantine_email,
};
inline constexpr std::array all_response_actions{ResponseAction::add_to_block_list, ResponseAction::remove_from_block_list,
                                                 ResponseAction::isolate_endpoint, ResponseAction::restore_endpoint,
                                                 ResponseAction::quarantine_email};

// As it is written: "isolate_endpoint".
std::string_view name(ResponseAction action);
std::optional<ResponseAction> response_action_of(std::string_view name);
// Where it is asked for: "/v3.0/response/endpoints/isolate".
std::string_view path_of(ResponseAction action);
// What the API calls its task: "isolate".
std::string_view task_name_of(ResponseAction action);
// What takes it back; absent: nothing of the five does.
std::optional<ResponseAction> inverse_of(ResponseAction action);
// Whether it blocks, isolates or quarantines; else it gives something back.
bool does_harm(ResponseAction action);

// What an action acts upon.
enum class ObjectType : std::uint8_t {
  url,
  domain,
  ip,
  sender_mail_address,
  file_sha1,
  file_sha256,
  endpoint_name,
  agent_guid,
  message_id,
  unique_id,
};

// The key under which the API takes it: "fileSha1". It is the name in templates and on the command line, too.
std::string_view key_of(ObjectType type);
std::optional<ObjectType> object_type_of(std::string_view key);
// The types that the action takes.
std::vector<ObjectType> object_types_of(ResponseAction action);

inline constexpr std::size_t object_bytes_max = 2048;        // of a value
inline constexpr std::size_t description_bytes_max = 256;    // of ours, without the marker
inline constexpr std::size_t targets_max = 50;               // of one run
inline constexpr std::size_t elements_per_request_max = 10;  // no source states the API's maximum

struct ActionTarget {
  ObjectType type = ObjectType::url;
  std::string value;
  std::string mail_box;     // with message_id alone; empty: all mailboxes that have it
  std::string description;  // the operator's; may be empty

  bool operator==(const ActionTarget&) const = default;
};

// `invalid`, naming the key, the value and what is wrong with it: a type that the action does not take, a value that cannot be one
// of its type. Only what no such object can look like is refused: the API knows the rest.
Result<void> check_target(ResponseAction action, const ActionTarget& target);

}  // namespace tidegate
