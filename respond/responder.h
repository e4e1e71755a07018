// A responder: who may do what, where, and with which credential. One Vision One responder does all five actions; a custom one
// makes one HTTP request.
//
// Pure; any thread.   Source: domain, sections 1.2 to 1.4; design, sections 6.1 and 9.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "respond/action.h"

namespace tidegate {

enum class ResponderType : std::uint8_t { trendmicro_visionone, webhook };
std::string_view name(ResponderType type);

enum class ResponderProtocol : std::uint8_t { https, http };
std::string_view name(ResponderProtocol protocol);

enum class WebhookAuth : std::uint8_t { none, basic, oauth2, header };
std::string_view name(WebhookAuth auth);

inline constexpr std::size_t responders_max = 256;
inline constexpr std::string_view responder_host_default = "api.xdr.trendmicro.com";

// What a custom responder asks for. Texts with {{…}} are templates (template.h).
struct WebhookSpec {
  std::string method = "post";  // get, post, put, patch, delete
  std::string path;             // with its query
  std::map<std::string, std::string> headers;
  std::string json_body;  // empty: none
  WebhookAuth auth = WebhookAuth::none;
  std::string username;   // basic; the password is the responder's secret
  std::string token_url;  // oauth2, client credentials; the client's secret is the responder's secret
  std::string client_id;
  std::vector<std::string> scopes;
  std::string header_name;  // header; its value is the responder's secret

  bool operator==(const WebhookSpec&) const = default;
};

// What must hold before a responder's actions are sent.
struct ResponderGuards {
  bool approval = false;          // a person has to say yes to what does harm, or ends in it, and to custom requests
  std::set<std::string> protect;  // objects that are never blocked, isolated or quarantined: values, "*.example.com", CIDR

  bool operator==(const ResponderGuards&) const = default;
};

struct Responder {
  std::string name;  // unique; printable ASCII
  ResponderType type = ResponderType::trendmicro_visionone;
  std::vector<std::string> tenants;  // ids; empty: all
  std::string sensor;                // that carries its runs out; empty: the processor does
  std::string host = std::string{responder_host_default};
  std::uint16_t port = 0;  // 0: the protocol's
  ResponderProtocol protocol = ResponderProtocol::https;
  bool verify_certificate = true;
  std::string ca_file;     // PEM; empty: the system's roots
  std::string proxy;       // HTTP proxy URL, without credentials; empty: none
  std::string credential;  // name of a kept one; empty: `secret` is its own, or none is needed
  Secret secret;           // API key, password, client secret or header value
  std::set<ResponseAction> actions{all_response_actions.begin(), all_response_actions.end()};  // of Vision One: that it may do
  std::map<ResponseAction, std::string> bodies;  // of Vision One: templates of its own in place of default_body()
  WebhookSpec webhook;
  ResponderGuards guards;

  bool may_act_for(std::string_view tenant) const;
  bool operator==(const Responder&) const = default;
};

// "https://api.eu.xdr.trendmicro.com", with a port where it is not the protocol's; without a slash at its end.
std::string origin_of(const Responder& responder);

// The template of an action's body: an element for each value of each type, [{"agentGuid": "{{agentGuid | each}}", …}]. In alerts
// the objects lie in lists among others, in techniques elsewhere, so no path into a record fits both: the template asks for them
// under the API's own keys, and the caller puts them into RenderInput::given: what a person gave (agentGuid=…, one or a list), and
// else, per type, the record's candidate (candidates_for()) where there is but one. `description` and `mailBox` may be given.
// Templates of the reference keep their names, which are found in the record, or given by those: {{file.hash.sha1}},
// {{computerId}}, {{messageId}}.
//   types: those that are asked for; empty: the one that the reference's template has: fileSha1, agentGuid, messageId
//   requires: the action takes them
std::string default_body(ResponseAction action, const std::vector<ObjectType>& types = {});
// The types of the action that the values name by their keys, in the action's order: what default_body() is asked for.
std::vector<ObjectType> object_types_given(ResponseAction action, const boost::json::object& given);

// The body that was rendered, as targets. `invalid`: no JSON array of 1 to targets_max objects with one object type each, a key
// that is none of the action's, an object that comes twice, or what check_target() says; all of them, a line each. An empty
// description or mailBox is none.
Result<std::vector<ActionTarget>> targets_of(ResponseAction action, std::string_view body);

// One entry of ResponderGuards::protect. Case counts nowhere. It protects
//   an address or a range (192.0.2.0/24):  addresses, and URLs whose host is one
//   "*.example.com":                       that domain and those below it, URLs of their hosts, senders of them, and endpoints
//                                          that are given by a name in it
//   any other value:                       the object that is equal to it; a domain also URLs of that host and senders of it
// A domain is held up as well when what is protected lies below it: who blocks example.com blocks mail.example.com. An endpoint is
// known by what it is given by: one that is given by its GUID is protected by its GUID alone, whatever it is called. A mailbox is
// protected by its whole address alone, and only from requests that name it.
// `invalid`: with the remedy, for what would protect nothing: an empty entry, a bad range, a wildcard elsewhere.
Result<void> check_protected_entry(std::string_view entry);

// The first of the targets that must not be acted upon, as text; empty: none. Only what does harm is held up: undoing never is.
std::string protected_target(const ResponderGuards& guards, ResponseAction action, const std::vector<ActionTarget>& targets);

}  // namespace tidegate
