// How the rows of a rule are read into its members, where config/values.h and document_values.h have no such kind.
//
// Inside respond/. Pure; any thread.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/reader.h"
#include "respond/document_values.h"
#include "respond/rule.h"

namespace tidegate {

// A query of one line or more.
struct QueryText {
  std::string text;
};
// Values by template path, and what is wrong with them: more than one complaint can tell.
struct GivenValues {
  std::map<std::string, std::vector<std::string>> values;
  std::vector<Complaint> flaws;
};

// Found by the Reader beside those of config/values.h, with the same promises.
Complained read_value(const Field& field, const YamlNode& node, QueryText& out);
Complained read_value(const Field& field, const YamlNode& node, GivenValues& out);
Complained read_value(const Field& field, const YamlNode& node, RuleTrigger& out);
Complained read_value(const Field& field, const YamlNode& node, std::optional<ResponseAction>& out);
Complained read_value(const Field& field, const YamlNode& node, std::optional<std::chrono::seconds>& out);

}  // namespace tidegate
