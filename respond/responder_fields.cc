#include "respond/responder_fields.h"

#include <algorithm>
#include <array>

#include "config/nearest.h"
#include "respond/responders_document.h"
#include "respond/webhook_headers.h"

namespace tidegate {
namespace {

constexpr std::array responder_table{
    Field{.path = "responders[].name",
          .kind = FieldKind::label,
          .most = "64",
          .need = Need::required,
          .applies = Applies::live,
          .doc = "The responder's name, unique, in single-byte characters; it replaces one of the same name."},
    Field{.path = "responders[].type",
          .kind = FieldKind::choice,
          .allowed = "trendmicro_visionone|webhook",
          .need = Need::required,
          .applies = Applies::live,
          .doc = "What it does: the response actions of Trend Vision One, or one HTTP request of your own."},
    Field{.path = "responders[].tenants",
          .kind = FieldKind::labels,
          .least = "1",
          .most = "256",
          .applies = Applies::live,
          .doc = "The ids of the tenants that it may act for, as a list; or the word all."},
    Field{.path = "responders[].sensor",
          .kind = FieldKind::label,
          .most = "64",
          .applies = Applies::live,
          .doc = "The sensor that carries its actions out, by name; the processor itself where it is not given."},
    Field{.path = "responders[].host",
          .kind = FieldKind::text,
          .most = "253",
          .applies = Applies::live,
          .doc = "The host alone, without scheme and port; of Vision One api.xdr.trendmicro.com where it is not given."},
    Field{.path = "responders[].port",
          .kind = FieldKind::count,
          .least = "1",
          .most = "65535",
          .applies = Applies::live,
          .doc = "The port, where it is not the protocol's own."},
    Field{.path = "responders[].protocol",
          .kind = FieldKind::choice,
          .fallback = "https",
          .allowed = "https|http",
          .applies = Applies::live,
          .doc = "How it is spoken to; http sends everything in the clear, secrets too, and is warned of."},
    Field{.path = "responders[].verify_certificate",
          .kind = FieldKind::flag,
          .fallback = "true",
          .applies = Applies::live,
          .doc = "Whether the server's certificate is checked; false lets anybody on the way answer, and is warned of."},
    Field{.path = "responders[].ca_file",
          .kind = FieldKind::path,
          .most = "1024",
          .applies = Applies::live,
          .doc = "Certificates (PEM) that may vouch for the server; else the system's."},
    Field{.path = "responders[].proxy",
          .kind = FieldKind::proxy,
          .most = "512",
          .applies = Applies::live,
          .privacy = Privacy::secret,
          .doc = "The HTTP proxy on the way, without credentials."},
    Field{.path = "responders[].credential",
          .kind = FieldKind::label,
          .most = "64",
          .applies = Applies::live,
          .doc = "The name of a credential that the processor keeps; this, or the secret itself."},
    Field{.path = "responders[].api_key",
          .kind = FieldKind::token,
          .most = "65536",
          .applies = Applies::live,
          .privacy = Privacy::secret,
          .doc = "Of Vision One: the API key of the console; this or credential."},
    Field{.path = "responders[].secret",
          .kind = FieldKind::text,
          .most = "65536",
          .applies = Applies::live,
          .privacy = Privacy::secret,
          .doc = "Of a webhook: the password, the client's secret or the header's value, as auth asks for it; this or credential."},
    Field{.path = "responders[].actions",
          .kind = FieldKind::choices,
          .allowed = "add_to_block_list|remove_from_block_list|isolate_endpoint|restore_endpoint|quarantine_email",
          .applies = Applies::live,
          .doc = "Of Vision One: what it may do; all five where it is not given."},
    Field{.path = "responders[].bodies.add_to_block_list",
          .kind = FieldKind::text,
          .most = "65536",
          .applies = Applies::live,
          .doc = "Of Vision One: the JSON of that action, a template, in place of its own."},
    Field{.path = "responders[].bodies.remove_from_block_list",
          .kind = FieldKind::text,
          .most = "65536",
          .applies = Applies::live,
          .doc = "The same, of that action."},
    Field{.path = "responders[].bodies.isolate_endpoint",
          .kind = FieldKind::text,
          .most = "65536",
          .applies = Applies::live,
          .doc = "The same, of that action."},
    Field{.path = "responders[].bodies.restore_endpoint",
          .kind = FieldKind::text,
          .most = "65536",
          .applies = Applies::live,
          .doc = "The same, of that action."},
    Field{.path = "responders[].bodies.quarantine_email",
          .kind = FieldKind::text,
          .most = "65536",
          .applies = Applies::live,
          .doc = "The same, of that action."},
    Field{.path = "responders[].approval",
          .kind = FieldKind::flag,
          .fallback = "false",
          .applies = Applies::live,
          .doc =
              "Whether a person has to say yes before anything is sent that blocks, isolates or quarantines, or ends in that, and "
              "before each custom request."},
    Field{.path = "responders[].protect",
          .kind = FieldKind::labels,
          .least = "1",
          .most = "1000",
          .applies = Applies::live,
          .doc = "Of Vision One: what it never blocks, isolates or quarantines: values, domains as *.example.com, networks; an "
                 "endpoint by what it is given by, its GUID or its name."},
    Field{.path = "responders[].method",
          .kind = FieldKind::choice,
          .fallback = "post",
          .allowed = "get|post|put|patch|delete",
          .applies = Applies::live,
          .doc = "Of a webhook: the request's method."},
    Field{.path = "responders[].path",
          .kind = FieldKind::text,
          .most = "65536",
          .applies = Applies::live,
          .doc = "Of a webhook: path and query, a template."},
    Field{.path = "responders[].headers",
          .kind = FieldKind::text,
          .applies = Applies::live,
          .doc = "Of a webhook: a map of headers to add, name to value; no secrets and no placeholders."},
    Field{.path = "responders[].json_body",
          .kind = FieldKind::text,
          .most = "65536",
          .applies = Applies::live,
          .doc = "Of a webhook: the JSON that is sent, a template; none where it is not given."},
    Field{.path = "responders[].auth",
          .kind = FieldKind::choice,
          .fallback = "none",
          .allowed = "none|basic|oauth2|header",
          .applies = Applies::live,
          .doc = "Of a webhook: how it signs in: name and password, OAuth 2 client credentials, or a header with a secret."},
    Field{.path = "responders[].username",
          .kind = FieldKind::text,
          .most = "256",
          .applies = Applies::live,
          .doc = "Of a webhook with auth: basic: who signs in."},
    Field{.path = "responders[].token_url",
          .kind = FieldKind::url,
          .most = "2048",
          .applies = Applies::live,
          .doc = "Of a webhook with auth: oauth2: where the access token is asked for."},
    Field{.path = "responders[].client_id",
          .kind = FieldKind::text,
          .most = "1024",
          .applies = Applies::live,
          .doc = "Of a webhook with auth: oauth2: the client's id."},
    Field{.path = "responders[].scopes",
          .kind = FieldKind::labels,
          .least = "1",
          .most = "32",
          .applies = Applies::live,
          .doc = "Of a webhook with auth: oauth2: the scopes that are asked for."},
    Field{.path = "responders[].header_name",
          .kind = FieldKind::text,
          .most = "64",
          .applies = Applies::live,
          .doc = "Of a webhook with auth: header: the header that carries the secret."},
};

}  // namespace

FieldTable responders_fields() { return responder_table; }

Complained read_value(const Field& field, const YamlNode& node, std::uint16_t& out) {
  std::uint64_t number = 0;
  if (Complained complained = read_value(field, node, number)) return complained;
  out = static_cast<std::uint16_t>(number);
  return std::nullopt;
}

Complained read_value(const Field& field, const YamlNode& node, std::map<std::string, std::string>& out) {
  const std::string remedy = "write for example {X-Team: soc}";
  if (node.kind == YamlNode::Kind::null) return no_value(remedy);
  if (node.kind != YamlNode::Kind::map) return Complaint{shown(&field, node.text), "is not a map of names to values", remedy};
  if (node.children.empty()) return Complaint{{}, "is empty", remedy + ", or leave the key out"};
  if (node.children.size() > webhook_headers_max)
    return Complaint{std::to_string(node.children.size()) + " headers", "are too many",
                     "keep at most " + std::to_string(webhook_headers_max)};
  for (const YamlNode& member : node.children) {
    if (member.kind != YamlNode::Kind::scalar)
      return Complaint{shown(nullptr, member.key), "has a value that is no text", "give each header one value"};
    out.emplace(member.key, member.text);
  }
  return std::nullopt;
}

Complained read_value(const Field& field, const YamlNode& node, std::set<ResponseAction>& out) {
  std::vector<std::string> names;
  if (Complained complained = read_value(field, node, names)) {
    complained->remedy = remedy_of(field);
    return complained;
  }
  if (names.empty()) return Complaint{{}, "is an empty list", remedy_of(field) + ", or leave the key out"};
  std::set<ResponseAction> actions;
  for (const std::string& each : names) {
    const std::optional<ResponseAction> action = response_action_of(each);
    if (!action) {
      const auto near = nearest(each, allowed_of(field));
      return Complaint{shown(&field, each), "is no action", near ? "the nearest one is " + std::string{*near} : remedy_of(field)};
    }
    actions.insert(*action);
  }
  out = std::move(actions);
  return std::nullopt;
}

Complained read_value(const Field& field, const YamlNode& node, ResponderType& out) { return read_named(field, node, out); }
Complained read_value(const Field& field, const YamlNode& node, ResponderProtocol& out) { return read_named(field, node, out); }
Complained read_value(const Field& field, const YamlNode& node, WebhookAuth& out) { return read_named(field, node, out); }

}  // namespace tidegate
