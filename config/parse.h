// Text to model. A configuration is parsed whole and validated whole: the answer is either a model that can be used as
// it is, or every error at once, each with its place, its value and a remedy. Nothing is read but the text: that files
// named in it can be opened is seen by those who open them.
//
// Pure; any thread. The text is bounded (document.h), so is the number of errors (config_errors_max).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/errors.h"
#include "config/model.h"

namespace tidegate {

struct ParsedAgent {
  std::optional<AgentConfig> config;  // absent exactly when there are errors
  std::vector<ConfigError> errors;    // in the order of their lines
};

struct ParsedProcessor {
  std::optional<ProcessorConfig> config;
  std::vector<ConfigError> errors;
};

// `file_name` is only for the errors' text.
ParsedAgent parse_agent(std::string_view yaml, std::string_view file_name);
ParsedProcessor parse_processor(std::string_view yaml, std::string_view file_name);

// The same from a file. A file that cannot be read, or is larger than a document may be, is an error of its own.
ParsedAgent parse_agent_file(std::string_view path);
ParsedProcessor parse_processor_file(std::string_view path);

}  // namespace tidegate
