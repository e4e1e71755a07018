#include "respond/responder.h"

#include <algorithm>

#include "base/check.h"

namespace tidegate {
namespace {

ObjectType type_of_the_reference(ResponseAction action) {
  switch (action) {
    case ResponseAction::add_to_block_list:
    case ResponseAction::remove_from_block_list: return ObjectType::file_sha1;
    case ResponseAction::isolate_endpoint:
    case ResponseAction::restore_endpoint: return ObjectType::agent_guid;
    case ResponseAction::quarantine_email: break;
  }
  return ObjectType::message_id;
}

}  // namespace

std::string_view name(ResponderType type) {
  switch (type) {
    case ResponderType::trendmicro_visionone: return "trendmicro_visionone";
    case ResponderType::webhook: break;
  }
  return "webhook";
}

std::string_view name(ResponderProtocol protocol) { return protocol == ResponderProtocol::https ? "https" : "http"; }

std::string_view name(WebhookAuth auth) {
  switch (auth) {
    case WebhookAuth::none: return "none";
    case WebhookAuth::basic: return "basic";
    case WebhookAuth::oauth2: return "oauth2";
    case WebhookAuth::header: break;
  }
  return "header";
}

bool Responder::may_act_for(std::string_view tenant) const {
  return tenants.empty() || std::ranges::find(tenants, tenant) != tenants.end();
}

std::string origin_of(const Responder& responder) {
  constexpr std::uint16_t https_port = 443;
  constexpr std::uint16_t http_port = 80;
  const bool bare_ipv6 = responder.host.find(':') != std::string::npos && !responder.host.starts_with('[');
  std::string origin = std::string{name(responder.protocol)} + "://";
  origin.append(bare_ipv6 ? "[" + responder.host + "]" : responder.host);
  const std::uint16_t usual = responder.protocol == ResponderProtocol::https ? https_port : http_port;
  if (responder.port != 0 && responder.port != usual) origin.append(":").append(std::to_string(responder.port));
  return origin;
}

std::string default_body(ResponseAction action, const std::vector<ObjectType>& types) {
  const std::vector<ObjectType> taken = object_types_of(action);
  std::string words{name(action)};
  std::ranges::replace(words, '_', ' ');
  std::string body = "[";
  for (const ObjectType type : types.empty() ? std::vector{type_of_the_reference(action)} : types) {
    TG_ASSERT(std::ranges::find(taken, type) != taken.end(), "an action's template has the objects that it takes");
    const std::string key{key_of(type)};
    if (body.size() > 1) body.append(", ");
    body.append("{\"").append(key).append("\": \"{{").append(key).append(" | each}}\", ");
    if (type == ObjectType::message_id) body.append(R"("mailBox": "{{mailBox | default: ""}}", )");
    body.append(R"("description": "{{description | default: ")").append(words).append(R"( action from Tidegate"}}"})");
  }
  return body.append("]");
}

std::vector<ObjectType> object_types_given(ResponseAction action, const boost::json::object& given) {
  std::vector<ObjectType> types = object_types_of(action);
  std::erase_if(types, [&given](ObjectType type) {
    const std::string_view key = key_of(type);
    return !given.contains({key.data(), key.size()});
  });
  return types;
}

}  // namespace tidegate
