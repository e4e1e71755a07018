#include "config/values.h"

#include <algorithm>

#include "base/check.h"
#include "config/nearest.h"
#include "config/texts.h"
#include "config/units.h"
#include "config/utf8.h"

namespace tidegate {
namespace {

std::string joined(const std::vector<std::string_view>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text.append(i + 1 == parts.size() ? " or " : ", ");
    text.append(parts[i]);
  }
  return text;
}

std::string_view example_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::duration: return "write for example 30s, 5min, 24h or 7d";
    case FieldKind::size: return "write for example 64MiB or 4GiB";
    case FieldKind::rate: return "write for example 20Mbit/s, or unlimited";
    case FieldKind::count: return "write digits alone, for example 300";
    case FieldKind::time_of_day: return "write for example 08:00";
    case FieldKind::flag: return "write true or false";
    case FieldKind::place: return "write for example 127.0.0.1:9273";
    case FieldKind::places: return "write for example [dp1.example.net:24224, dp2.example.net:24224]";
    case FieldKind::hosts: return "write for example [dp1.example.net, 192.0.2.7]";
    case FieldKind::labels: return "write for example [acme, blue], in printable ASCII characters only";
    case FieldKind::mailbox: return "write for example tidegate@example.net";
    case FieldKind::mailboxes: return "write for example [soc@example.net, oncall@example.net]";
    default: return "write a text";
  }
}

std::string_view kind_of(const YamlNode& node) {
  return node.kind == YamlNode::Kind::list ? "a list" : node.kind == YamlNode::Kind::map ? "a map" : "a single value";
}

// "a duration", "one of"…: what the field takes, for a node of another shape.
Complained wrong_shape(const Field& field, const YamlNode& node) {
  if (node.kind == YamlNode::Kind::null) return Complaint{{}, "has no value", remedy_of(field) + ", or leave the key out"};
  const bool wants_list = field.kind == FieldKind::places || field.kind == FieldKind::hosts || field.kind == FieldKind::choices ||
                          field.kind == FieldKind::labels || field.kind == FieldKind::mailboxes;
  std::string problem{"is "};
  problem.append(kind_of(node)).append(wants_list ? ", not a list" : ", not a single value");
  return Complaint{node.kind == YamlNode::Kind::scalar ? shown(&field, node.text) : "", std::move(problem), remedy_of(field)};
}

Complaint not_a(const Field& field, std::string_view text, std::string_view what) {
  return {shown(&field, text), "is not " + std::string{what}, remedy_of(field)};
}

// Bounds in written form, read by the parser of the field's own kind.
template <class Parse>
Complained out_of_bounds(const Field& field, std::string_view text, Parse parse) {
  const auto value = parse(text);
  const bool low = !field.least.empty() && *value < *parse(field.least);
  const bool high = !field.most.empty() && *value > *parse(field.most);
  if (!low && !high) return std::nullopt;
  std::string remedy{"write "};
  if (field.least.empty()) remedy.append("at most ").append(field.most);
  else if (field.most.empty()) remedy.append("at least ").append(field.least);
  else remedy.append("between ").append(field.least).append(" and ").append(field.most);
  return Complaint{shown(&field, text), low ? "is too small" : "is too large", std::move(remedy)};
}

template <class Parse, class T>
Complained read_quantity(const Field& field, const YamlNode& node, std::string_view what, Parse parse, T& out) {
  if (node.kind != YamlNode::Kind::scalar) return wrong_shape(field, node);
  const auto value = parse(node.text);
  if (!value) return not_a(field, node.text, what);
  if (Complained bounds = out_of_bounds(field, node.text, parse)) return bounds;
  out = *value;
  return std::nullopt;
}

// The enumerators are numbered from 0 in the order of `allowed`.
template <class Enum>
std::optional<Enum> choice_of(const Field& field, std::string_view text) {
  const std::size_t count = allowed_of(field).size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto candidate = static_cast<Enum>(i);
    if (name(candidate) == text) return candidate;
  }
  return std::nullopt;
}

template <class Enum>
Complained read_choice(const Field& field, const YamlNode& node, Enum& out) {
  if (node.kind != YamlNode::Kind::scalar) return wrong_shape(field, node);
  const std::optional<Enum> chosen = choice_of<Enum>(field, node.text);
  if (!chosen) return not_a(field, node.text, "known here");
  out = *chosen;
  return std::nullopt;
}

// `what` is what an element of the list is called.
Complaint unknown_choice(const Field& field, std::string_view text, std::string_view what) {
  Complaint complaint = not_a(field, text, "known here");
  if (const auto near = nearest(text, allowed_of(field)))
    complaint.remedy = "the nearest known " + std::string{what} + " is " + std::string{*near};
  return complaint;
}

template <class Enum>
Complained read_choices(const Field& field, const YamlNode& node, std::set<Enum>& out, std::string_view what) {
  if (node.kind != YamlNode::Kind::list) return wrong_shape(field, node);
  out.clear();
  for (const YamlNode& element : node.children) {
    const std::optional<Enum> chosen = choice_of<Enum>(field, element.text);
    if (!chosen) return unknown_choice(field, element.text, what);
    if (!out.insert(*chosen).second)
      return Complaint{shown(&field, element.text), "stands in the list twice", "name each " + std::string{what} + " once"};
  }
  if (out.empty()) {
    const bool of_connector = field.path.starts_with("connectors[]");
    return Complaint{
        {}, "is an empty list", remedy_of(field) + (of_connector ? ", or disable the connector" : ", or leave the key out")};
  }
  return std::nullopt;
}

Complained read_texts(const Field& field, const YamlNode& node, std::string& out) {
  if (node.kind != YamlNode::Kind::scalar) return wrong_shape(field, node);
  out = node.text;
  std::optional<TextFault> fault = check_text(field, out);
  if (!fault) return std::nullopt;
  const bool is_choice = field.kind == FieldKind::choice;
  return Complaint{shown(&field, node.text), std::move(fault->problem), is_choice ? remedy_of(field) : std::move(fault->remedy)};
}

std::string element_name(FieldKind kind) {
  return kind == FieldKind::hosts ? "host" : kind == FieldKind::mailboxes ? "address" : "one";
}

bool looks_like_a_token(std::string_view text) { return text.size() > 40 && text.find("eyJ") != std::string_view::npos; }

}  // namespace

std::string remedy_of(const Field& field) {
  if (field.kind == FieldKind::choice) return "write " + joined(allowed_of(field));
  if (field.kind == FieldKind::choices) return "write a list of " + joined(allowed_of(field));
  return std::string{example_of(field.kind)};
}

Complained read_value(const Field& field, const YamlNode& node, std::string& out) { return read_texts(field, node, out); }

Complained read_value(const Field& field, const YamlNode& node, Secret& out) {
  std::string text;
  Complained complained = read_texts(field, node, text);
  out = Secret{std::move(text)};
  return complained;
}

Complained read_value(const Field& field, const YamlNode& node, bool& out) {
  if (node.kind != YamlNode::Kind::scalar) return wrong_shape(field, node);
  if (node.text != "true" && node.text != "false") return not_a(field, node.text, "true or false");
  out = node.text == "true";
  return std::nullopt;
}

Complained read_value(const Field& field, const YamlNode& node, std::uint64_t& out) {
  if (field.kind == FieldKind::size) return read_quantity(field, node, "a size", parse_size, out);
  TG_ASSERT(field.kind == FieldKind::count, "a row and its member are of one kind");
  return read_quantity(field, node, "a whole number", parse_count, out);
}

Complained read_value(const Field& field, const YamlNode& node, std::optional<std::uint64_t>& out) {
  TG_ASSERT(field.kind == FieldKind::rate, "a row and its member are of one kind");
  if (node.kind == YamlNode::Kind::scalar && node.text == "unlimited") {
    out.reset();
    return std::nullopt;
  }
  return read_quantity(field, node, "a bit rate", parse_rate, out);
}

Complained read_value(const Field& field, const YamlNode& node, std::chrono::milliseconds& out) {
  TG_ASSERT(field.kind == FieldKind::duration, "a row and its member are of one kind");
  return read_quantity(field, node, "a duration", parse_duration, out);
}

Complained read_value(const Field& field, const YamlNode& node, std::chrono::minutes& out) {
  TG_ASSERT(field.kind == FieldKind::time_of_day, "a row and its member are of one kind");
  return read_quantity(field, node, "a time of day", parse_time_of_day, out);
}

Complained read_value(const Field& field, const YamlNode& node, std::chrono::seconds& out) {
  std::chrono::milliseconds value{};
  if (Complained complained = read_value(field, node, value)) return complained;
  out = std::chrono::duration_cast<std::chrono::seconds>(value);
  if (out == value) return std::nullopt;
  return Complaint{shown(&field, node.text), "has a fraction of a second", "write whole seconds, for example 30s"};
}

Complained read_value(const Field& field, const YamlNode& node, HostPort& out) {
  if (node.kind != YamlNode::Kind::scalar) return wrong_shape(field, node);
  const std::optional<HostPort> place = parse_place(node.text);
  if (!place) return not_a(field, node.text, "a host and a port");
  out = *place;
  return std::nullopt;
}

Complained read_value(const Field& field, const YamlNode& node, std::vector<HostPort>& out) {
  if (node.kind != YamlNode::Kind::list) return wrong_shape(field, node);
  out.clear();
  for (const YamlNode& element : node.children) {
    const std::optional<HostPort> place = parse_place(element.text);
    if (!place || place->port == 0) return not_a(field, element.text, "a host and a port");
    if (std::find(out.begin(), out.end(), *place) != out.end()) {
      return Complaint{shown(&field, element.text), "stands in the list twice", "name each processor once"};
    }
    out.push_back(*place);
  }
  const std::string count = std::to_string(out.size());
  Complained bounds = out_of_bounds(field, count, parse_count);
  if (bounds) bounds->value = count + " elements";
  return bounds;
}

Complained read_value(const Field& field, const YamlNode& node, std::vector<std::string>& out) {
  if (node.kind != YamlNode::Kind::list) return wrong_shape(field, node);
  out.clear();
  for (const YamlNode& element : node.children) {
    if (std::optional<TextFault> fault = check_element(field.kind, element.text))
      return Complaint{shown(&field, element.text), std::move(fault->problem), remedy_of(field)};
    if (std::find(out.begin(), out.end(), element.text) != out.end())
      return Complaint{shown(&field, element.text), "stands in the list twice", "name each " + element_name(field.kind) + " once"};
    out.push_back(element.text);
  }
  const std::string count = std::to_string(out.size());
  Complained bounds = out_of_bounds(field, count, parse_count);
  if (bounds) bounds->value = count + " elements";
  return bounds;
}

Complained read_value(const Field& field, const YamlNode& node, std::set<ContentType>& out) {
  return read_choices(field, node, out, "content type");
}

Complained read_value(const Field& field, const YamlNode& node, std::set<RiskLevel>& out) {
  return read_choices(field, node, out, "risk level");
}

Complained read_value(const Field& field, const YamlNode& node, std::set<Weekday>& out) {
  return read_choices(field, node, out, "day");
}

Complained read_value(const Field& field, const YamlNode& node, TechniquesFrom& out) { return read_choice(field, node, out); }
Complained read_value(const Field& field, const YamlNode& node, Receiver& out) { return read_choice(field, node, out); }
Complained read_value(const Field& field, const YamlNode& node, ShipCompression& out) { return read_choice(field, node, out); }
Complained read_value(const Field& field, const YamlNode& node, LogOutput& out) { return read_choice(field, node, out); }
Complained read_value(const Field& field, const YamlNode& node, Level& out) { return read_choice(field, node, out); }
Complained read_value(const Field& field, const YamlNode& node, EventSeverity& out) { return read_choice(field, node, out); }
Complained read_value(const Field& field, const YamlNode& node, NotifyType& out) { return read_choice(field, node, out); }
Complained read_value(const Field& field, const YamlNode& node, SmtpTls& out) { return read_choice(field, node, out); }

YamlNode fallback_node(const Field& field) {
  TG_ASSERT(!field.fallback.empty(), "only a field with a default is left out");
  YamlNode node;
  node.kind = field.kind == FieldKind::choices ? YamlNode::Kind::list : YamlNode::Kind::scalar;
  if (node.kind == YamlNode::Kind::scalar) {
    node.text = field.fallback;
    return node;
  }
  for (std::string_view part : split_choices(field.fallback)) {
    YamlNode element;
    element.kind = YamlNode::Kind::scalar;
    element.text = part;
    node.children.push_back(std::move(element));
  }
  return node;
}

std::string shown(const Field* field, std::string_view text) {
  if ((field != nullptr && field->privacy == Privacy::secret) || looks_like_a_token(text)) return text.empty() ? "" : "***";
  std::string plain;
  for (std::size_t at = 0; at < text.size(); at += utf8_sequence_bytes(text[at])) {
    const std::string_view character = text.substr(at, utf8_sequence_bytes(text[at]));
    if (plain.size() + character.size() > shown_bytes_max) return plain + "...";
    if (not_text_at(character) || static_cast<unsigned char>(character[0]) < 0x20) plain.push_back('?');
    else plain.append(character);
  }
  return plain;
}

}  // namespace tidegate
