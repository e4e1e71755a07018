// The channels of a configuration, made: each with the library that its type wants.
//
// Thread: the loop.
#pragma once

#include <vector>

#include "base/result.h"
#include "config/model.h"
#include "processor/fleet/notifier.h"

namespace tidegate {

// `invalid`: a ca_file cannot be used. Files of secrets are read when something is told.
Result<std::vector<NotifyRoute>> make_notify_routes(const std::vector<NotifyConfig>& configs);

}  // namespace tidegate
