// One value: from its node in the document to its member in the model, checked by its row of the table, and back to the
// text that would be written. Overloaded on the member's type, so that a row and a member of different kinds meet in a
// broken assertion of the unit tests and nowhere else.
//
// Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/document.h"
#include "config/fields.h"
#include "config/model.h"

namespace tidegate {

inline constexpr std::size_t shown_bytes_max = 64;  // of a value in an error

// What an operator is told; the caller adds file, line and field.
struct Complaint {
  std::string value{};  // fit to be shown; may be empty
  std::string problem{};
  std::string remedy{};
};
using Complained = std::optional<Complaint>;  // absent: the value is good, and stored; a text is stored in any case

Complained read_value(const Field& field, const YamlNode& node, std::string& out);
Complained read_value(const Field& field, const YamlNode& node, Secret& out);
Complained read_value(const Field& field, const YamlNode& node, bool& out);
Complained read_value(const Field& field, const YamlNode& node, std::uint64_t& out);
Complained read_value(const Field& field, const YamlNode& node, std::optional<std::uint64_t>& out);
Complained read_value(const Field& field, const YamlNode& node, std::chrono::milliseconds& out);
Complained read_value(const Field& field, const YamlNode& node, std::chrono::seconds& out);
Complained read_value(const Field& field, const YamlNode& node, std::chrono::minutes& out);  // a time of day
Complained read_value(const Field& field, const YamlNode& node, HostPort& out);
Complained read_value(const Field& field, const YamlNode& node, std::vector<HostPort>& out);
Complained read_value(const Field& field, const YamlNode& node, std::vector<std::string>& out);  // as the field's kind has them
Complained read_value(const Field& field, const YamlNode& node, std::set<ContentType>& out);
Complained read_value(const Field& field, const YamlNode& node, std::set<RiskLevel>& out);
Complained read_value(const Field& field, const YamlNode& node, std::set<Weekday>& out);
Complained read_value(const Field& field, const YamlNode& node, TechniquesFrom& out);
Complained read_value(const Field& field, const YamlNode& node, Receiver& out);
Complained read_value(const Field& field, const YamlNode& node, ShipCompression& out);
Complained read_value(const Field& field, const YamlNode& node, LogOutput& out);
Complained read_value(const Field& field, const YamlNode& node, Level& out);
Complained read_value(const Field& field, const YamlNode& node, EventSeverity& out);
Complained read_value(const Field& field, const YamlNode& node, NotifyType& out);
Complained read_value(const Field& field, const YamlNode& node, SmtpTls& out);

// What to write where the field has no value, or a wrong one: "write tidegate or forward".
std::string remedy_of(const Field& field);

// The node that the field's default would be in a document.   requires: the field has one
YamlNode fallback_node(const Field& field);

// A value as an error may show it: *** for a secret and for what looks like a token in the wrong place, cut to
// shown_bytes_max, without control characters.
std::string shown(const Field* field, std::string_view text);

}  // namespace tidegate
