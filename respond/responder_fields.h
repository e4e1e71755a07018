// How the rows of a responder are read into its members, where config/values.h has no such kind.
//
// Inside respond/. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/reader.h"
#include "respond/responder.h"

namespace tidegate {

inline constexpr std::string_view all_tenants = "all";
inline constexpr std::string_view secret_mask = "***";
inline constexpr std::size_t webhook_header_value_bytes_max = 1024;

// A text of more lines than one: a template.
struct TemplateText {
  std::string text;
};
// A list of ids, or the word for all of them.
struct TenantChoice {
  std::vector<std::string> ids;
  bool all = false;
};

// Found by the Reader beside those of config/values.h, with the same promises.
Complained read_value(const Field& field, const YamlNode& node, std::uint16_t& out);
Complained read_value(const Field& field, const YamlNode& node, TemplateText& out);
Complained read_value(const Field& field, const YamlNode& node, TenantChoice& out);
Complained read_value(const Field& field, const YamlNode& node, std::map<std::string, std::string>& out);
Complained read_value(const Field& field, const YamlNode& node, std::set<ResponseAction>& out);
Complained read_value(const Field& field, const YamlNode& node, ResponderType& out);
Complained read_value(const Field& field, const YamlNode& node, ResponderProtocol& out);
Complained read_value(const Field& field, const YamlNode& node, WebhookAuth& out);

}  // namespace tidegate
