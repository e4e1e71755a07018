// What the telling of events asks of the world: a store that keeps events and what is still to be told of them, and channels that
// tell. edges/sqlite_events answers the first, edges/webhook_channel and edges/smtp_channel the second.
//
// An event is a condition of a sensor that lasts: opened when it begins, closed when it is over; or what a rule has found, which is
// opened and closed at the same moment, in one turn. A delivery is one of these two
// turns that one channel is to tell. It is written together with its event, before anybody tries it, so that a crash at any moment
// loses none; one that was sent just before a crash may be told twice, with the same event and turn.
//
// Promises of a store: each call that writes is one transaction, on stable storage when it returns; after an error nothing of it is
// in. Times are the caller's. Everything has a bound.
//
// Thread: the owner's, one at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/model.h"

namespace tidegate {

namespace asio = boost::asio;

enum class EventKind : std::uint8_t {
  silent,            // nothing is heard of the sensor
  unhealthy,         // a component of its health tree; the key is its path
  config_failed,     // what was pushed to it was refused
  certificate_ends,  // soon, so it was not renewed
  clones,            // two machines use its identity
  rule,              // a rule of the automation has found a record; the key is its name, the sensor the record's
};
inline constexpr std::size_t event_kind_count = 6;
std::string_view name(EventKind kind);

struct HealthEvent {
  std::uint64_t id = 0;  // the store's; 0: not stored yet
  std::string sensor;
  std::vector<std::string> tenants;
  EventKind kind = EventKind::silent;
  std::string key;  // what of the sensor; may be empty
  EventSeverity severity = EventSeverity::warning;
  std::string reason;
  WallTime opened{};
  std::optional<WallTime> closed;

  bool operator==(const HealthEvent&) const = default;
};

enum class EventTurn : std::uint8_t { opened, closed };
std::string_view name(EventTurn turn);

// A turn that is to be written, and the channels that are to tell it. What is opened gets its id from the store; of what is closed
// the id and the time count.
struct EventChange {
  EventTurn turn = EventTurn::opened;
  HealthEvent event;
  std::vector<std::string> channels;
};

struct EventQuery {
  bool open_only = false;
  std::string sensor;             // empty: all
  std::optional<WallTime> since;  // opened or closed since then, or still open
  std::size_t limit = 100;
};

enum class DeliveryState : std::uint8_t { queued, sent, given_up };
std::string_view name(DeliveryState state);

// One that is queued.
struct EventDelivery {
  std::uint64_t id = 0;
  EventTurn turn = EventTurn::opened;
  HealthEvent event;  // as it is now
  std::uint32_t attempts = 0;
  WallTime queued{};
  WallTime next_attempt{};
};

struct DeliveryUpdate {
  std::uint64_t id = 0;
  DeliveryState state = DeliveryState::queued;
  WallTime next_attempt{};  // of one that stays queued
  std::string error;        // of the attempt; empty: none
};

struct EventLimits {
  std::size_t events_max = 100'000;  // kept; beyond it the oldest that are closed, and told, go
  std::chrono::hours kept{24 * 90};  // since they were closed
  std::size_t text_bytes_max = 1024;
  std::size_t rows_shown_max = 10'000;  // of one query
};

class EventStore {
 public:
  virtual ~EventStore() = default;

  virtual Result<std::vector<HealthEvent>> open_events() = 0;
  // All changes and their deliveries, or none. The ids of the changes' events, in their order.
  virtual Result<std::vector<std::uint64_t>> write(const std::vector<EventChange>& changes) = 0;
  virtual Result<std::vector<HealthEvent>> events(const EventQuery& query) = 0;  // newest first

  // Of one channel, the oldest first, at most so many.
  virtual Result<std::vector<EventDelivery>> queued(std::string_view channel, std::size_t most) = 0;
  virtual Result<void> update(const std::vector<DeliveryUpdate>& updates) = 0;  // each counts as an attempt
  // Gives up what is queued for channels that are not among these. How many there were.
  virtual Result<std::size_t> give_up_others(const std::vector<std::string>& channels) = 0;

  // Forgets what is beyond the limits. Events that are open, or still to be told to a channel, stay.
  virtual Result<void> trim(WallTime now) = 0;
};

// What a channel is told of.
struct ChannelView {
  std::string name;
  EventSeverity least_severity = EventSeverity::warning;
  std::vector<std::string> tenants;  // empty: all
};

// Several events that are told at once.
struct Notification {
  struct Item {
    EventTurn turn = EventTurn::opened;
    HealthEvent event;
  };
  std::string id;  // another one for each message
  WallTime at{};
  std::vector<Item> items;  // empty: a test
};

class NotificationChannel {
 public:
  virtual ~NotificationChannel() = default;
  // Ends within two minutes. `invalid`: the message was refused for good, trying it again is useless. Any other error: it may be
  // told later. The error never holds a secret.
  virtual asio::awaitable<Result<void>> send(Notification notification) = 0;
};

}  // namespace tidegate
