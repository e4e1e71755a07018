// Notifier: tells people what was written down to be told. Each channel has a task of its own that sends what is queued for it in
// the store, so a restart goes on where it was.
//
// Promises: what is due is tried at once; with it goes all that waits for the channel, as one message, so that many sensors that
// fall silent together are not as many mails. What fails is tried again with jittered back-off, until it is older than
// give_up_after or the channel says that it is refused for good; then it is given up, logged and counted. No more messages than the
// channel's per_minute leave within any minute, whatever comes of them.
//   tidegate_notifications_total{channel,outcome}   turns of events: sent, failed (and tried again), given_up
//
// Thread: the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "processor/notify_ports.h"
#include "transport/backoff.h"
#include "transport/signal.h"
#include "transport/task_group.h"

namespace tidegate {

// A channel and what it is to tell.
struct NotifyRoute {
  std::string name;
  EventSeverity least_severity = EventSeverity::warning;
  std::vector<std::string> tenants;  // empty: all
  std::size_t per_minute = 6;
  std::unique_ptr<NotificationChannel> channel;
};

struct NotifierLimits {
  BackoffLimits backoff{std::chrono::seconds{30}, std::chrono::minutes{15}};
  std::chrono::nanoseconds give_up_after{std::chrono::hours{24}};
  std::chrono::nanoseconds store_again_after{std::chrono::seconds{30}};  // after the store failed
  std::size_t items_max = 500;                                           // of one message
};

class Notifier {
 public:
  //   requires: all of them outlive it
  Notifier(asio::any_io_executor executor, EventStore& store, Clock& clock, Log& log, Metrics& metrics, Random random,
           std::vector<NotifyRoute> routes, NotifierLimits limits = {});
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // Gives up what waits for channels that are gone. The store's errors.
  Result<void> load();
  // Tells until cancelled.   requires: load() was ok
  asio::awaitable<Error> run();

  std::vector<ChannelView> channels() const;
  // The names of those that are to tell it.
  std::vector<std::string> channels_for(const HealthEvent& event) const;
  // Something was queued.
  void wake();
  // A message that says that it is a test, now and once. `absent`: no such channel. Else the channel's.
  asio::awaitable<Result<void>> test(std::string channel);

 private:
  class Channel;

  asio::awaitable<Error> tell(Channel& channel);
  // How long the channel has nothing to do; zero: `due` is to be told now.
  Result<std::chrono::nanoseconds> wait_of(Channel& channel, std::vector<EventDelivery>& due);
  asio::awaitable<void> attempt(Channel& channel, std::vector<EventDelivery> due);
  std::vector<DeliveryUpdate> updates_of(Channel& channel, const std::vector<EventDelivery>& told, const Result<void>& result);
  std::string message_id();

  asio::any_io_executor executor_;
  EventStore& store_;
  Clock& clock_;
  Log& log_;
  Random random_;
  NotifierLimits limits_;
  std::vector<std::unique_ptr<Channel>> channels_;
  TaskGroup tasks_;  // last: run() joins it
};

}  // namespace tidegate
