// Any text as a configuration: it is a model or it has errors, never both and never neither; a model keeps every rule.
#include <cstdint>

#include "base/check.h"
#include "config/diff.h"
#include "config/parse.h"
#include "config/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidegate;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const ParsedAgent agent = parse_agent(text, "agent.yaml");
  TG_ASSERT(agent.config.has_value() == agent.errors.empty(), "a configuration is a model or has errors");
  TG_ASSERT(agent.errors.size() <= config_errors_max + 1, "the errors of a configuration are bounded");
  for (const ConfigError& error : agent.errors) TG_ASSERT(!error.problem.empty(), "an error says what is wrong");
  if (agent.config) {
    TG_ASSERT(validate(*agent.config).empty(), "a parsed model breaks no rule");
    TG_ASSERT(diff(*agent.config, *agent.config).empty(), "a model does not differ from itself");
  }
  const ParsedProcessor processor = parse_processor(text, "processor.yaml");
  TG_ASSERT(processor.config.has_value() == processor.errors.empty(), "a configuration is a model or has errors");
  return 0;
}
