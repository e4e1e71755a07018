// Responders of the tenant acme, and what they act upon, for tests.
#pragma once

#include <string>

#include "respond/responder.h"

namespace tidegate::test {

inline constexpr const char* ws7_guid = "35FA11DA-A24E-40CF-8B56-BAF8828CC151";
inline constexpr const char* ws8_guid = "35FA11DA-A24E-40CF-8B56-BAF8828CC152";
inline const std::string ws7_sha1(40, 'a');

inline Responder visionone_responder(const std::string& name = "acme-v1") {
  Responder responder;
  responder.name = name;
  responder.tenants = {"acme"};
  responder.secret = Secret{"planted-token"};
  return responder;
}

inline Responder ticket_responder() {
  Responder responder;
  responder.name = "ticket";
  responder.type = ResponderType::webhook;
  responder.tenants = {"acme"};
  responder.host = "soar.example.net";
  responder.secret = Secret{"planted-token"};
  responder.webhook.path = "/hooks/{{record_id}}";
  responder.webhook.json_body = R"({"id": "{{record_id}}"})";
  responder.webhook.auth = WebhookAuth::header;
  responder.webhook.header_name = "X-Token";
  return responder;
}

}  // namespace tidegate::test
