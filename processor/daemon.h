// `tidegate-processor run`: the processor under a service manager. SIGTERM and SIGINT stop it; SIGHUP reads the
// configuration again and takes over what can change while it runs (the certificates), naming what needs a restart. Speaks
// the service manager's readiness and watchdog protocol where NOTIFY_SOCKET is set.
#pragma once

#include <string>

#include "config/model.h"

namespace tidegate {

// In the foreground, until it is stopped. Exit code: 0 stopped as asked; 1 a part of it ended by itself; 2 certificates or
// ports cannot be used; 4 the state directory cannot be used.
int run_daemon(const ProcessorConfig& config, const std::string& config_file);

}  // namespace tidegate
