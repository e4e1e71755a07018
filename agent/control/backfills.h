// Backfills: the list of back-fills, and what an operator does with them. What was asked for is in the journal before it is
// answered, so a restart goes on with it; the reading itself is somebody else's (BackfillReaders).
//
// It promises that a cursor and the state of its back-fill are written together: begun in one commit, ended in one batch; and that
// a number is never given twice, since segments in the journal are known by it.
//
// Thread: the loop. Operations on different back-fills may run side by side; a second one on the same is refused while the first
// is under way.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/control/backfill.h"
#include "agent/ports.h"
#include "agent/verdict.h"
#include "base/log.h"

namespace tidegate {

inline constexpr std::size_t backfills_open_max = 16;   // running or paused
inline constexpr std::size_t backfills_ended_max = 32;  // remembered; the oldest go when a new one begins

// Who reads: a collector for each back-fill that runs, with Urgency::background.
class BackfillReaders {
 public:
  virtual ~BackfillReaders() = default;
  // Begins to read from the cursor that is in the journal; ok when it reads already. The error says why it cannot: the back-fill
  // stays, not read, until start_readers(). Once its end is reached, the reader calls Backfills::finished().
  virtual Result<void> start_reader(const Backfill& backfill) = 0;
  // Returns when nobody commits for this number any more; at once when nobody does. Reading that was done stays.
  virtual asio::awaitable<void> stop_reader(std::uint32_t number) = 0;
  // What its reader says of itself; absent where there is none.
  virtual std::optional<StageState> state_of(std::uint32_t number) const = 0;
};

struct BackfillView {
  Backfill backfill;
  double progress = 0;  // 0 to 1
  std::string trouble;  // why nothing is read of it at the moment though it should be; empty: nothing
};

struct BackfillRequest {
  std::string connector;
  Lane lane = Lane::alerts;
  WallSeconds from{};
  WallSeconds to{};
};

class Backfills {
 public:
  //   requires: what is referred to outlives this
  Backfills(Store& store, Clock& clock, BackfillReaders& readers, Log& log);

  // Reads the list from the journal and starts the readers of those that run, where that was not done yet. Every operation does
  // so first.
  asio::awaitable<Result<void>> load();

  // `invalid`: an interval that is empty or reaches into the future, or too many that have not ended. Whether the connector
  // exists is the caller's to know.
  asio::awaitable<Result<Backfill>> start(BackfillRequest request);
  // The three return once it is so, also when it was so before. `absent`: no such number. `invalid`: it has ended.
  // `unavailable`: another operation on it is under way. After any other error it may be either way: the next operation, on any of
  // them, finds out and starts what runs; until then this one is not read.
  asio::awaitable<Result<void>> pause(std::uint32_t number);
  asio::awaitable<Result<void>> resume(std::uint32_t number);
  // What was read stays and is shipped; the rest is not read.
  asio::awaitable<Result<void>> cancel(std::uint32_t number);

  // By number.
  asio::awaitable<Result<std::vector<BackfillView>>> list();
  // Of one: as BackfillView has it.
  std::string trouble_of(std::uint32_t number) const;

  // Of a reader that has committed its last page and commits no more. After an error the next operation, or the next start,
  // begins the reader again, which then ends at once and calls this again.
  asio::awaitable<Result<void>> finished(std::uint32_t number);

  // Tries again to start readers of those that run: after the connectors have changed.
  void start_readers();

 private:
  struct Entry {
    Backfill backfill;
    std::string trouble;
  };
  class Busy;

  asio::awaitable<Result<void>> read_list();
  Result<void> check(const BackfillRequest& request) const;
  std::vector<Note> make_room();
  Result<Entry*> entry_of(std::uint32_t number);
  asio::awaitable<Result<void>> change(std::uint32_t number, BackfillState wanted);
  void start_reader(Entry& entry);

  Store& store_;
  Clock& clock_;
  BackfillReaders& readers_;
  Log& log_;
  std::map<std::uint32_t, Entry> entries_;
  std::set<std::uint32_t> busy_;
  std::uint32_t last_number_ = 0;  // given, ever
  bool loaded_ = false;            // false: the journal may know more than this does
};

}  // namespace tidegate
