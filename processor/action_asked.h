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

inline constexpr std::size_t action_order_bytes_max = 4u << 20;
inline constexpr std::size_t operator_name_bytes_max = 128;        // of who asks
inline constexpr std::string_view operator_fallback = "operator";  // who asks and does not say

// `invalid`: larger than action_order_bytes_max, no JSON object, or what is wrong with its members, a line each.
Result<ActionOrder> read_order(std::string_view json);

// `invalid`: the first value that cannot be used. The limit is held within ActionLimits::rows_shown_max.
Result<ActionQuery> read_action_query(const SocketAsked& asked, WallTime now);

// Who asks, as the caller says; operator_fallback where that is empty. `invalid`: too long, or with control characters.
Result<std::string> read_operator(std::string_view by);
// The same, of the parameter `by`.
Result<std::string> asker_of(const SocketAsked& asked);

}  // namespace tidegate
