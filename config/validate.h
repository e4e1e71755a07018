// The rules across fields, which no row of the table can say alone. parse_agent() and parse_processor() apply them; a
// model made by hand can be checked with them as well.
//
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "config/model.h"

namespace tidegate {

struct Breach {
  std::string field{};  // where the error is shown
  std::string other{};  // the other field of the rule; where either has an error of its own, the breach says nothing new
  std::string value{};  // fit to be shown; may be empty
  std::string problem{};
  std::string remedy{};
};

std::vector<Breach> validate(const AgentConfig& config);
std::vector<Breach> validate(const ProcessorConfig& config);
// The part of it that is about `notify`.
std::vector<Breach> validate_notify(const ProcessorConfig& config);

}  // namespace tidegate
