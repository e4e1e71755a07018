// The events of the fleet in one SQLite file, events.db, and what is still to be told of them.
//
//   events      id, sensor, tenants (one a line), kind, key, severity, reason, opened, closed
//   deliveries  id, event, turn, channel, attempts, queued, next_attempt, state, error
//
// Times are nanoseconds since the epoch, 0 where there is none. Kinds, turns and states are the numbers of their enumerators. A
// delivery goes with its event.
//
// Promises: those of EventStore. What was committed survives a power cut (WAL, synchronous FULL). The file is made whole or not at
// all, and one that a newer version wrote, or that is damaged, is refused and left as it is. Thread: the owner's, one at a time.
#pragma once

#include <filesystem>
#include <memory>

#include "processor/edges/sqlite.h"
#include "processor/notify_ports.h"

namespace tidegate {

inline constexpr int events_format = 1;  // PRAGMA user_version; 0 is a file that was not finished

class SqliteEvents final : public EventStore {
 public:
  // Opens the file, or makes it. `corrupt`: damaged. `invalid`: a newer version wrote it.
  static Result<std::unique_ptr<SqliteEvents>> open(const std::filesystem::path& file, EventLimits limits = {});

  Result<std::vector<HealthEvent>> open_events() override;
  Result<std::vector<std::uint64_t>> write(const std::vector<EventChange>& changes) override;
  Result<std::vector<HealthEvent>> events(const EventQuery& query) override;
  Result<std::vector<EventDelivery>> queued(std::string_view channel, std::size_t most) override;
  Result<void> update(const std::vector<DeliveryUpdate>& updates) override;
  Result<std::size_t> give_up_others(const std::vector<std::string>& channels) override;
  Result<void> trim(WallTime now) override;

 private:
  SqliteEvents(SqliteDatabase database, EventLimits limits) : database_(std::move(database)), limits_(limits) {}

  Result<void> prepare();
  Result<std::uint64_t> write_turn(const EventChange& change);

  SqliteDatabase database_;
  EventLimits limits_;
};

// The same, where a damaged file is set aside as events.db.damaged and begun anew: what was open is then opened again by who
// watches, and told once more. Sets `set_aside` where it came to that.
Result<std::unique_ptr<SqliteEvents>> open_or_begin_events(const std::filesystem::path& file, bool& set_aside);

}  // namespace tidegate
