// A way between a sender and a receiver on this machine that can be slow, and that can break: bytes are passed on as they are,
// the sender's at a rate, until the connections are reset on both sides, also in the middle of a record.
//
// What a broken connection takes with it is what the sender's system held for it. So that this is as much as on a network and
// not as much as loopback allows, segments are those of Ethernet, and little is taken before it can be passed on.
//
// It runs on a thread of its own. Thread: start(), stop() and break_connections() from one; the others from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/result.h"

namespace tidegate {

class Relay {
 public:
  // The clock outlives it.
  explicit Relay(const Clock& clock);
  // Stops.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Listens on 127.0.0.1:`port`; each connection there has one to 127.0.0.1:`target`.
  Result<void> start(std::uint16_t port, std::uint16_t target);
  // Every connection ends with it.
  void stop();

  // Of all senders together, in bytes a second. 0: unlimited.
  void set_rate(std::uint64_t rate) { rate_ = rate; }
  // Resets every connection. False: none had carried a byte of its sender yet, so nothing was broken.
  //   requires: started, not stopped
  bool break_connections();

 private:
  struct Loop;
  enum class Break : std::uint8_t { none, asked, idle, dealt };

  const Clock& clock_;
  std::atomic<std::uint64_t> rate_{0};
  std::atomic<Break> break_{Break::none};
  std::unique_ptr<Loop> loop_;
};

}  // namespace tidegate
