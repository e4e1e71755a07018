#include "respond/responders_document.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "config/config_text.h"
#include "config/document.h"
#include "respond/responder_fields.h"
#include "respond/responder_rules.h"

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
      check_name(i, responders[i].name);
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
    read("rule_per_hour", guards.rule_per_hour);
    std::vector<std::string> protect;
    read("protect", protect);
    guards.protect.insert(std::make_move_iterator(protect.begin()), std::make_move_iterator(protect.end()));
  }

  void check_name(std::size_t index, const std::string& name) {
    const auto [first, is_new] = places_.emplace(name, index);
    const std::string path = prefix_ + "name";
    if (is_new || name.empty() || reader_.has_error(path)) return;
    reader_.complain(path, {shown(find_field(responders_fields(), path), name),
                            "is the name of responders[" + std::to_string(first->second) + "] as well",
                            "give each responder a name of its own"});
  }

  Reader& reader_;
  std::string prefix_;
  std::map<std::string, std::size_t> places_;  // by name; the first of each
};

bool is_empty_document(const YamlNode& root) {
  return root.kind == YamlNode::Kind::null || (root.kind == YamlNode::Kind::map && root.children.empty());
}

// Nothing to apply is a mistake: a file that was cut short, or a wish to take all of them away.
void require_responders(const YamlNode& root, Reader& reader) {
  const std::string remedy = "list at least one; one is taken away with `tidegate-processor responder delete NAME`";
  const auto list = std::ranges::find(root.children, std::string_view{"responders"}, &YamlNode::key);
  if (list == root.children.end()) return reader.complain("responders", {{}, "is missing", remedy});
  const bool none = list->kind == YamlNode::Kind::null || (list->kind == YamlNode::Kind::list && list->children.empty());
  if (none) reader.complain("responders", {{}, "names none, which changes nothing", remedy});
}

// A document of one responder, key by key.
class ResponderWriter {
 public:
  explicit ResponderWriter(const Responder& responder) : responder_(responder) {}

  std::string write() {
    text("name", responder_.name);
    plain("type", name(responder_.type));
    if (responder_.tenants.empty()) plain("tenants", all_tenants);
    else texts("tenants", responder_.tenants);
    text("host", responder_.host);
    if (responder_.port != 0) plain("port", std::to_string(responder_.port));
    plain("protocol", name(responder_.protocol));
    if (!responder_.verify_certificate) plain("verify_certificate", "false");
    text("ca_file", responder_.ca_file);
    text("proxy", responder_.proxy);
    text("credential", responder_.credential);
    const bool webhook = responder_.type == ResponderType::webhook;
    if (!responder_.secret.empty()) text(webhook ? "secret" : "api_key", secret_mask);
    if (webhook) write_webhook(responder_.webhook);
    else write_actions();
    write_guards(responder_.guards);
    return std::move(out_);
  }

 private:
  void plain(std::string_view key, std::string_view value) { begin(key).append(value).append("\n"); }
  void text(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    begin(key).append(yaml_quoted(value)).append("\n");
  }
  template <class Texts>
  void texts(std::string_view key, const Texts& values) {
    if (values.empty()) return;
    std::string_view before = "[";
    begin(key);
    for (const std::string& each : values) {
      out_.append(before).append(yaml_quoted(each));
      before = ", ";
    }
    out_.append("]\n");
  }
  std::string& begin(std::string_view key) {
    out_.append(first_ ? "responders:\n  - " : "    ").append(key).append(": ");
    first_ = false;
    return out_;
  }
  void nested(std::string_view key, std::string_view value) {
    out_.append("      ").append(yaml_quoted(key)).append(": ").append(yaml_quoted(value)).append("\n");
  }

  void write_actions() {
    if (responder_.actions.size() < all_response_actions.size()) {
      std::string list;
      for (const ResponseAction action : responder_.actions) list.append(list.empty() ? "[" : ", ").append(name(action));
      plain("actions", list + "]");
    }
    if (!responder_.bodies.empty()) out_.append("    bodies:\n");
    for (const auto& [action, body] : responder_.bodies) nested(name(action), body);
  }

  void write_webhook(const WebhookSpec& webhook) {
    plain("method", webhook.method);
    text("path", webhook.path);
    if (!webhook.headers.empty()) out_.append("    headers:\n");
    for (const auto& [header, value] : webhook.headers) nested(header, value);
    text("json_body", webhook.json_body);
    plain("auth", name(webhook.auth));
    text("username", webhook.username);
    text("token_url", webhook.token_url);
    text("client_id", webhook.client_id);
    texts("scopes", webhook.scopes);
    text("header_name", webhook.header_name);
  }

  void write_guards(const ResponderGuards& guards) {
    if (guards.approval) plain("approval", "true");
    if (guards.rule_per_hour != ResponderGuards{}.rule_per_hour) plain("rule_per_hour", std::to_string(guards.rule_per_hour));
    texts("protect", guards.protect);
  }

  const Responder& responder_;
  std::string out_;
  bool first_ = true;
};

}  // namespace

ParsedResponders parse_responders(std::string_view yaml) {
  const YamlDocument yaml_document = read_document(yaml);
  Reader reader{responders_fields(), yaml_document, responders_document_name};
  std::vector<Responder> responders;
  if (yaml_document.root && is_empty_document(*yaml_document.root)) {
    reader.complain({}, {{}, "is empty, which changes nothing", "list responders under responders:"});
  } else if (yaml_document.root) {
    if (yaml_document.root->kind == YamlNode::Kind::map) require_responders(*yaml_document.root, reader);
    responders = RespondersReader{reader}.read();
  }
  ParsedResponders parsed{.responders = std::nullopt, .errors = reader.take_errors()};
  if (parsed.errors.empty()) parsed.responders = std::move(responders);
  return parsed;
}

std::string to_yaml(const Responder& responder) { return ResponderWriter{responder}.write(); }

}  // namespace tidegate
