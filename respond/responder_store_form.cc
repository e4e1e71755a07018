#include "respond/responder_store_form.h"

#include <boost/json/serialize.hpp>
#include <string>
#include <vector>

#include "respond/stored_fields.h"

namespace tidegate {
namespace {

void write_webhook_spec(boost::json::object& out, const WebhookSpec& webhook) {
  StoredFieldsWriter fields{out};
  fields.put("method", webhook.method);
  fields.put("path", webhook.path);
  fields.put("json_body", webhook.json_body);
  fields.put("auth", webhook.auth);
  fields.put("username", webhook.username);
  fields.put("token_url", webhook.token_url);
  fields.put("client_id", webhook.client_id);
  fields.put_list("scopes", webhook.scopes);
  fields.put("header_name", webhook.header_name);
  if (webhook.headers.empty()) return;
  boost::json::object& headers = out["headers"].emplace_object();
  for (const auto& [header, value] : webhook.headers) headers[header] = value;
}

WebhookSpec read_webhook_spec(const boost::json::object& from, std::string& flaw) {
  const StoredFieldsReader fields{from, flaw};
  WebhookSpec webhook;
  webhook.method.clear();
  fields.read("method", webhook.method);
  fields.read("path", webhook.path);
  fields.read("json_body", webhook.json_body);
  fields.read_named("auth", webhook.auth, WebhookAuth::header);
  fields.read("username", webhook.username);
  fields.read("token_url", webhook.token_url);
  fields.read("client_id", webhook.client_id);
  fields.read_list("scopes", [&webhook](std::string scope) { webhook.scopes.push_back(std::move(scope)); });
  fields.read("header_name", webhook.header_name);
  if (const boost::json::object* headers = fields.object_at("headers")) {
    const StoredFieldsReader values{*headers, flaw};
    for (const auto& header : *headers) values.read(header.key(), webhook.headers[std::string{header.key()}]);
  }
  return webhook;
}

void write_guards(boost::json::object& out, const ResponderGuards& guards) {
  StoredFieldsWriter fields{out};
  fields.put("approval", guards.approval);
  fields.put_list("protect", guards.protect);
}

void read_guards(const StoredFieldsReader& fields, ResponderGuards& guards) {
  fields.read("approval", guards.approval);
  fields.read_list("protect", [&guards](std::string entry) { guards.protect.insert(std::move(entry)); });
}

void read_actions(const StoredFieldsReader& fields, Responder& responder, std::string& flaw) {
  responder.actions.clear();
  fields.read_list("actions", [&](const std::string& each) {
    if (const std::optional<ResponseAction> action = response_action_of(each)) responder.actions.insert(*action);
    else fields.flawed("actions");
  });
  const boost::json::object* bodies = fields.object_at("bodies");
  if (bodies == nullptr) return;
  const StoredFieldsReader texts{*bodies, flaw};
  for (const auto& body : *bodies) {
    if (const std::optional<ResponseAction> action = response_action_of(body.key()))
      texts.read(body.key(), responder.bodies[*action]);
    else fields.flawed("bodies");
  }
}

// What stands in both directions in the same order.
template <class Some, class Visit>
void visit_responder_texts(Some& responder, Visit visit) {
  visit("name", responder.name);
  visit("sensor", responder.sensor);
  visit("host", responder.host);
  visit("ca_file", responder.ca_file);
  visit("proxy", responder.proxy);
  visit("credential", responder.credential);
}

}  // namespace

Secret stored_responder(const Responder& responder) {
  boost::json::object out;
  StoredFieldsWriter fields{out};
  fields.put("v", stored_responder_version);
  visit_responder_texts(responder, [&fields](std::string_view key, const std::string& text) { fields.put(key, text); });
  fields.put("type", responder.type);
  fields.put_list("tenants", responder.tenants);
  fields.put("port", responder.port);
  fields.put("protocol", responder.protocol);
  fields.put("verify_certificate", responder.verify_certificate, true);
  std::vector<std::string> actions;
  for (const ResponseAction action : responder.actions) actions.emplace_back(name(action));
  fields.put_list("actions", actions);
  if (!responder.bodies.empty()) {
    boost::json::object& bodies = out["bodies"].emplace_object();
    for (const auto& [action, body] : responder.bodies) bodies[name(action)] = body;
  }
  write_webhook_spec(out["webhook"].emplace_object(), responder.webhook);
  write_guards(out["guards"].emplace_object(), responder.guards);
  std::string text = boost::json::serialize(out);
  text.reserve(text.size() + 1 + responder.secret.size());  // so that no copy of the secret is left behind
  text.append("\n").append(responder.secret.reveal());
  return Secret{std::move(text)};
}

Result<Responder> responder_from_stored(const Secret& stored) {
  const std::size_t end = stored.reveal().find('\n');
  if (end == std::string_view::npos) return Error{Code::corrupt, "the stored responder is cut short"};
  const Result<boost::json::object> parsed = parse_stored(stored.reveal().substr(0, end));
  if (!parsed) return parsed.error();
  std::string flaw;
  const StoredFieldsReader fields{*parsed, flaw};
  int version = 0;
  fields.read("v", version);
  if (version > stored_responder_version) return Error{Code::invalid, "a newer version wrote the responder"};
  Responder responder;
  responder.host.clear();
  visit_responder_texts(responder, [&fields](std::string_view key, std::string& text) { fields.read(key, text); });
  fields.read_named("type", responder.type, ResponderType::webhook);
  fields.read_list("tenants", [&responder](std::string tenant) { responder.tenants.push_back(std::move(tenant)); });
  fields.read("port", responder.port);
  fields.read_named("protocol", responder.protocol, ResponderProtocol::http);
  fields.read("verify_certificate", responder.verify_certificate);
  responder.secret = Secret{std::string{stored.reveal().substr(end + 1)}};
  read_actions(fields, responder, flaw);
  if (const boost::json::object* webhook = fields.object_at("webhook")) responder.webhook = read_webhook_spec(*webhook, flaw);
  if (const boost::json::object* guards = fields.object_at("guards"))
    read_guards(StoredFieldsReader{*guards, flaw}, responder.guards);
  if (version < 1) fields.flawed("v");
  if (responder.name.empty()) fields.flawed("name");
  if (!flaw.empty()) return Error{Code::corrupt, "the stored responder has no usable '" + flaw + "'"};
  return responder;
}

}  // namespace tidegate
