// Events on a real store, and channels that answer as they are told, for tests of what is told.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "processor/edges/sqlite_events.h"
#include "processor/fleet/notifier.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/processor/fleet/requests.h"
#include "transport/task_group.h"

namespace tidegate::test {

// What a channel was told, and what it answers.
struct ToldChannel {
  std::vector<Notification> told;
  Result<void> answer;
};

class FakeChannel final : public NotificationChannel {
 public:
  explicit FakeChannel(ToldChannel& told) : told_(told) {}

  asio::awaitable<Result<void>> send(Notification notification) override {
    told_.told.push_back(std::move(notification));
    co_return told_.answer;
  }

 private:
  ToldChannel& told_;
};

inline HealthEvent event_of(const std::string& sensor, EventSeverity severity = EventSeverity::critical,
                            const std::string& tenant = "acme") {
  HealthEvent event;
  event.sensor = sensor;
  event.tenants = {tenant};
  event.kind = EventKind::silent;
  event.severity = severity;
  event.reason = "nothing was heard";
  event.opened = noon;
  return event;
}

class EventsRig : public testing::Test {
 public:
  EventsRig() { reopen(); }
  ~EventsRig() override { stop(); }

  void reopen() {
    store_.reset();
    Result<std::unique_ptr<SqliteEvents>> opened = SqliteEvents::open(folder_.path() / "events.db");
    TG_ASSERT(opened.has_value(), "a test has its store");
    store_ = *std::move(opened);
  }

  NotifyRoute route(const std::string& name, ToldChannel& told) {
    NotifyRoute route;
    route.name = name;
    route.channel = std::make_unique<FakeChannel>(told);
    return route;
  }
  void begin(std::vector<NotifyRoute> routes) {
    notifier_ =
        std::make_unique<Notifier>(loop_.get_executor(), *store_, clock_, log_, metrics_, Random{Seed{1}}, std::move(routes));
    ASSERT_TRUE(notifier_->load());
    tasks_ = std::make_unique<TaskGroup>(loop_.get_executor());
    tasks_->spawn("notifier", notifier_->run());
    turn();
  }
  void begin() {
    std::vector<NotifyRoute> routes;
    routes.push_back(route("soc", soc_));
    begin(std::move(routes));
  }
  // As a kill does, but for what is on its way.
  void stop() {
    if (!tasks_) return;
    tasks_->stop();
    asio::co_spawn(loop_, tasks_->join(), [](const std::exception_ptr&) {});
    loop_.restart();
    loop_.run();
    tasks_.reset();
    notifier_.reset();
  }

  // Until nobody has anything to do at this time.
  void turn() {
    loop_.restart();
    loop_.poll();
  }
  void pass(std::chrono::nanoseconds time) {
    clock_.advance(time);
    turn();
  }
  std::vector<std::uint64_t> write(EventTurn turn_of, const std::vector<HealthEvent>& events) {
    std::vector<EventChange> changes;
    for (const HealthEvent& event : events) changes.push_back({turn_of, event, notifier_->channels_for(event)});
    const Result<std::vector<std::uint64_t>> ids = store_->write(changes);
    TG_ASSERT(ids.has_value(), "a test writes its store");
    notifier_->wake();
    turn();
    return *ids;
  }
  bool shows(const std::string& line) const { return metrics_.text().find(line + "\n") != std::string::npos; }

  TemporaryDirectory folder_;
  ManualClock clock_{noon};
  std::string lines_;
  Log log_{clock_, LogFormat::text, Level::debug, [this](std::string_view line) { lines_.append(line); }};
  Metrics metrics_;
  asio::io_context loop_{1};
  std::unique_ptr<SqliteEvents> store_;
  ToldChannel soc_;
  std::unique_ptr<Notifier> notifier_;
  std::unique_ptr<TaskGroup> tasks_;
};

}  // namespace tidegate::test
