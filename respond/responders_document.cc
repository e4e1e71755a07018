#include "respond/responders_document.h"

#include <array>
#include <iterator>

#include "config/document.h"
#include "respond/document_rules.h"
#include "respond/responder_fields.h"
#include "respond/responder_rules.h"
#include "respond/yaml_writer.h"

namespace tidegate {
namespace {

// One document under way: from the reader to responders.
class RespondersReader {
 public:
  explicit RespondersReader(Reader& reader) : reader_(reader) {}

  std::vector<Responder> read() {
    std::vector<Responder> responders(reader_.list_size("responders"));
    for (std::size_t i = 0; i < responders.size(); ++i) {
      prefix_ = "responders[" + std::to_string(i) + "].";
      read_responder(responders[i]);
      names_.add(prefix_, responders[i].name);
      check_responder(reader_, prefix_, responders[i]);
    }
    return responders;
  }

 private:
  template <class T>
  void read(std::string_view key, T& member) {
    reader_.read(prefix_ + std::string{key}, member);
  }
  // A text of more lines than one.
  void read_template(std::string_view key, std::string& member) {
    TemplateText text;
    read(key, text);
    member = std::move(text.text);
  }

  void read_responder(Responder& responder) {
    read("name", responder.name);
    read("type", responder.type);
    TenantChoice tenants;
    read("tenants", tenants);
    responder.tenants = std::move(tenants.ids);
    read("sensor", responder.sensor);
    if (responder.type == ResponderType::webhook) responder.host.clear();
    read("host", responder.host);
    read("port", responder.port);
    read("protocol", responder.protocol);
    read("verify_certificate", responder.verify_certificate);
    read("ca_file", responder.ca_file);
    read("proxy", responder.proxy);
    read("credential", responder.credential);
    Secret api_key;
    read("api_key", api_key);
    read("secret", responder.secret);
    if (!api_key.empty()) responder.secret = std::move(api_key);
    if (responder.type == ResponderType::webhook) responder.actions.clear();
    read("actions", responder.actions);
    for (const ResponseAction action : all_response_actions) {
      std::string body;
      read_template("bodies." + std::string{name(action)}, body);
      if (!body.empty()) responder.bodies.emplace(action, std::move(body));
    }
    read_webhook(responder.webhook);
    read_guards(responder.guards);
  }

  void read_webhook(WebhookSpec& webhook) {
    read("method", webhook.method);
    read("path", webhook.path);
    read("headers", webhook.headers);
    read_template("json_body", webhook.json_body);
    read("auth", webhook.auth);
    read("username", webhook.username);
    read("token_url", webhook.token_url);
    read("client_id", webhook.client_id);
    read("scopes", webhook.scopes);
    read("header_name", webhook.header_name);
  }

  void read_guards(ResponderGuards& guards) {
    read("approval", guards.approval);
    std::vector<std::string> protect;
    read("protect", protect);
    guards.protect.insert(std::make_move_iterator(protect.begin()), std::make_move_iterator(protect.end()));
  }

  Reader& reader_;
  std::string prefix_;
  DistinctNames names_{reader_, "responder"};
};

void write_actions(YamlWriter& out, const Responder& responder) {
  if (responder.actions.size() < all_response_actions.size()) {
    std::vector<std::string> names;
    for (const ResponseAction action : responder.actions) names.emplace_back(name(action));
    out.texts("actions", names);
  }
  if (responder.bodies.empty()) return;
  out.open_map("bodies");
  for (const auto& [action, body] : responder.bodies) out.text(name(action), body);
  out.close_map();
}

void write_webhook(YamlWriter& out, const WebhookSpec& webhook) {
  out.plain("method", webhook.method);
  out.text("path", webhook.path);
  if (!webhook.headers.empty()) {
    out.open_map("headers");
    for (const auto& [header, value] : webhook.headers) out.text(yaml_quoted(header), value);
    out.close_map();
  }
  out.text("json_body", webhook.json_body);
  out.plain("auth", name(webhook.auth));
  out.text("username", webhook.username);
  out.text("token_url", webhook.token_url);
  out.text("client_id", webhook.client_id);
  out.texts("scopes", webhook.scopes);
  out.text("header_name", webhook.header_name);
}

}  // namespace

ParsedResponders parse_responders(std::string_view yaml) {
  constexpr std::array bounds{ListBound{"responders", responders_max}};
  const YamlDocument yaml_document = read_document(yaml);
  Reader reader{responders_fields(), yaml_document, responders_document_name, bounds};
  std::vector<Responder> responders;
  if (holds_elements(yaml_document, reader, "responders",
                     "list at least one; one is taken away with `tidegate-processor responder delete NAME`"))
    responders = RespondersReader{reader}.read();
  ParsedResponders parsed{.responders = std::nullopt, .errors = reader.take_errors()};
  if (parsed.errors.empty()) parsed.responders = std::move(responders);
  return parsed;
}

std::string to_yaml(const Responder& responder) {
  YamlWriter out;
  out.open_list("responders");
  out.begin_element();
  out.text("name", responder.name);
  out.plain("type", name(responder.type));
  if (responder.tenants.empty()) out.plain("tenants", all_tenants);
  else out.texts("tenants", responder.tenants);
  out.text("sensor", responder.sensor);
  out.text("host", responder.host);
  if (responder.port != 0) out.plain("port", std::to_string(responder.port));
  out.plain("protocol", name(responder.protocol));
  if (!responder.verify_certificate) out.plain("verify_certificate", "false");
  out.text("ca_file", responder.ca_file);
  out.text("proxy", responder.proxy);
  out.text("credential", responder.credential);
  const bool webhook = responder.type == ResponderType::webhook;
  if (!responder.secret.empty()) out.text(webhook ? "secret" : "api_key", secret_mask);
  if (webhook) write_webhook(out, responder.webhook);
  else write_actions(out, responder);
  if (responder.guards.approval) out.plain("approval", "true");
  out.texts("protect", responder.guards.protect);
  out.close_list();
  return out.take();
}

}  // namespace tidegate
