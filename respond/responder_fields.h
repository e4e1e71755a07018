// How the rows of a responder are read into its members, where config/values.h and document_values.h have no such kind.
//
// Inside respond/. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "config/reader.h"
#include "respond/document_values.h"
#include "respond/responder.h"

namespace tidegate {

inline constexpr std::string_view secret_mask = "***";

// Found by the Reader beside those of config/values.h, with the same promises.
Complained read_value(const Field& field, const YamlNode& node, std::uint16_t& out);
Complained read_value(const Field& field, const YamlNode& node, std::map<std::string, std::string>& out);
Complained read_value(const Field& field, const YamlNode& node, std::set<ResponseAction>& out);
Complained read_value(const Field& field, const YamlNode& node, ResponderType& out);
Complained read_value(const Field& field, const YamlNode& node, ResponderProtocol& out);
Complained read_value(const Field& field, const YamlNode& node, WebhookAuth& out);

}  // namespace tidegate
