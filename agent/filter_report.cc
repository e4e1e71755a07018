#include "agent/filter_report.h"

#include "base/log.h"
#include "config/values.h"

namespace tidegate {
namespace {

// "12.5 %"
std::string share_text(std::uint64_t part, std::uint64_t whole) {
  const std::uint64_t tenths = whole == 0 ? 0 : (part * 1000 + whole / 2) / whole;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

void append_example(std::string& out, const FilterExample& example) {
  out.append("  ").append(to_iso8601(example.time)).append(" ").append(example.id.empty() ? "-" : shown(nullptr, example.id));
  for (const FieldValues& field : example.values) {
    out.append("  ").append(field.field).append(": ");
    for (std::size_t i = 0; i < field.values.size(); ++i) out.append(i == 0 ? "" : ", ").append(shown(nullptr, field.values[i]));
  }
  out.append("\n");
}

void append_warning(std::string& out, const ContentFindings& content) {
  if (!content.warning.empty()) out.append("  warning: ").append(content.warning).append("\n");
}

void append_content(std::string& out, const ContentFindings& content) {
  out.append(name(content.type)).append(": ");
  if (content.error) {
    out.append(content.records > 0 ? "ended early: " : "could not be read: ").append(content.error->text()).append("\n");
    if (content.records == 0) return append_warning(out, content);
    out.append("  ");
  }
  out.append(std::to_string(content.matching)).append(" of ").append(std::to_string(content.records)).append(" records match");
  if (content.records > 0) out.append(" (").append(share_text(content.matching, content.records)).append(")");
  out.append("; looked at: ").append(to_iso8601(content.from)).append(" to ").append(to_iso8601(content.to));
  if (!content.whole) out.append(", in part");
  if (content.odd > 0) out.append("; ").append(std::to_string(content.odd)).append(" records not understood are never filtered");
  out.append("\n");
  for (const FilterExample& example : content.examples) append_example(out, example);
  append_warning(out, content);
}

// {"key": or ,"key": as it is the first in its object or not.
void open_member(std::string& out, std::string_view key) {
  if (out.back() != '{') out.push_back(',');
  append_json_string(out, key);
  out.push_back(':');
}

void append_member(std::string& out, std::string_view key, std::string_view value) {
  open_member(out, key);
  append_json_string(out, value);
}

void append_member(std::string& out, std::string_view key, std::uint64_t value) {
  open_member(out, key);
  out.append(std::to_string(value));
}

// "key":[…], each element written by `append`.
template <class Element, class Append>
void append_list(std::string& out, std::string_view key, const std::vector<Element>& list, Append append) {
  open_member(out, key);
  out.push_back('[');
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out.push_back(',');
    append(out, list[i]);
  }
  out.push_back(']');
}

void append_example_json(std::string& out, const FilterExample& example) {
  out.push_back('{');
  append_member(out, "id", example.id);
  append_member(out, "time", to_iso8601(example.time));
  open_member(out, "values");
  out.push_back('{');
  const auto append_text = [](std::string& text, const std::string& value) { append_json_string(text, value); };
  for (const FieldValues& field : example.values) append_list(out, field.field, field.values, append_text);
  out.append("}}");
}

void append_content_json(std::string& out, const ContentFindings& content) {
  out.push_back('{');
  append_member(out, "content_type", name(content.type));
  append_member(out, "records", content.records);
  append_member(out, "matching", content.matching);
  append_member(out, "not_understood", content.odd);
  append_member(out, "from", to_iso8601(content.from));
  append_member(out, "to", to_iso8601(content.to));
  open_member(out, "whole");
  out.append(content.whole ? "true" : "false");
  append_list(out, "examples", content.examples, append_example_json);
  if (content.error) {
    open_member(out, "error");
    out.push_back('{');
    append_member(out, "code", name(content.error->code()));
    append_member(out, "text", content.error->text());
    out.push_back('}');
  }
  if (!content.warning.empty()) append_member(out, "warning", content.warning);
  out.push_back('}');
}

void append_unknown_json(std::string& out, const UnknownField& unknown) {
  out.push_back('{');
  append_member(out, "field", unknown.field);
  if (unknown.nearest) append_member(out, "nearest", *unknown.nearest);
  out.push_back('}');
}

}  // namespace

std::string filter_report_text(const FilterReport& report) {
  std::string out;
  for (const ContentFindings& content : report.contents) append_content(out, content);
  for (const UnknownField& unknown : report.unknown_fields) {
    out.append("no record has the field ").append(unknown.field);
    if (unknown.nearest) out.append("; the nearest field is ").append(shown(nullptr, *unknown.nearest));
    out.append("\n");
  }
  out.append("as an exclude, the query drops what matches; as an include, what does not\n");
  return out;
}

std::string filter_report_json(const FilterReport& report) {
  std::string out{"{"};
  append_member(out, "connector", report.connector);
  append_member(out, "query", report.query);
  append_list(out, "content_types", report.contents, append_content_json);
  append_list(out, "unknown_fields", report.unknown_fields, append_unknown_json);
  out.push_back('}');
  return out;
}

}  // namespace tidegate
