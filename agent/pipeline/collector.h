// Collector: poll → parse → commit, one content type of one connector, for as long as it lives.
//
// It promises P1 (windows stand side by side and the cursor moves only past what is stored) and P2 (what was seen is not
// stored again); P3 is the journal's: a page, its ids and its cursor are one commit. After any failure it goes on from the
// cursor in force; after an unclear one it loads that cursor from the journal.
//
// Waits that may last: until the next poll, and while the buffer is full.
// Thread: the loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/pipeline/encoder.h"
#include "agent/pipeline/window.h"
#include "agent/ports.h"
#include "agent/verdict.h"
#include "base/log.h"
#include "base/metrics.h"
#include "storage/seen_set.h"
#include "transport/backoff.h"

namespace tidegate {

struct CollectorOptions {
  CursorKey key;
  WindowLimits window;
  std::chrono::nanoseconds interval{std::chrono::seconds{300}};
  std::chrono::seconds first_read{24 * 3600};
  std::uint32_t pages_per_window_max = 20'000;    // an endless chain of pages ends here
  std::int64_t records_beyond_count_max = 2'000;  // a chain that shows twice the window's own count and this, too
  std::uint32_t failures_per_window_max = 3;      // in a row without an answer in time; then the window is halved
  BackoffLimits retry{std::chrono::seconds{1}, std::chrono::seconds{60}};
  std::chrono::seconds refused_wait_max{300};  // between tries when token or request was refused
};

// What status and `cursor` show.
struct CollectorView {
  CursorKey key;
  StageState state;
  std::optional<Cursor> cursor;
  std::chrono::seconds lag{0};           // wall clock less what was read through
  std::optional<WallTime> last_success;  // of a page that was committed or a poll that brought nothing new
  std::optional<WallTime> last_record;   // the youngest record's own time
  std::chrono::nanoseconds next_poll_in{0};
  std::size_t ids_remembered = 0;
};

class Collector {
 public:
  Collector(CollectorOptions options, Source& source, Store& store, Origin origin, Compression compression, Surroundings around,
            Log& log, Metrics& metrics);

  // Until cancelled, or until the journal fails for good (`corrupt`).
  asio::awaitable<Error> run();

  CollectorView view() const;

 private:
  enum class Next : unsigned char { at_once, at_next_poll };

  asio::awaitable<Result<Next>> advance();
  asio::awaitable<Result<void>> load();
  bool open_window();
  asio::awaitable<Result<Next>> read_page();
  asio::awaitable<Result<Next>> take(Page page);
  Result<bool> page_fits(const Page& page);
  Result<Commit> make_commit(const Page& page);
  void settle(const Page& page, const Commit& commit);
  Next restart_window(std::string_view why);
  asio::awaitable<void> wait_after(const Error& error);
  asio::awaitable<void> wait_for_room();
  void report(const Error& error);

  CollectorOptions options_;
  Source& source_;
  Store& store_;
  Encoder encoder_;
  Clock& clock_;
  Log& log_;
  Backoff backoff_;

  bool journal_failed_ = false;
  std::optional<Cursor> cursor_;  // as the journal has it; absent: load() comes first
  SeenSet seen_;
  std::optional<WindowProgress> window_;  // the sweep under way, which may be ahead of the cursor's by a restart
  std::chrono::seconds span_;
  std::int64_t swept_ = 0;  // records in this sweep
  std::int64_t fresh_ = 0;  // records of this pass that had not been seen
  bool backlog_pass_ = false;
  std::uint32_t failures_ = 0;  // in a row, without an answer in time
  SteadyTime next_poll_{};
  StageState state_;
  std::optional<WallTime> last_success_;
  std::optional<WallTime> last_record_;

  Metric& collected_;
  Metric& duplicate_;
  Metric& quarantined_;
  Metric& committed_;
  Metric& lag_;
};

}  // namespace tidegate
