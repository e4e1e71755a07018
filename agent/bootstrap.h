// The bootstrap file: the little that an agent's configuration must say for it to reach its processor. Connectors come from
// there.
//
// Pure; any thread. Source: design, section 6.3.
#pragma once

#include <cstdint>
#include <string>

#include "config/model.h"

namespace tidegate {

inline constexpr std::uint16_t data_port = 24224;

struct Bootstrap {
  std::string sensor;
  std::string state_directory;
  HostPort control;  // the processor's control port; data goes to the same host
  TlsFiles tls;
};

// The whole file, with a word on what it is.
std::string bootstrap_file(const Bootstrap& bootstrap);

// True where a configuration says the same, whatever else it says.
bool says_the_same(const AgentConfig& config, const Bootstrap& bootstrap);

}  // namespace tidegate
