#include "config/config_text.h"

#include <algorithm>
#include <type_traits>

#include "base/check.h"
#include "config/ascii.h"
#include "config/bind.h"
#include "config/document.h"
#include "config/written.h"

namespace tidegate {
namespace {

constexpr std::string_view mask = "***";

// Texts that every reader of YAML takes for a text as they stand.
bool is_plain(std::string_view text) {
  static constexpr std::string_view words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  if (text.empty() || !(is_letter(text.front()) || text.front() == '/')) return false;
  const auto fits = [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '/' || c == '.'; };
  if (!std::ranges::all_of(text, fits)) return false;
  const auto same = [text](std::string_view word) {
    return std::ranges::equal(text, word, [](char a, char b) { return (a | 0x20) == b; });
  };
  return std::ranges::none_of(words, same);
}

void append_escape(std::string& out, unsigned point) {
  static constexpr char digits[] = "0123456789abcdef";
  out.append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(digits[(point >> shift) & 0xf]);
}

// Characters that YAML does not take as they are, or takes for an end of line: how many bytes, and which.
std::size_t odd_character(std::string_view text, unsigned& point) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  point = byte(0);
  if (point < 0x20 || point == 0x7f) return 1;
  if (text.size() >= 2 && point == 0xc2 && byte(1) < 0xa0) {
    point = byte(1);
    return 2;
  }
  if (text.size() < 3) return 0;
  point = (byte(0) & 0x0fu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
  const bool three = (byte(0) & 0xf0u) == 0xe0;
  return three && (point == 0x2028 || point == 0x2029 || point == 0xfeff || point >= 0xfffe) ? 3 : 0;
}

std::string text_scalar(std::string_view text) { return is_plain(text) ? std::string{text} : yaml_quoted(text); }

// The values whose written form is plain YAML: 5min, 4GiB, unlimited, true, 300, [alerts, audit_logs].
bool is_written_plainly(FieldKind kind) {
  return kind == FieldKind::duration || kind == FieldKind::size || kind == FieldKind::rate || kind == FieldKind::count ||
         kind == FieldKind::flag || kind == FieldKind::choice || kind == FieldKind::choices;
}

std::string scalar(const Field& field, std::string written_text) {
  return is_written_plainly(field.kind) ? std::move(written_text) : text_scalar(written_text);
}

YamlNode map_node() {
  YamlNode node;
  node.kind = YamlNode::Kind::map;
  return node;
}

YamlNode list_node(std::string key) {
  YamlNode node;
  node.kind = YamlNode::Kind::list;
  node.key = std::move(key);
  return node;
}

// A scalar's text is as it will stand, quotes included.
YamlNode leaf(std::string_view key, std::string text) {
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.key = key;
  node.text = std::move(text);
  return node;
}

// The map at "processor.tls" below `root`, made where it is missing.
YamlNode& section(YamlNode& root, std::string_view path) {
  YamlNode* at = &root;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string_view key = path.substr(0, dot);
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    auto found = std::ranges::find(at->children, key, &YamlNode::key);
    if (found == at->children.end()) {
      at->children.push_back(map_node());
      at->children.back().key = key;
      found = at->children.end() - 1;
    }
    at = &*found;
  }
  return *at;
}

void put(YamlNode& root, std::string_view path, std::string text) {
  const std::size_t dot = path.rfind('.');
  const std::string_view above = dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
  section(root, above).children.push_back(leaf(dot == std::string_view::npos ? path : path.substr(dot + 1), std::move(text)));
}

// Rows of one struct into a map. `Visit` is that of bind.h for the struct.
class Rows {
 public:
  Rows(FieldTable table, std::string prefix, SecretsAs secrets) : table_(table), prefix_(std::move(prefix)), secrets_(secrets) {}

  // Both are walked: a row is written where it differs from that of a struct that was not given anything.
  template <class Struct, class Visit>
  YamlNode operator()(const Struct& given, Visit visit) const {
    YamlNode root = map_node();
    std::vector<std::string> defaults;
    visit(Struct{}, [&](std::string_view path, const auto& member) { defaults.push_back(written(row(path), member)); });
    std::size_t at = 0;
    visit(given, [&](std::string_view path, const auto& member) { put_row(root, path, member, defaults[at++]); });
    return root;
  }

 private:
  const Field& row(std::string_view path) const {
    const Field* field = find_field(table_, prefix_ + std::string{path});
    TG_ASSERT(field != nullptr, "every bound path has a row in the table");
    return *field;
  }

  template <class T>
  void put_row(YamlNode& root, std::string_view path, const T& member, const std::string& fallback) const {
    const Field& field = row(path);
    const std::string text = written(field, member);
    if (text.empty() || (text == fallback && field.need != Need::required)) return;
    if constexpr (std::is_same_v<T, Secret>) {
      return put(root, path, secrets_ == SecretsAs::plain ? text_scalar(member.reveal()) : yaml_quoted(mask));
    } else if constexpr (std::is_same_v<T, std::vector<HostPort>>) {
      std::string list{"["};
      for (const HostPort& place : member) list.append(list.size() > 1 ? ", " : "").append(yaml_quoted(to_text(place)));
      return put(root, path, list + "]");
    } else {
      const bool hide = field.privacy == Privacy::secret && secrets_ == SecretsAs::masked;
      put(root, path, hide ? yaml_quoted(mask) : scalar(field, text));
    }
  }

  FieldTable table_;
  std::string prefix_;
  SecretsAs secrets_;
};

YamlNode connector_node(ConnectorConfig connector, const std::string* credential, SecretsAs secrets) {
  if (!connector.region.empty()) connector.api_base_url.clear();  // it follows from the region
  if (credential != nullptr) connector.bearer_token = Secret{};   // so does this from the credential
  const Rows rows{agent_fields(), "connectors[].", secrets};
  YamlNode node = rows(connector, [](const auto& each, const auto& visit) { visit_connector(each, visit); });
  if (credential != nullptr) put(node, "credential", text_scalar(*credential));
  if (connector.log_filters.empty()) return node;
  YamlNode list = list_node("log_filters");
  const Rows filter_rows{agent_fields(), "connectors[].log_filters[].", secrets};
  for (const LogFilterConfig& filter : connector.log_filters)
    list.children.push_back(filter_rows(filter, [](const auto& each, const auto& visit) { visit_log_filter(each, visit); }));
  node.children.push_back(std::move(list));
  return node;
}

void write(std::string& out, const YamlNode& node, std::size_t indent);

// "key: value", "key:" and what is below it, or "key: []".
void write_member(std::string& out, const YamlNode& node, std::size_t indent) {
  out.append(node.key).append(":");
  if (node.kind == YamlNode::Kind::scalar) {
    out.append(" ").append(node.text).append("\n");
  } else if (node.children.empty()) {
    out.append(node.kind == YamlNode::Kind::list ? " []\n" : " {}\n");
  } else {
    out.append("\n");
    write(out, node, indent + 2);
  }
}

void write(std::string& out, const YamlNode& node, std::size_t indent) {
  const std::string margin(indent, ' ');
  if (node.kind == YamlNode::Kind::map) {
    for (const YamlNode& member : node.children) {
      out.append(margin);
      write_member(out, member, indent);
    }
    return;
  }
  // Elements of our lists are maps, and none is empty: each has a name or a time that is required.
  for (const YamlNode& element : node.children) {
    std::string lines;
    write(lines, element, indent + 2);
    lines.replace(indent, 1, "-");
    out.append(lines);
  }
}

}  // namespace

std::string yaml_quoted(std::string_view text) {
  std::string out{"\""};
  while (!text.empty()) {
    unsigned point = 0;
    if (const std::size_t bytes = odd_character(text, point); bytes > 0) {
      append_escape(out, point);
      text.remove_prefix(bytes);
      continue;
    }
    if (text.front() == '"' || text.front() == '\\') out.push_back('\\');
    out.push_back(text.front());
    text.remove_prefix(1);
  }
  return out.append("\"");
}

std::string to_yaml(const ConnectorsDocument& document, SecretsAs secrets) {
  YamlNode root = map_node();
  put(root, "revision", std::to_string(document.revision));
  if (!document.credentials.empty()) {
    YamlNode list = list_node("credentials");
    for (const Credential& credential : document.credentials) {
      YamlNode node = map_node();
      put(node, "name", text_scalar(credential.name));
      put(node, "bearer_token", secrets == SecretsAs::plain ? text_scalar(credential.bearer_token.reveal()) : yaml_quoted(mask));
      list.children.push_back(std::move(node));
    }
    root.children.push_back(std::move(list));
  }
  YamlNode list = list_node("connectors");
  for (const ConnectorConfig& connector : document.connectors) {
    const auto credential = document.credential_of.find(connector.name);
    const std::string* name = credential == document.credential_of.end() ? nullptr : &credential->second;
    list.children.push_back(connector_node(connector, name, secrets));
  }
  root.children.push_back(std::move(list));
  std::string out;
  write(out, root, 0);
  return out;
}

std::string to_yaml(const AgentConfig& config) {
  constexpr SecretsAs secrets = SecretsAs::masked;
  const Rows rows{agent_fields(), "", secrets};
  YamlNode root = rows(config, [](const auto& each, const auto& visit) { visit_agent(each, visit); });
  // Its default hangs on the receiver.
  const bool written_already = config.ship.compression != ShipConfig{}.compression;
  if (config.ship.receiver == Receiver::forward && !written_already)
    put(root, "ship.compression", std::string{name(config.ship.compression)});
  if (!config.ship.bandwidth_schedule.empty()) {
    YamlNode list = list_node("bandwidth_schedule");
    const Rows rule_rows{agent_fields(), "ship.bandwidth_schedule[].", secrets};
    for (const BandwidthRule& rule : config.ship.bandwidth_schedule)
      list.children.push_back(rule_rows(rule, [](const auto& each, const auto& visit) { visit_bandwidth_rule(each, visit); }));
    section(root, "ship").children.push_back(std::move(list));
  }
  YamlNode list = list_node("connectors");
  for (const ConnectorConfig& connector : config.connectors) list.children.push_back(connector_node(connector, nullptr, secrets));
  root.children.push_back(std::move(list));
  std::string out;
  write(out, root, 0);
  return out;
}

}  // namespace tidegate
