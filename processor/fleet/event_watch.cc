#include "processor/fleet/event_watch.h"

#include <boost/asio/this_coro.hpp>

#include "transport/task_group.h"

namespace tidegate {
namespace {

Metric& events_open_gauge(Metrics& metrics, EventSeverity severity) {
  return metrics.gauge("tidegate_events_open", "Conditions of the fleet that last.", {{"severity", std::string{name(severity)}}});
}

}  // namespace

EventWatch::EventWatch(EventStore& store, Notifier& notifier, Facts facts, Clock& clock, Log& log, Metrics& metrics,
                       EventWatchLimits limits)
    : store_(store),
      notifier_(notifier),
      facts_(std::move(facts)),
      clock_(clock),
      log_(log),
      limits_(limits),
      events_(limits.events),
      warnings_open_(events_open_gauge(metrics, EventSeverity::warning)),
      criticals_open_(events_open_gauge(metrics, EventSeverity::critical)) {}

Result<void> EventWatch::load() {
  Result<std::vector<HealthEvent>> open = store_.open_events();
  if (!open) return std::move(open).error();
  events_.load(*std::move(open));
  show_open();
  return {};
}

Result<void> EventWatch::look() {
  const Result<std::vector<WatchedSensor>> fleet = facts_();
  if (!fleet) return fleet.error();
  std::vector<EventChange> changes = events_.look(*fleet, {clock_.wall(), clock_.steady()});
  if (changes.empty()) return {};
  for (EventChange& change : changes) change.channels = notifier_.channels_for(change.event);
  const Result<std::vector<std::uint64_t>> ids = store_.write(changes);
  if (!ids) return ids.error();
  events_.written(changes, *ids);
  for (const EventChange& change : changes) {
    const HealthEvent& event = change.event;
    log_.write(change.turn == EventTurn::opened ? Level::warning : Level::info,
               change.turn == EventTurn::opened ? "an event of the fleet is open" : "an event of the fleet is over",
               {{"sensor", event.sensor},
                {"kind", std::string{name(event.kind)}},
                {"key", event.key},
                {"severity", std::string{name(event.severity)}},
                {"reason", event.reason}});
  }
  show_open();
  notifier_.wake();
  return {};
}

asio::awaitable<Error> EventWatch::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  std::optional<SteadyTime> trimmed;
  while (!co_await stopped()) {
    if (Result<void> looked = look(); !looked)
      log_.error("events of the fleet cannot be written down: it is tried again", {{"reason", looked.error().text()}});
    if (!trimmed || clock_.steady() - *trimmed >= limits_.trim_every) {
      trimmed = clock_.steady();
      if (Result<void> done = store_.trim(clock_.wall()); !done)
        log_.error("old events cannot be forgotten: it is tried again", {{"reason", done.error().text()}});
    }
    co_await clock_.sleep_for(limits_.look_every);
  }
  co_return Error{Code::cancelled, "the fleet's events are not watched any more"};
}

void EventWatch::show_open() {
  warnings_open_.set(static_cast<std::int64_t>(events_.open(EventSeverity::warning)));
  criticals_open_.set(static_cast<std::int64_t>(events_.open(EventSeverity::critical)));
}

}  // namespace tidegate
