// Agents that are sessions and sockets alone: each says what it is, applies whatever it is offered at once, and stays.
//
// Thread: the owner's, who runs the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "transport/task_group.h"
#include "transport/tls_context.h"

namespace tidegate {

struct BenchSensor {
  std::string name;
  TlsClientPems identity;
};

class ControlAgents {
 public:
  ControlAgents(asio::any_io_executor executor, Clock& clock, std::string url);
  //   requires: join() has returned, or start() was never called
  ~ControlAgents();

  // `invalid`: an identity that cannot be used.
  Result<void> start(const std::vector<BenchSensor>& sensors);
  void stop() { tasks_.stop(); }
  asio::awaitable<void> join() { return tasks_.join(); }

  std::size_t connected() const;
  std::size_t configured() const { return configured_; }
  // Of the first that is not connected and knows why; empty: none.
  std::string trouble() const;

 private:
  struct Agent;

  asio::awaitable<Error> follow(Agent& agent);

  Clock& clock_;
  std::string url_;
  Random random_{Seed{1}};
  Log log_;
  Metrics metrics_;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::size_t configured_ = 0;
  TaskGroup tasks_;
};

}  // namespace tidegate
