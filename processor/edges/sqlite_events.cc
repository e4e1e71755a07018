#include "processor/edges/sqlite_events.h"

#include <algorithm>

#include "processor/edges/sqlite_fleet.h"
#include "processor/edges/sqlite_rows.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

using fleet_columns::moment_in;
using fleet_columns::of;
using fleet_columns::tenants_in;
using fleet_columns::time_in;

// The version is set last, in the same transaction: a file is made whole or not at all. An id is never used twice.
constexpr const char* events_schema = R"(
  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, sensor TEXT NOT NULL, tenants TEXT NOT NULL, kind INTEGER NOT NULL, key TEXT NOT NULL,
    severity INTEGER NOT NULL, reason TEXT NOT NULL, opened INTEGER NOT NULL, closed INTEGER NOT NULL) STRICT;
  CREATE INDEX events_by_end ON events (closed);
  CREATE INDEX events_by_begin ON events (opened);
  CREATE INDEX events_of_sensor ON events (sensor);
  CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event INTEGER NOT NULL, turn INTEGER NOT NULL, channel TEXT NOT NULL,
    attempts INTEGER NOT NULL, queued INTEGER NOT NULL, next_attempt INTEGER NOT NULL, state INTEGER NOT NULL,
    error TEXT NOT NULL) STRICT;
  CREATE INDEX deliveries_of_event ON deliveries (event);
  CREATE INDEX deliveries_queued ON deliveries (channel, id) WHERE state = 0;
  PRAGMA user_version = 1;
)";

constexpr std::string_view event_columns =
    "SELECT e.id, e.sensor, e.tenants, e.kind, e.key, e.severity, e.reason, e.opened, e.closed";
constexpr int event_column_count = 9;

// A number that no enumerator has becomes the first one: a row is shown rather than hidden.
template <class Enum>
Enum enumerator_in(std::int64_t column, Enum last) {
  return column >= 0 && column <= static_cast<std::int64_t>(last) ? static_cast<Enum>(column) : Enum{};
}

HealthEvent event_in(const SqliteStatement& row) {
  HealthEvent event;
  event.id = static_cast<std::uint64_t>(row.integer(0));
  event.sensor = row.text(1);
  event.tenants = tenants_in(row.text(2));
  event.kind = enumerator_in(row.integer(3), EventKind::rule);
  event.key = row.text(4);
  event.severity = enumerator_in(row.integer(5), EventSeverity::critical);
  event.reason = row.text(6);
  event.opened = time_in(row.integer(7));
  event.closed = moment_in(row.integer(8));
  return event;
}

}  // namespace

Result<std::unique_ptr<SqliteEvents>> SqliteEvents::open(const std::filesystem::path& file, EventLimits limits) {
  make_private(file);
  Result<SqliteDatabase> database = SqliteDatabase::open(file, SqliteDatabase::Mode::write);
  if (!database) return std::move(database).error();
  std::unique_ptr<SqliteEvents> events{new SqliteEvents{*std::move(database), limits}};
  if (Result<void> prepared = events->prepare(); !prepared) return std::move(prepared).error().in(file.string());
  return events;
}

Result<void> SqliteEvents::prepare() {
  if (Result<void> set = database_.execute(lasting_settings); !set) return set;
  return in_transaction(database_, [this]() -> Result<void> {
    const Result<std::int64_t> format = number(database_, "PRAGMA user_version", {});
    if (!format) return format.error();
    if (*format > events_format) return Error{Code::invalid, "written by a newer version of the processor"};
    return *format == 0 ? database_.execute(events_schema) : Result<void>{};
  });
}

Result<std::vector<HealthEvent>> SqliteEvents::open_events() {
  std::vector<HealthEvent> open;
  Result<void> read = each_row(database_, std::string{event_columns} + " FROM events e WHERE closed = 0 ORDER BY id", {},
                               [&open](const SqliteStatement& row) { open.push_back(event_in(row)); });
  if (!read) return std::move(read).error();
  return open;
}

//   requires: in a transaction
Result<std::uint64_t> SqliteEvents::write_turn(const EventChange& change) {
  const HealthEvent& event = change.event;
  auto id = static_cast<std::int64_t>(event.id);
  if (change.turn == EventTurn::opened) {
    const std::string tenants = of(event.tenants);
    const std::string reason = utf8_within(event.reason, limits_.text_bytes_max);
    Result<void> put = run(database_, "INSERT INTO events VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                           {event.sensor, tenants, static_cast<std::int64_t>(event.kind), event.key,
                            static_cast<std::int64_t>(event.severity), reason, of(event.opened), of(event.closed)});
    if (!put) return std::move(put).error();
    id = database_.last_rowid();
  } else {
    Result<void> put = run(database_, "UPDATE events SET closed = ?2 WHERE id = ?1 AND closed = 0", {id, of(event.closed)});
    if (!put) return std::move(put).error();
  }
  const std::int64_t queued = change.turn == EventTurn::opened ? of(event.opened) : of(event.closed);
  for (const std::string& channel : change.channels) {
    Result<void> put = run(database_, "INSERT INTO deliveries VALUES (NULL, ?1, ?2, ?3, 0, ?4, ?4, 0, '')",
                           {id, static_cast<std::int64_t>(change.turn), channel, queued});
    if (!put) return std::move(put).error();
  }
  return static_cast<std::uint64_t>(id);
}

Result<std::vector<std::uint64_t>> SqliteEvents::write(const std::vector<EventChange>& changes) {
  return in_transaction(database_, [&]() -> Result<std::vector<std::uint64_t>> {
    std::vector<std::uint64_t> ids;
    ids.reserve(changes.size());
    for (const EventChange& change : changes) {
      const Result<std::uint64_t> id = write_turn(change);
      if (!id) return id.error();
      ids.push_back(*id);
    }
    return ids;
  });
}

Result<std::vector<HealthEvent>> SqliteEvents::events(const EventQuery& query) {
  std::vector<HealthEvent> found;
  const auto most = static_cast<std::int64_t>(std::min(query.limit, limits_.rows_shown_max));
  const std::string sql = std::string{event_columns} +
                          " FROM events e WHERE (?1 = 0 OR closed = 0) AND (?2 = '' OR sensor = ?2) AND "
                          "(?3 = 0 OR closed = 0 OR closed >= ?3 OR opened >= ?3) ORDER BY opened DESC, id DESC LIMIT ?4";
  Result<void> read = each_row(database_, sql, {std::int64_t{query.open_only}, query.sensor, of(query.since), most},
                               [&found](const SqliteStatement& row) { found.push_back(event_in(row)); });
  if (!read) return std::move(read).error();
  return found;
}

Result<std::vector<EventDelivery>> SqliteEvents::queued(std::string_view channel, std::size_t most) {
  std::vector<EventDelivery> found;
  const std::string sql = std::string{event_columns} +
                          ", d.id, d.turn, d.attempts, d.queued, d.next_attempt FROM deliveries d JOIN events e ON e.id = d.event "
                          "WHERE d.state = 0 AND d.channel = ?1 ORDER BY d.id LIMIT ?2";
  Result<void> read = each_row(database_, sql, {channel, static_cast<std::int64_t>(most)}, [&found](const SqliteStatement& row) {
    EventDelivery& delivery = found.emplace_back();
    delivery.event = event_in(row);
    delivery.id = static_cast<std::uint64_t>(row.integer(event_column_count));
    delivery.turn = enumerator_in(row.integer(event_column_count + 1), EventTurn::closed);
    delivery.attempts = static_cast<std::uint32_t>(row.integer(event_column_count + 2));
    delivery.queued = time_in(row.integer(event_column_count + 3));
    delivery.next_attempt = time_in(row.integer(event_column_count + 4));
  });
  if (!read) return std::move(read).error();
  return found;
}

Result<void> SqliteEvents::update(const std::vector<DeliveryUpdate>& updates) {
  return in_transaction(database_, [&]() -> Result<void> {
    Result<SqliteStatement> statement =
        database_.prepare("UPDATE deliveries SET attempts = attempts + 1, state = ?2, next_attempt = ?3, error = ?4 WHERE id = ?1");
    if (!statement) return std::move(statement).error();
    for (const DeliveryUpdate& update : updates) {
      const std::string error = utf8_within(update.error, limits_.text_bytes_max);
      bind_all(*statement,
               {static_cast<std::int64_t>(update.id), static_cast<std::int64_t>(update.state), of(update.next_attempt), error});
      if (Result<void> done = statement->run(); !done) return done;
    }
    return {};
  });
}

Result<std::size_t> SqliteEvents::give_up_others(const std::vector<std::string>& channels) {
  return in_transaction(database_, [&]() -> Result<std::size_t> {
    std::vector<std::string> waiting;
    Result<void> read = each_row(database_, "SELECT DISTINCT channel FROM deliveries WHERE state = 0", {},
                                 [&waiting](const SqliteStatement& row) { waiting.emplace_back(row.text(0)); });
    if (!read) return std::move(read).error();
    std::size_t given_up = 0;
    for (const std::string& channel : waiting) {
      if (std::ranges::find(channels, channel) != channels.end()) continue;
      Result<void> done = run(database_,
                              "UPDATE deliveries SET state = ?2, error = 'the channel is not configured any more' "
                              "WHERE state = 0 AND channel = ?1",
                              {channel, static_cast<std::int64_t>(DeliveryState::given_up)});
      if (!done) return std::move(done).error();
      given_up += static_cast<std::size_t>(database_.changes());
    }
    return given_up;
  });
}

Result<void> SqliteEvents::trim(WallTime now) {
  return in_transaction(database_, [&]() -> Result<void> {
    // What a channel is still to be told of stays until it was told, or given up.
    constexpr std::string_view over = "closed <> 0 AND id NOT IN (SELECT event FROM deliveries WHERE state = 0)";
    const std::string old = "DELETE FROM events WHERE closed < ?1 AND " + std::string{over};
    if (Result<void> cut = run(database_, old, {of(now - limits_.kept)}); !cut) return cut;
    const Result<std::int64_t> count = number(database_, "SELECT count(*) FROM events", {});
    if (!count) return count.error();
    const std::int64_t surplus = *count - static_cast<std::int64_t>(limits_.events_max);
    if (surplus > 0) {
      const std::string oldest =
          "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE " + std::string{over} + " ORDER BY closed, id LIMIT ?1)";
      if (Result<void> cut = run(database_, oldest, {surplus}); !cut) return cut;
    }
    return database_.execute("DELETE FROM deliveries WHERE event NOT IN (SELECT id FROM events)");
  });
}

Result<std::unique_ptr<SqliteEvents>> open_or_begin_events(const std::filesystem::path& file, bool& set_aside) {
  set_aside = false;
  Result<std::unique_ptr<SqliteEvents>> opened = SqliteEvents::open(file);
  if (opened || opened.error().code() != Code::corrupt) return opened;
  for (const char* part : {"-wal", "-shm", ""}) {
    std::error_code failed;
    const std::filesystem::path from{file.string() + part};
    if (!std::filesystem::exists(from, failed)) continue;
    std::filesystem::rename(from, file.string() + ".damaged" + part, failed);
    if (failed) return opened;
  }
  set_aside = true;
  return SqliteEvents::open(file);
}

}  // namespace tidegate
