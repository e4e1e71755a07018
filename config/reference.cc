#include "config/reference.h"

namespace tidegate {

std::string_view section_of(std::string_view path) { return path.substr(0, path.find_first_of(".[")); }

std::string field_value_text(const Field& field, std::string_view quote) {
  std::string text{name(field.kind)};
  if (!field.allowed.empty()) {
    std::string choices;
    for (std::string_view choice : allowed_of(field))
      choices.append(choices.empty() ? "" : ", ").append(quote).append(choice).append(quote);
    text.append(" ").append(choices);
  }
  if (field.least.empty() && field.most.empty()) return text;
  const bool of_length = field.kind == FieldKind::name || field.kind == FieldKind::label || field.kind == FieldKind::text ||
                         field.kind == FieldKind::path || field.kind == FieldKind::token || field.kind == FieldKind::query ||
                         field.kind == FieldKind::url || field.kind == FieldKind::proxy || field.kind == FieldKind::mailbox;
  if (of_length) return text.append(", at most ").append(field.most).append(" bytes");
  return text.append(", ").append(field.least).append(" to ").append(field.most);
}

std::string field_fallback_text(const Field& field, std::string_view quote) {
  if (field.need == Need::required) return "required";
  if (field.fallback.empty()) return "none";
  if (field.kind == FieldKind::choices) return "all";
  return std::string{quote}.append(field.fallback).append(quote);
}

std::string reference_markdown(FieldTable table) {
  std::string page;
  std::string_view section;
  for (const Field& field : table) {
    if (section_of(field.path) != section) {
      section = section_of(field.path);
      page.append(page.empty() ? "" : "\n").append("## ").append(section).append("\n\n");
      page.append("| key | value | default | a change | what it is |\n|---|---|---|---|---|\n");
    }
    page.append("| `").append(field.path).append("` | ").append(field_value_text(field, "`")).append(" | ");
    page.append(field_fallback_text(field, "`"));
    page.append(" | ").append(field.applies == Applies::live ? "is live" : "needs a restart").append(" | ").append(field.doc);
    page.append(field.privacy == Privacy::secret ? " Secret. |\n" : " |\n");
  }
  return page;
}

}  // namespace tidegate
