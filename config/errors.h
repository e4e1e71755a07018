// An error in a configuration, as the operator sees it: where, what stands there, why it is wrong, what to write.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tidegate {

inline constexpr std::size_t config_errors_max = 100;  // further ones are counted, not listed

struct ConfigError {
  std::string file{};
  std::size_t line = 0;   // from 1; 0: the file as a whole
  std::string field{};    // "connectors[0].interval"; empty: the file as a whole
  std::string value{};    // as written, cut to a line; *** for a secret; empty: there is none
  std::string problem{};  // "is not a duration"; continues the value where there is one
  std::string remedy{};   // "write for example 30s, 5min, 24h or 7d"

  bool operator==(const ConfigError&) const = default;
};

// agent.yaml:12: connectors[0].interval: '5 parsecs' is not a duration; write for example 30s, 5min, 24h or 7d
std::string to_text(const ConfigError& error);
// One line each, each with its end of line.
std::string to_text(const std::vector<ConfigError>& errors);

}  // namespace tidegate
