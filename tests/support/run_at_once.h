// Runs a coroutine to its end on a loop of its own: for tests of what waits for nothing but answers that are given at once.
// Thread: the caller's.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "base/check.h"

namespace tidegate {

template <class T>
boost::asio::awaitable<void> keep_result(boost::asio::awaitable<T> work, std::optional<T>& result) {
  result.emplace(co_await std::move(work));
}

//   requires: it ends without waiting for anything outside of that loop
template <class T>
T run_at_once(boost::asio::awaitable<T> work) {
  boost::asio::io_context loop{1};
  std::optional<T> result;
  boost::asio::co_spawn(loop, keep_result(std::move(work), result), [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); });
  loop.run();
  TG_ASSERT(result.has_value(), "what is answered at once ends at once");
  return *std::move(result);
}

}  // namespace tidegate
