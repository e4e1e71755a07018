#include "config/reader.h"

#include <algorithm>

#include "config/nearest.h"

namespace tidegate {
namespace {

std::string child_path(const std::string& section, std::string_view key) {
  return section.empty() ? std::string{key} : section + "." + std::string{key};
}

// What to write instead of a key that is not known in its section.
std::string remedy_for(FieldTable table, std::string_view key, std::string_view section) {
  const std::vector<std::string_view> known = keys_of(table, section);
  if (const auto near = nearest(key, known)) return "the nearest known key is " + std::string{*near};
  for (const Field& field : table) {
    if (field.path.ends_with(key) && field.path.size() > key.size() && field.path[field.path.size() - key.size() - 1] == '.') {
      return "it belongs at " + std::string{field.path};
    }
  }
  std::string remedy{"known here: "};
  for (std::size_t i = 0; i < known.size(); ++i) remedy.append(i == 0 ? "" : ", ").append(known[i]);
  return remedy;
}

// Of a list of maps.
std::size_t elements_max(std::string_view path) {
  if (path.ends_with("log_filters")) return log_filters_max;
  if (path == "notify") return notify_channels_max;
  return path.ends_with("bandwidth_schedule") ? bandwidth_rules_max : connectors_max;
}

}  // namespace

Reader::Reader(FieldTable table, const YamlDocument& document, std::string_view file_name, std::span<const ListBound> bounds)
    : table_(table), file_name_(file_name), bounds_(bounds) {
  for (const ConfigError& error : document.errors) add(error);
  if (document.root) walk(*document.root, "");
}

void Reader::walk(const YamlNode& node, const std::string& path) {
  lines_.emplace(path, node.line);
  if (find_field(table_, path) != nullptr) values_.emplace(path, &node);
  else if (is_section(table_, without_indexes(path) + "[]")) walk_list(node, path);
  else walk_section(node, path);
}

void Reader::walk_section(const YamlNode& node, const std::string& path) {
  if (node.kind == YamlNode::Kind::null) return;
  if (node.kind != YamlNode::Kind::map) {
    complain(path, {"", "is not a map of keys", "see the reference for its shape"});
    return;
  }
  const std::vector<std::string_view> known = keys_of(table_, without_indexes(path));
  for (const YamlNode& member : node.children) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) refuse_key(member, path);
    else walk(member, child_path(path, member.key));
  }
}

void Reader::walk_list(const YamlNode& node, const std::string& path) {
  if (node.kind == YamlNode::Kind::null) return;
  if (node.kind != YamlNode::Kind::list) {
    complain(path, {"", "is not a list", "begin each element with a dash"});
    return;
  }
  const std::size_t most = most_of(path);
  if (node.children.size() > most) {
    complain(path, {std::to_string(node.children.size()) + " elements", "are too many", "keep at most " + std::to_string(most)});
    return;
  }
  list_sizes_.emplace(path, node.children.size());
  for (std::size_t i = 0; i < node.children.size(); ++i) walk(node.children[i], path + "[" + std::to_string(i) + "]");
}

std::size_t Reader::most_of(const std::string& list) const {
  const auto bound = std::ranges::find(bounds_, without_indexes(list), &ListBound::path);
  return bound == bounds_.end() ? elements_max(list) : bound->most;
}

// The value is not shown: it may be a secret under a mistyped key.
void Reader::refuse_key(const YamlNode& member, const std::string& section) {
  if (errors_.size() >= config_errors_max) {
    ++errors_left_out_;
    return;
  }
  add({.file = file_name_,
       .line = member.key_line,
       .field = child_path(section, shown(nullptr, member.key)),
       .problem = "is not a known key",
       .remedy = remedy_for(table_, member.key, without_indexes(section))});
}

const Field& Reader::row_of(std::string_view path) const {
  const Field* field = find_field(table_, path);
  TG_ASSERT(field != nullptr, "every bound path has a row in the table");
  return *field;
}

const YamlNode* Reader::value_of(std::string_view path, const Field& field) {
  const auto found = values_.find(path);
  if (found != values_.end()) return found->second;
  const bool chosen = field.kind == FieldKind::choice || field.kind == FieldKind::choices;
  if (field.need == Need::required)
    complain(path, {"", "is missing", chosen ? remedy_of(field) : "give a " + std::string{name(field.kind)}});
  return nullptr;
}

std::size_t Reader::list_size(std::string_view path) const {
  const auto found = list_sizes_.find(path);
  return found == list_sizes_.end() ? 0 : found->second;
}

std::size_t Reader::line_of(std::string_view path) const {
  if (path.empty()) return 1;  // the file's own shape
  while (!path.empty()) {
    if (const auto found = lines_.find(path); found != lines_.end()) return found->second;
    const std::size_t cut = path.find_last_of(".[");
    path = path.substr(0, cut == std::string_view::npos ? 0 : cut);
  }
  return 0;
}

void Reader::complain(std::string_view path, Complaint complaint) {
  add({.file = file_name_,
       .line = line_of(path),
       .field = std::string{path},
       .value = std::move(complaint.value),
       .problem = std::move(complaint.problem),
       .remedy = std::move(complaint.remedy)});
}

bool Reader::has_error(std::string_view path) const {
  return std::any_of(errors_.begin(), errors_.end(), [&](const ConfigError& error) { return error.field == path; });
}

bool Reader::has_error_within(std::string_view section) const {
  return std::any_of(errors_.begin(), errors_.end(), [&](const ConfigError& error) { return error.field.starts_with(section); });
}

void Reader::add(ConfigError error) {
  if (errors_.size() >= config_errors_max) {
    ++errors_left_out_;
    return;
  }
  error.file = file_name_;
  const auto later = [](std::size_t line, const ConfigError& other) { return line < other.line; };
  errors_.insert(std::upper_bound(errors_.begin(), errors_.end(), error.line, later), std::move(error));
}

std::vector<ConfigError> Reader::take_errors() {
  if (errors_left_out_ > 0) {
    errors_.push_back({.file = file_name_,
                       .problem = "has " + std::to_string(errors_left_out_) + " further errors",
                       .remedy = "mend these first"});
  }
  return std::move(errors_);
}

}  // namespace tidegate
