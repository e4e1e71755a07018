// Runs a loop until a condition holds: for tests that wait on real sockets, however slow the machine is.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>

namespace tidegate {

// True when it holds; half a minute at most.
template <class Condition>
bool run_until(boost::asio::io_context& loop, Condition done) {
  constexpr std::chrono::milliseconds step{10};
  constexpr int steps = 3000;
  for (int i = 0; i < steps && !done(); ++i) {
    loop.restart();
    loop.run_for(step);
  }
  return done();
}

}  // namespace tidegate
