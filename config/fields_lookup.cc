// How rows are found, and what their kinds are called.
#include <algorithm>

#include "config/fields.h"

namespace tidegate {
namespace {

// The rest of `path` below `section`; absent when it does not lie there.
std::optional<std::string_view> below(std::string_view path, std::string_view section) {
  if (section.empty()) return path;
  if (path.size() <= section.size() + 1 || !path.starts_with(section) || path[section.size()] != '.') return std::nullopt;
  return path.substr(section.size() + 1);
}

}  // namespace

std::string without_indexes(std::string_view path) {
  std::string plain;
  bool inside = false;
  for (char c : path) {
    if (c == ']') inside = false;
    if (!inside) plain.push_back(c);
    if (c == '[') inside = true;
  }
  return plain;
}

const Field* find_field(FieldTable table, std::string_view path) {
  const std::string plain = without_indexes(path);
  const auto found = std::find_if(table.begin(), table.end(), [&](const Field& field) { return field.path == plain; });
  return found == table.end() ? nullptr : &*found;
}

bool is_section(FieldTable table, std::string_view path) {
  return std::any_of(table.begin(), table.end(), [&](const Field& field) { return below(field.path, path).has_value(); });
}

std::vector<std::string_view> keys_of(FieldTable table, std::string_view section) {
  std::vector<std::string_view> keys;
  for (const Field& field : table) {
    const std::optional<std::string_view> rest = below(field.path, section);
    if (!rest) continue;
    const std::string_view key = rest->substr(0, rest->find_first_of(".["));
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
  return keys;
}

std::vector<std::string_view> split_choices(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t bar = std::min(text.find('|'), text.size());
    parts.push_back(text.substr(0, bar));
    text.remove_prefix(std::min(bar + 1, text.size()));
  }
  return parts;
}

std::vector<std::string_view> allowed_of(const Field& field) { return split_choices(field.allowed); }

std::string_view name(FieldKind kind) {
  switch (kind) {
    case FieldKind::name: return "name";
    case FieldKind::label: return "label";
    case FieldKind::text: return "text";
    case FieldKind::path: return "path";
    case FieldKind::url: return "URL";
    case FieldKind::wss_url: return "wss URL";
    case FieldKind::proxy: return "proxy URL";
    case FieldKind::token: return "token";
    case FieldKind::duration: return "duration";
    case FieldKind::size: return "size";
    case FieldKind::rate: return "bit rate";
    case FieldKind::count: return "number";
    case FieldKind::time_of_day: return "time of day";
    case FieldKind::flag: return "true or false";
    case FieldKind::choice: return "one of";
    case FieldKind::choices: return "list of";
    case FieldKind::place: return "host:port";
    case FieldKind::places: return "list of host:port";
    case FieldKind::hosts: return "list of hosts";
    case FieldKind::labels: return "list of labels";
    case FieldKind::mailbox: return "mail address";
    case FieldKind::mailboxes: return "list of mail addresses";
    case FieldKind::query: return "query";
  }
  return "value";
}

std::string_view name(Applies applies) { return applies == Applies::live ? "live" : "restart"; }

}  // namespace tidegate
