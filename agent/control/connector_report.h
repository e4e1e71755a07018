// What the connector test found, for people and for programs.
//
// Pure; any thread.
#pragma once

#include <string>

#include "agent/control/connector_test.h"

namespace tidegate {

// One stage: a line "verdict  stage  ms  evidence" in columns, and where all is not well the words, cause and remedy in lines
// below it, indented. Each line ends.
std::string stage_text(const StageReport& report);
// The last line: "verdict: failed: 2 of 9 stages failed, 1 warning, 3 skipped".
std::string verdict_text(const ConnectorReport& report);

// {"connector","verdict","stages":[{"stage","content_type"?,"verdict","ms","evidence":{},"reason"?,"cause_id"?,"cause"?,"remedy"?}]}
std::string report_json(const ConnectorReport& report);

}  // namespace tidegate
