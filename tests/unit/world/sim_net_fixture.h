// Two places, "a" and "b", with a net between them and a clock that goes from event to event.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/manual_clock.h"
#include "tests/world/sim_net.h"

namespace tidegate {

inline constexpr std::size_t everything = 1u << 30;  // to read

class NetBench {
 public:
  explicit NetBench(Seed seed = Seed{1}) : random(seed) {
    net.listen("b", [this](std::unique_ptr<ByteStream> stream, const std::string& from) {
      accepted.push_back(std::move(stream));
      callers.push_back(from);
    });
  }

  Weather& weather() { return net.weather("a", "b"); }

  struct Ends {
    std::unique_ptr<ByteStream> near;  // the dialler's
    std::unique_ptr<ByteStream> far;
  };
  Ends connect() {
    Result<std::unique_ptr<ByteStream>> near = run(net.dial("a", "b"));
    TG_ASSERT(near.has_value() && !accepted.empty(), "who is listened to is connected");
    Ends ends{.near = *std::move(near), .far = std::move(accepted.back())};
    accepted.pop_back();
    return ends;
  }

  // What has ended has a value.
  template <class T>
  using Work = std::shared_ptr<std::optional<T>>;  // shared with the coroutine, which may outlive the test's interest

  // Begins it, and goes on until all wait.
  template <class T>
  Work<T> start(asio::awaitable<T> work, asio::cancellation_slot slot = {}) {
    auto result = std::make_shared<std::optional<T>>();
    asio::co_spawn(loop_, keep(std::move(work), result),
                   asio::bind_cancellation_slot(slot, [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); }));
    drain();
    return result;
  }

  // Lets time pass until `done`, at most for `span`. True when it is done.
  bool run_until(const std::function<bool()>& done, std::chrono::nanoseconds span) {
    const SteadyTime end = clock.steady() + span;
    for (;;) {
      drain();
      if (done()) return true;
      if (clock.steady() >= end) return false;
      clock.advance(std::min(clock.next_deadline().value_or(end), end) - clock.steady());
    }
  }
  template <class T>
  bool ends_within(const Work<T>& work, std::chrono::nanoseconds span) {
    return run_until([&work] { return work->has_value(); }, span);
  }
  template <class T>
  T run(asio::awaitable<T> call) {
    const Work<T> work = start(std::move(call));
    TG_ASSERT(ends_within(work, std::chrono::hours{1}), "a call on the simulated net ends");
    return *std::move(*work);
  }

  void drain() {
    loop_.restart();
    while (loop_.poll() > 0) loop_.restart();
  }

  ManualClock clock{WallTime{std::chrono::seconds{1'800'000'000}}};
  Random random;
  SimNet net{clock, random};

 private:
  template <class T>
  static asio::awaitable<void> keep(asio::awaitable<T> call, Work<T> result) {
    co_await asio::this_coro::throw_if_cancelled(false);
    result->emplace(co_await std::move(call));
  }

  asio::io_context loop_{1};

 public:
  std::vector<std::unique_ptr<ByteStream>> accepted;  // that connect() has not given away
  std::vector<std::string> callers;
};

// `size` bytes of which no two stretches agree.
inline Bytes sample(std::size_t size, std::uint64_t seed = 1) {
  Random random{Seed{seed}};
  Bytes bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

inline asio::awaitable<Result<void>> write_bytes(ByteStream& stream, Bytes bytes) {
  const Parts parts{bytes, {}, {}};
  co_return co_await stream.write(parts);
}

inline asio::awaitable<Result<Bytes>> read_once(ByteStream& stream, std::size_t most = 4096) {
  Bytes room(most, '\0');
  const std::span<char> span{room};
  Result<std::size_t> came = co_await stream.read_some(span);
  if (!came) co_return std::move(came).error();
  room.resize(*came);
  co_return room;
}

// What came, and why no more did: absent at an orderly end, and when `most` bytes are there.
struct Reading {
  Bytes bytes;
  std::optional<Error> error;
  std::size_t reads = 0;
};

inline asio::awaitable<Reading> read_all(ByteStream& stream, std::size_t most) {
  Reading reading;
  while (reading.bytes.size() < most) {
    Result<Bytes> came = co_await read_once(stream, std::min<std::size_t>(most - reading.bytes.size(), 16u << 10));
    if (!came) reading.error = came.error();
    if (!came || came->empty()) break;
    reading.bytes.append(*came);
    ++reading.reads;
  }
  co_return reading;
}

}  // namespace tidegate
