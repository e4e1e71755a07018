// The daemon: `tidegate-agent run`. Builds the real ports, runs the agent, answers on the metrics address and the local control
// socket, speaks the service manager's readiness and watchdog protocol, and turns signals into stop and re-read.
#pragma once

#include <string>

#include "config/model.h"

namespace tidegate {

// Exit codes, the same for every command.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_invalid = 2;
inline constexpr int exit_unreachable = 3;
inline constexpr int exit_storage = 4;

// Until SIGTERM or SIGINT (0), or until storage fails (4) or something that the configuration names cannot be used (2).
// SIGHUP reads `config_file` again; one that is not valid changes nothing (P8).
int run_daemon(const AgentConfig& config, const std::string& config_file);

}  // namespace tidegate
