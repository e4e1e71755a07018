// EventWatch: looks at the fleet again and again, writes down which conditions began and which are over, each together with what is
// to be told of it, and has it told.
//   tidegate_events_open{severity}   what is open now
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "processor/fleet/health_events.h"
#include "processor/fleet/notifier.h"
#include "processor/notify_ports.h"

namespace tidegate {

struct EventWatchLimits {
  std::chrono::nanoseconds look_every{std::chrono::seconds{10}};
  std::chrono::nanoseconds trim_every{std::chrono::hours{1}};
  HealthEventLimits events{};
};

class EventWatch {
 public:
  using Facts = std::function<Result<std::vector<WatchedSensor>>()>;

  //   requires: all of them outlive it
  EventWatch(EventStore& store, Notifier& notifier, Facts facts, Clock& clock, Log& log, Metrics& metrics,
             EventWatchLimits limits = {});

  // Reads what is open. The store's errors.
  Result<void> load();
  // One look. The store's errors; then nothing has changed.   requires: load() was ok
  Result<void> look();
  // Looks until cancelled.   requires: load() was ok
  asio::awaitable<Error> run();

 private:
  void show_open();

  EventStore& store_;
  Notifier& notifier_;
  Facts facts_;
  Clock& clock_;
  Log& log_;
  EventWatchLimits limits_;
  HealthEvents events_;
  Metric& warnings_open_;
  Metric& criticals_open_;
};

}  // namespace tidegate
