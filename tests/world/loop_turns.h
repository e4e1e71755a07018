// How a simulation turns its loop while no time passes.
#pragma once

#include <boost/asio/io_context.hpp>

namespace tidegate {

inline constexpr int turns_max = 10'000;  // for what needs no time to pass

// What is ready, and what becomes ready by it.
inline void turn_until_idle(boost::asio::io_context& loop) {
  loop.restart();
  while (loop.poll() > 0) loop.restart();
}

}  // namespace tidegate
