// What `filter try` found, for people and for programs.
//
// Pure; any thread. Values of records are shown without control characters and cut to a line in the text; whole, within
// filter_value_bytes_max, in the JSON.
#pragma once

#include <string>
#include <vector>

#include "agent/filter_try.h"

namespace tidegate {

struct FilterReport {
  std::string connector;
  std::string query;  // as it was given
  std::vector<ContentFindings> contents;
  std::vector<UnknownField> unknown_fields;
};

std::string filter_report_text(const FilterReport& report);

// One line:
// {"connector": …, "query": …, "content_types": [{"content_type": …, "records": N, "matching": N, "not_understood": N, "from":
// TIME,
//  "to": TIME, "whole": true, "examples": [{"id": …, "time": TIME, "values": {"FIELD": ["VALUE"]}}], "error": {"code", "text"},
//  "warning": …}], "unknown_fields": [{"field": …, "nearest": …}]}
// `error`, `warning` and `nearest` stand only where there is one.
std::string filter_report_json(const FilterReport& report);

}  // namespace tidegate
