#include "respond/document_rules.h"

#include <algorithm>

#include "respond/document_values.h"

namespace tidegate {

bool holds_elements(const YamlDocument& document, Reader& reader, std::string_view list, const std::string& remedy) {
  if (!document.root) return false;
  const YamlNode& root = *document.root;
  const std::string name{list};
  if (root.kind == YamlNode::Kind::null || (root.kind == YamlNode::Kind::map && root.children.empty())) {
    reader.complain({}, {{}, "is empty, which changes nothing", "list " + name + " under " + name + ":"});
    return false;
  }
  if (root.kind != YamlNode::Kind::map) return false;  // which the reader has complained of
  const auto found = std::ranges::find(root.children, list, &YamlNode::key);
  if (found == root.children.end()) {
    reader.complain(list, {{}, "is missing", remedy});
    return false;
  }
  const bool none = found->kind == YamlNode::Kind::null || (found->kind == YamlNode::Kind::list && found->children.empty());
  if (none) reader.complain(list, {{}, "names none, which changes nothing", remedy});
  return !none;
}

void SectionKeys::refuse(std::string_view key, Complaint complaint) {
  if (is_good(key)) add(key, std::move(complaint));
}

void SectionKeys::need(std::string_view key, const std::string& why, std::string remedy) {
  if (!given(key)) refuse(key, {{}, "is missing, and " + why, std::move(remedy)});
}

void SectionKeys::useless(std::string_view key, const std::string& where) {
  if (given(key)) refuse(key, {{}, "is of no use where " + where, "take it away"});
}

void SectionKeys::need_tenants() {
  if (!given("tenants"))
    refuse("tenants", {{}, "is missing", "write a list of tenants, for example [acme], or " + std::string{all_tenants}});
}

void SectionKeys::check_template(std::string_view key, const std::string& text, TemplatePlace place) {
  if (!given(key) || !is_good(key)) return;
  const Result<RequestTemplate> parsed = RequestTemplate::parse(text, place);
  if (!parsed) refuse(key, {{}, "is no template: " + parsed.error().text(), {}});
}

void DistinctNames::add(const std::string& prefix, const std::string& name) {
  const std::string path = prefix + "name";
  const std::string place = prefix.substr(0, prefix.size() - 1);
  const auto [first, is_new] = places_.emplace(name, place);
  if (is_new || name.empty() || reader_.has_error(path)) return;
  reader_.complain(path, {shown(nullptr, name), "is the name of " + first->second + " as well",
                          "give each " + std::string{what_} + " a name of its own"});
}

}  // namespace tidegate
