#include "respond/action.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "base/check.h"
#include "config/ascii.h"
#include "respond/foreign_json.h"

namespace tidegate {
namespace {

// What the API takes for one of the five.
struct ActionFacts {
  std::string_view name;
  std::string_view path;
  std::string_view task;
};
constexpr std::array<ActionFacts, all_response_actions.size()> action_facts{{
    {"add_to_block_list", "/v3.0/response/suspiciousObjects", "block"},
    {"remove_from_block_list", "/v3.0/response/suspiciousObjects/delete", "restoreBlock"},
    {"isolate_endpoint", "/v3.0/response/endpoints/isolate", "isolate"},
    {"restore_endpoint", "/v3.0/response/endpoints/restore", "restoreIsolate"},
    {"quarantine_email", "/v3.0/response/emails/quarantine", "quarantineMessage"},
}};

constexpr std::array<std::string_view, 10> object_keys{"url",        "domain",       "ip",        "senderMailAddress", "fileSha1",
                                                       "fileSha256", "endpointName", "agentGuid", "messageId",         "uniqueId"};

const ActionFacts& facts_of(ResponseAction action) {
  const auto place = static_cast<std::size_t>(action);
  TG_ASSERT(place < action_facts.size(), "an action is one of the five");
  return action_facts[place];
}

bool is_hexadecimal(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// Without control characters, of which a terminal obeys those beyond ASCII too, and without bytes that are no text.
bool is_one_line(std::string_view text) { return one_line(text, text.size()) == text; }

bool is_address(std::string_view text) {
  boost::system::error_code failed;
  boost::asio::ip::make_address(std::string{text}, failed);
  return !failed;
}

// A name of letters, digits, '-' and '_' in labels; its first may be a wildcard, which the block list knows. Bytes beyond ASCII are
// left to the API.
bool is_domain_name(std::string_view text) {
  constexpr std::size_t name_max = 253;
  if (text.starts_with("*.")) text.remove_prefix(2);
  if (text.empty() || text.size() > name_max || text.front() == '.' || text.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
  });
}

bool is_mail_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && text.find(' ') == std::string_view::npos;
}

// Empty: it may be one.
std::string_view flaw_in(ObjectType type, std::string_view value) {
  switch (type) {
    case ObjectType::url: return value.find(' ') == std::string_view::npos ? std::string_view{} : "is no URL: it has a blank";
    case ObjectType::domain: return is_domain_name(value) && !is_address(value) ? std::string_view{} : "is no domain name";
    case ObjectType::ip: return is_address(value) ? std::string_view{} : "is no IPv4 or IPv6 address";
    case ObjectType::sender_mail_address: return is_mail_address(value) ? std::string_view{} : "is no mail address";
    case ObjectType::file_sha1: return is_hexadecimal(value, 40) ? std::string_view{} : "is no SHA-1: give 40 hexadecimal digits";
    case ObjectType::file_sha256:
      return is_hexadecimal(value, 64) ? std::string_view{} : "is no SHA-256: give 64 hexadecimal digits";
    case ObjectType::endpoint_name:
    case ObjectType::agent_guid:
    case ObjectType::message_id:
    case ObjectType::unique_id: break;
  }
  return {};
}

std::string shown_object(std::string_view value) {
  constexpr std::size_t shown_max = 80;
  return "\"" + one_line(value, shown_max) + (value.size() > shown_max ? "…\"" : "\"");
}

}  // namespace

std::string_view name(ResponseAction action) { return facts_of(action).name; }
std::string_view path_of(ResponseAction action) { return facts_of(action).path; }
std::string_view task_name_of(ResponseAction action) { return facts_of(action).task; }

std::optional<ResponseAction> response_action_of(std::string_view name) {
  for (const ResponseAction action : all_response_actions)
    if (facts_of(action).name == name) return action;
  return std::nullopt;
}

std::optional<ResponseAction> inverse_of(ResponseAction action) {
  switch (action) {
    case ResponseAction::add_to_block_list: return ResponseAction::remove_from_block_list;
    case ResponseAction::remove_from_block_list: return ResponseAction::add_to_block_list;
    case ResponseAction::isolate_endpoint: return ResponseAction::restore_endpoint;
    case ResponseAction::restore_endpoint: return ResponseAction::isolate_endpoint;
    case ResponseAction::quarantine_email: break;
  }
  return std::nullopt;
}

bool does_harm(ResponseAction action) {
  return action == ResponseAction::add_to_block_list || action == ResponseAction::isolate_endpoint ||
         action == ResponseAction::quarantine_email;
}

std::string_view key_of(ObjectType type) {
  const auto place = static_cast<std::size_t>(type);
  TG_ASSERT(place < object_keys.size(), "an object type has a key");
  return object_keys[place];
}

std::optional<ObjectType> object_type_of(std::string_view key) {
  const auto* const found = std::ranges::find(object_keys, key);
  if (found == object_keys.end()) return std::nullopt;
  return static_cast<ObjectType>(found - object_keys.begin());
}

std::vector<ObjectType> object_types_of(ResponseAction action) {
  switch (action) {
    case ResponseAction::add_to_block_list:
    case ResponseAction::remove_from_block_list:
      return {ObjectType::url,       ObjectType::domain,     ObjectType::ip, ObjectType::sender_mail_address,
              ObjectType::file_sha1, ObjectType::file_sha256};
    case ResponseAction::isolate_endpoint:
    case ResponseAction::restore_endpoint: return {ObjectType::agent_guid, ObjectType::endpoint_name};
    case ResponseAction::quarantine_email: return {ObjectType::message_id, ObjectType::unique_id};
  }
  return {};
}

Result<void> check_target(ResponseAction action, const ActionTarget& target) {
  const std::string key{key_of(target.type)};
  const auto refused = [&key, &target](std::string_view why) {
    return Error{Code::invalid, key + ": " + shown_object(target.value) + " " + std::string{why}};
  };
  const std::vector<ObjectType> types = object_types_of(action);
  if (std::ranges::find(types, target.type) == types.end()) {
    std::string known;
    for (const ObjectType type : types) known.append(known.empty() ? "" : ", ").append(key_of(type));
    return Error{Code::invalid, key + ": " + std::string{name(action)} + " does not act upon it; it takes " + known};
  }
  if (target.value.empty()) return refused("is empty");
  if (target.value.size() > object_bytes_max) return refused("is longer than " + std::to_string(object_bytes_max) + " bytes");
  if (!is_one_line(target.value)) return refused("has a control character, or bytes that are no text");
  if (const std::string_view flaw = flaw_in(target.type, target.value); !flaw.empty()) return refused(flaw);
  if (!target.mail_box.empty() && target.type != ObjectType::message_id)
    return Error{Code::invalid, "mailBox: goes with messageId alone"};
  if (!target.mail_box.empty() &&
      (!is_mail_address(target.mail_box) || !is_one_line(target.mail_box) || target.mail_box.size() > object_bytes_max))
    return Error{Code::invalid, "mailBox: " + shown_object(target.mail_box) + " is no mail address"};
  if (target.description.size() > description_bytes_max)
    return Error{Code::invalid, "description: is longer than " + std::to_string(description_bytes_max) + " bytes"};
  return {};
}

}  // namespace tidegate
