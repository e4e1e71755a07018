#include "respond/document_values.h"

#include <algorithm>

#include "config/texts.h"

namespace tidegate {

Complaint no_value(const std::string& remedy) { return {{}, "has no value", remedy + ", or leave the key out"}; }

Complained read_lines(const Field& field, const YamlNode& node, std::string_view example, std::string& out) {
  if (node.kind == YamlNode::Kind::null) return no_value("write a text, such as " + std::string{example});
  if (node.kind == YamlNode::Kind::scalar) {
    std::string text = node.text;
    std::ranges::replace(text, '\n', ' ');  // what is left has the form of one line
    std::ranges::replace(text, '\r', ' ');
    std::ranges::replace(text, '\t', ' ');
    if (std::optional<TextFault> fault = check_text(field, text))
      return Complaint{shown(&field, node.text), std::move(fault->problem), std::move(fault->remedy)};
    out = node.text;
    return std::nullopt;
  }
  const std::string is = node.kind == YamlNode::Kind::list ? "is a list" : "is a map";
  return Complaint{
      {}, is + ", not a text: YAML takes what begins with [ or { apart", "put it in single quotes, or behind | in lines"};
}

Complained read_value(const Field& field, const YamlNode& node, TemplateText& out) {
  return read_lines(field, node, "'{\"id\": \"{{record_id}}\"}'", out.text);
}

Complained read_value(const Field& field, const YamlNode& node, TenantChoice& out) {
  const std::string remedy = "write a list of tenants, for example [acme], or " + std::string{all_tenants};
  if (node.kind == YamlNode::Kind::null) return Complaint{{}, "has no value", remedy};
  if (node.kind == YamlNode::Kind::scalar) {
    if (node.text == all_tenants) return std::nullopt;
    return Complaint{shown(&field, node.text), "is no list, and not the word " + std::string{all_tenants}, remedy};
  }
  if (Complained complained = read_value(field, node, out.ids)) return complained;
  if (std::ranges::find(out.ids, all_tenants) == out.ids.end()) return std::nullopt;
  return Complaint{std::string{all_tenants}, "stands in a list", "write tenants: all for every tenant, or name them one by one"};
}

}  // namespace tidegate
