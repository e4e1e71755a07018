#include "processor/fleet/connector_file.h"

#include <algorithm>
#include <tuple>

#include "config/document.h"
#include "config/texts.h"

namespace tidegate {
namespace {

constexpr std::string_view stand_in = "given";  // for tokens that are not in the file

const YamlNode* child(const YamlNode& map, std::string_view key) {
  const auto found = std::ranges::find(map.children, key, &YamlNode::key);
  return found == map.children.end() ? nullptr : &*found;
}

std::string text_of(const YamlNode& map, std::string_view key) {
  const YamlNode* node = child(map, key);
  return node != nullptr && node->kind == YamlNode::Kind::scalar ? node->text : std::string{};
}

// The sensor judges these by its own file; here whatever is named is let through.
RemotePolicy policy_for(const YamlNode& root) {
  AgentConfig named;
  const YamlNode* list = child(root, "connectors");
  if (list != nullptr) {
    for (const YamlNode& each : list->children) {
      ConnectorConfig connector;
      connector.api_base_url = text_of(each, "api_base_url");
      connector.proxy = Secret{text_of(each, "proxy")};
      named.connectors.push_back(std::move(connector));
    }
  }
  RemotePolicy policy = policy_of(named);
  policy.local_connectors.clear();
  return policy;
}

// One file under way to a document as the parser takes it, line for line.
class FileReader {
 public:
  FileReader(const ConnectorFileOrder& order, const YamlNode& root) : order_(order), root_(root) {
    std::string_view rest = order.yaml;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      lines_.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  ParsedConnectors read() {
    for (const YamlNode& member : root_.children) check_top(member);
    if (!errors_.empty()) return answer({});
    put_revision();
    put_credentials();
    RemotePolicy policy = policy_for(root_);
    policy.tenants = order_.tenants;
    std::string text;
    for (const std::string& line : lines_) text.append(line).append("\n");
    return answer(parse_connectors(text, policy));
  }

 private:
  void refuse(const YamlNode& node, std::string field, std::string value, std::string problem, std::string remedy) {
    errors_.push_back({.file = {},
                       .line = node.key_line,
                       .field = std::move(field),
                       .value = std::move(value),
                       .problem = std::move(problem),
                       .remedy = std::move(remedy)});
  }

  void check_top(const YamlNode& member) {
    if (member.key == "revision") return refuse(member, member.key, {}, "is counted by the processor", "take it out of the file");
    if (member.key == "credentials")
      return refuse(member, member.key, {}, "does not stand in this file",
                    "keep a secret with `tidegate-processor credential set NAME`, and write credential: NAME in the connector");
    const bool on_its_own =
        member.key_line > 0 && member.key_line <= lines_.size() && lines_[member.key_line - 1].starts_with(member.key + ":");
    if (!on_its_own)
      return refuse(member, member.key, {}, "does not begin a line", "write each key of the top at the beginning of a line");
    if (member.key == "sensor" && (member.kind != YamlNode::Kind::scalar || member.line != member.key_line))
      refuse(member, member.key, {}, "is no name in the same line", "write sensor: NAME");
  }

  // In place of the sensor's line, so that every other line keeps its number.
  void put_revision() {
    const YamlNode* sensor = child(root_, "sensor");
    if (sensor != nullptr) lines_[sensor->key_line - 1] = "revision: 1";
    else lines_.emplace_back("revision: 1");
  }

  void put_credentials() {
    std::set<std::string> referred;
    const YamlNode* list = child(root_, "connectors");
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->children.size(); ++i) {
      const YamlNode* reference = child(list->children[i], "credential");
      if (reference == nullptr || reference->kind != YamlNode::Kind::scalar) continue;
      std::string name = reference->text;
      const Field* field = find_field(connectors_fields(), "connectors[].credential");
      if (field == nullptr || check_text(*field, name)) continue;  // the parser says so
      if (!order_.credentials.contains(name))
        refuse(*reference, "connectors[" + std::to_string(i) + "].credential", name, "is no credential that the processor keeps",
               "set it with `tidegate-processor credential set NAME`");
      referred.insert(std::move(name));
    }
    if (referred.empty()) return;
    lines_.emplace_back("credentials:");
    for (const std::string& name : referred)
      lines_.push_back("  - {name: " + quoted(name) + ", bearer_token: " + std::string{stand_in} + "}");
  }

  // A label is printable ASCII.
  static std::string quoted(std::string_view label) {
    std::string out{"\""};
    for (const char c : label) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + "\"";
  }

  ParsedConnectors answer(ParsedConnectors parsed) {
    parsed.errors.insert(parsed.errors.end(), errors_.begin(), errors_.end());
    std::ranges::sort(parsed.errors, {}, [](const ConfigError& error) { return std::tie(error.line, error.field); });
    for (ConfigError& error : parsed.errors) error.file = order_.file_name;
    if (!parsed.errors.empty()) parsed.document.reset();
    if (!parsed.document) return parsed;
    parsed.document->revision = 0;
    for (Credential& credential : parsed.document->credentials) credential.bearer_token = Secret{};
    return parsed;
  }

  const ConnectorFileOrder& order_;
  const YamlNode& root_;
  std::vector<std::string> lines_;
  std::vector<ConfigError> errors_;
};

bool is_separator(std::string_view line) {
  if (!line.starts_with("---")) return false;
  const std::size_t more = line.find_first_not_of(" \t\r", 3);
  return more == std::string_view::npos || (more > 3 && line[more] == '#');
}

bool is_empty_line(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#';
}

}  // namespace

std::vector<FileDocument> documents_of(std::string_view yaml) {
  std::vector<FileDocument> documents;
  std::size_t begin = 0;
  std::size_t lines_before = 0;
  bool has_content = false;
  std::size_t line_number = 0;
  const auto end_document = [&](std::size_t end) {
    if (has_content) documents.push_back({yaml.substr(begin, end - begin), lines_before});
    has_content = false;
  };
  for (std::size_t at = 0; at < yaml.size();) {
    const std::size_t end = std::min(yaml.find('\n', at), yaml.size());
    const std::string_view line = yaml.substr(at, end - at);
    const std::size_t next = std::min(end + 1, yaml.size());
    ++line_number;
    if (is_separator(line)) {
      end_document(at);
      begin = next;
      lines_before = line_number;
    } else if (!is_empty_line(line)) {
      has_content = true;
    }
    at = next;
  }
  end_document(yaml.size());
  return documents;
}

std::string sensor_of_file(std::string_view yaml) {
  const YamlDocument document = read_document(yaml);
  return document.root ? text_of(*document.root, "sensor") : std::string{};
}

ParsedConnectors parse_connector_file(const ConnectorFileOrder& order) {
  const YamlDocument document = read_document(order.yaml);
  if (document.root && document.errors.empty() && document.root->kind == YamlNode::Kind::map && !document.root->children.empty())
    return FileReader{order, *document.root}.read();
  ParsedConnectors refused = parse_connectors(order.yaml, {});
  TG_ASSERT(!refused.document, "what is no map with keys is no document");
  for (ConfigError& error : refused.errors) error.file = order.file_name;
  return refused;
}

Result<ConnectorsDocument> read_pushed(const Secret& text) {
  const YamlDocument yaml = read_document(text.reveal());
  ParsedConnectors parsed = parse_connectors(text.reveal(), yaml.root ? policy_for(*yaml.root) : RemotePolicy{});
  if (parsed.document) return *std::move(parsed.document);
  const std::string why = parsed.errors.empty() ? std::string{"it cannot be read"} : to_text(parsed.errors.front());
  return Error{Code::corrupt, "the document that was pushed last: " + why};
}

}  // namespace tidegate
