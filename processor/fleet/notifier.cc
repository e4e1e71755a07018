#include "processor/fleet/notifier.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "base/id128.h"

namespace tidegate {
namespace {

constexpr std::chrono::minutes rate_span{1};

Metric& notifications_counter(Metrics& metrics, const std::string& channel, const std::string& outcome) {
  return metrics.counter("tidegate_notifications_total", "Turns of events told to a channel, by what came of it.",
                         {{"channel", channel}, {"outcome", outcome}});
}

}  // namespace

class Notifier::Channel {
 public:
  Channel(NotifyRoute of, Metrics& metrics, Random& random, BackoffLimits backoff_limits)
      : route(std::move(of)),
        backoff(random, backoff_limits),
        sent(notifications_counter(metrics, route.name, "sent")),
        failed(notifications_counter(metrics, route.name, "failed")),
        given_up(notifications_counter(metrics, route.name, "given_up")) {}

  bool takes(const HealthEvent& event) const {
    const auto is_his = [this](const std::string& tenant) {
      return std::ranges::find(route.tenants, tenant) != route.tenants.end();
    };
    return event.severity >= route.least_severity && (route.tenants.empty() || std::ranges::any_of(event.tenants, is_his));
  }
  // Until the next message may leave.
  std::chrono::nanoseconds throttled(SteadyTime now) {
    while (!left.empty() && now - left.front() >= rate_span) left.pop_front();
    return left.size() < route.per_minute ? std::chrono::nanoseconds{0} : left.front() + rate_span - now;
  }

  NotifyRoute route;
  Backoff backoff;
  Metric& sent;
  Metric& failed;
  Metric& given_up;
  Signal woken;
  std::deque<SteadyTime> left;            // messages within the last minute
  std::vector<DeliveryUpdate> unwritten;  // what came of a message, where the store failed: nothing is sent before it is in
};

Notifier::Notifier(asio::any_io_executor executor, EventStore& store, Clock& clock, Log& log, Metrics& metrics, Random random,
                   std::vector<NotifyRoute> routes, NotifierLimits limits)
    : executor_(executor), store_(store), clock_(clock), log_(log), random_(random), limits_(limits), tasks_(std::move(executor)) {
  for (NotifyRoute& route : routes)
    channels_.push_back(std::make_unique<Channel>(std::move(route), metrics, random_, limits_.backoff));
}

Notifier::~Notifier() = default;

Result<void> Notifier::load() {
  std::vector<std::string> names;
  for (const auto& channel : channels_) names.push_back(channel->route.name);
  const Result<std::size_t> given_up = store_.give_up_others(names);
  if (!given_up) return given_up.error();
  if (*given_up > 0)
    log_.warning("events are not told: their channels are not configured any more", {{"events", std::to_string(*given_up)}});
  return {};
}

asio::awaitable<Error> Notifier::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (const auto& channel : channels_) tasks_.spawn(channel->route.name, tell(*channel));
  co_await tasks_.join();
  co_return Error{Code::cancelled, "notifications are not sent any more"};
}

std::vector<ChannelView> Notifier::channels() const {
  std::vector<ChannelView> views;
  for (const auto& channel : channels_)
    views.push_back({channel->route.name, channel->route.least_severity, channel->route.tenants});
  return views;
}

std::vector<std::string> Notifier::channels_for(const HealthEvent& event) const {
  std::vector<std::string> names;
  for (const auto& channel : channels_)
    if (channel->takes(event)) names.push_back(channel->route.name);
  return names;
}

void Notifier::wake() {
  for (const auto& channel : channels_) channel->woken.notify();
}

asio::awaitable<Error> Notifier::tell(Channel& channel) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!co_await stopped()) {
    std::vector<EventDelivery> due;
    Result<std::chrono::nanoseconds> wait = wait_of(channel, due);
    if (!wait) {
      log_.error("what is to be told cannot be read or written: it is tried again",
                 {{"channel", channel.route.name}, {"reason", wait.error().text()}});
      wait = limits_.store_again_after;
    }
    if (wait->count() == 0) {
      co_await attempt(channel, std::move(due));
      continue;
    }
    const SteadyTime until = clock_.steady() + *wait;
    const Alarm alarm = clock_.alarm(executor_, until, [&channel] { channel.woken.notify(); });
    // Nothing lies between the look at the store and this wait, so no call of wake() is missed.
    co_await channel.woken.wait();
  }
  co_return Error{Code::cancelled, "the channel tells nothing any more"};
}

Result<std::chrono::nanoseconds> Notifier::wait_of(Channel& channel, std::vector<EventDelivery>& due) {
  if (!channel.unwritten.empty()) {
    if (Result<void> written = store_.update(channel.unwritten); !written) return std::move(written).error();
    channel.unwritten.clear();
  }
  Result<std::vector<EventDelivery>> queued = store_.queued(channel.route.name, limits_.items_max);
  if (!queued) return std::move(queued).error();
  if (queued->empty()) return std::chrono::nanoseconds{std::chrono::hours{1}};  // whoever queues something wakes us
  const WallTime next = std::ranges::min(*queued, {}, &EventDelivery::next_attempt).next_attempt;
  // A wall clock that was set back makes nobody wait longer than a back-off does.
  const auto until_next = std::clamp<std::chrono::nanoseconds>(next - clock_.wall(), {}, limits_.backoff.ceiling);
  const std::chrono::nanoseconds wait = std::max(until_next, channel.throttled(clock_.steady()));
  if (wait.count() == 0) due = *std::move(queued);
  return wait;
}

asio::awaitable<void> Notifier::attempt(Channel& channel, std::vector<EventDelivery> due) {
  Notification notification;
  notification.id = message_id();
  notification.at = clock_.wall();
  for (const EventDelivery& delivery : due) notification.items.push_back({delivery.turn, delivery.event});
  channel.left.push_back(clock_.steady());
  const Result<void> result = co_await channel.route.channel->send(std::move(notification));
  // Asked to stop on the way: it is told after the restart.
  if (!result && co_await stopped()) co_return;
  channel.unwritten = updates_of(channel, due, result);
}

std::vector<DeliveryUpdate> Notifier::updates_of(Channel& channel, const std::vector<EventDelivery>& told,
                                                 const Result<void>& result) {
  std::vector<DeliveryUpdate> updates;
  const WallTime now = clock_.wall();
  std::size_t given_up = 0;
  if (result) channel.backoff.reset();
  const WallTime next = result ? now : now + channel.backoff.next();
  for (const EventDelivery& delivery : told) {
    DeliveryUpdate& update = updates.emplace_back();
    update.id = delivery.id;
    update.next_attempt = next;
    if (result) {
      update.state = DeliveryState::sent;
      continue;
    }
    update.error = result.error().text();
    const bool for_good = result.error().code() == Code::invalid || now - delivery.queued >= limits_.give_up_after;
    if (for_good) update.state = DeliveryState::given_up;
    given_up += for_good ? 1 : 0;
  }
  if (result) {
    channel.sent.add(static_cast<std::int64_t>(told.size()));
    return updates;
  }
  channel.failed.add(static_cast<std::int64_t>(told.size() - given_up));
  channel.given_up.add(static_cast<std::int64_t>(given_up));
  const std::string count = std::to_string(told.size());
  if (given_up > 0)
    log_.error("events could not be told and are given up",
               {{"channel", channel.route.name}, {"events", std::to_string(given_up)}, {"reason", result.error().text()}});
  if (given_up < told.size())
    log_.warning("events could not be told: it is tried again",
                 {{"channel", channel.route.name}, {"events", count}, {"reason", result.error().text()}});
  return updates;
}

asio::awaitable<Result<void>> Notifier::test(std::string channel) {
  const auto found = std::ranges::find_if(channels_, [&channel](const auto& each) { return each->route.name == channel; });
  if (found == channels_.end()) {
    std::string known;
    for (const auto& each : channels_) known.append(known.empty() ? "" : ", ").append(each->route.name);
    co_return Error{Code::absent, "there is no channel of that name under notify; " +
                                      (known.empty() ? std::string{"there are none"} : "known: " + known)};
  }
  Notification notification;
  notification.id = message_id();
  notification.at = clock_.wall();
  co_return co_await (*found)->route.channel->send(std::move(notification));
}

std::string Notifier::message_id() {
  const std::uint64_t high = random_.next();
  return to_hex(Id128{high, random_.next()});
}

}  // namespace tidegate
