// What a socket's error means for its caller: the one place where Asio's errors become ours.
#pragma once

#include <boost/system/error_code.hpp>
#include <chrono>
#include <string_view>

#include "base/result.h"

namespace tidegate {

// "peer: connection refused", or without a peer the reason alone. An aborted operation is `cancelled`, a permission `denied`, the
// system's own time-out `timeout`, all else `unavailable`.
Error network_error(const boost::system::error_code& code, std::string_view peer);

// How long to wait after a connection could not be accepted: the process has no descriptor left.
inline constexpr std::chrono::milliseconds accept_again_after{100};

}  // namespace tidegate
