// What is asked about actions on the local control socket, read and checked: an order from its JSON, a query of the history.
//
// Pure; any thread.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "processor/respond/action_order.h"
#include "processor/respond_ports.h"
#include "processor/socket_routes.h"

namespace tidegate {

// `invalid`: no JSON object, or what is wrong with its members, a line each.
Result<ActionOrder> read_order(std::string_view json);

// `invalid`: the first value that cannot be used. The limit is held within ActionLimits::rows_shown_max.
Result<ActionQuery> read_action_query(const SocketAsked& asked, WallTime now);

// Who asks, as the caller says. `invalid`: too long, or with control characters.
Result<std::string> read_operator(std::string_view by);

}  // namespace tidegate
