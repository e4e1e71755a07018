// Collector: poll → parse → commit, one content type of one connector, for as long as it lives; or one back-fill of it, to
// its end.
//
// It promises P1 (windows stand side by side and the cursor moves only past what is stored) and P2 (what was seen is not
// stored again); P3 is the journal's: a page, its ids and its cursor are one commit. After any failure it goes on from the
// cursor in force; after an unclear one it loads that cursor from the journal. Where the API no longer has what the cursor
// would read, the loss is recorded, shipped and shown (P5).
//
// Time is the API's own, as far as its answers tell it: a sensor whose clock is wrong reads neither ahead nor behind.
//
// Waits that may last: until the next poll, and while the buffer is full.
// Thread: the loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "agent/gaps.h"
#include "agent/pipeline/collector_counts.h"
#include "agent/pipeline/copies.h"
#include "agent/pipeline/encoder.h"
#include "agent/pipeline/record_filter.h"
#include "agent/pipeline/window.h"
#include "agent/ports.h"
#include "agent/verdict.h"
#include "base/log.h"
#include "base/metrics.h"
#include "storage/seen_set.h"
#include "transport/backoff.h"

namespace tidegate {

struct CollectorOptions {
  CursorKey key;  // of a job: a back-fill, whose cursor is in the journal before it begins
  WindowLimits window;
  std::chrono::nanoseconds interval{std::chrono::seconds{300}};
  std::chrono::seconds first_read{24 * 3600};
  std::uint32_t pages_per_window_max = 20'000;    // an endless chain of pages ends here
  std::uint32_t repeated_pages_max = 50;          // in a row, that show what a page of the sweep showed
  std::int64_t records_beyond_count_max = 2'000;  // a chain that shows twice the window's own count and this, too
  std::uint32_t failures_per_window_max = 3;      // in a row, of a page; then the window is halved
  BackoffLimits retry{std::chrono::seconds{1}, std::chrono::seconds{60}};
  std::chrono::seconds refused_wait_max{300};  // between tries when token or request was refused
};

// What status and `cursor` show.
struct CollectorView {
  CursorKey key;
  StageState state;
  std::optional<Cursor> cursor;
  std::chrono::seconds lag{0};           // the API's clock less what was read through
  std::optional<WallTime> last_success;  // of a page that was committed or a poll that brought nothing new
  std::optional<WallTime> last_record;   // the youngest record's own time
  std::chrono::nanoseconds next_poll_in{0};
  std::size_t ids_remembered = 0;
  std::vector<Gap> gaps{};  // that are remembered, the earliest first
  bool done = false;        // a back-fill that has reached its end
};

// What a collector works with.
struct CollectorParts {
  Source& source;
  Store& store;
  Origin origin;
  RecordFilter filter;                      // of the content type
  std::vector<std::string> filter_names{};  // by the numbers that the filter gives
};

class Collector {
 public:
  Collector(CollectorOptions options, CollectorParts parts, Surroundings around, Log& log, Metrics& metrics);

  // Until cancelled, until a back-fill is done (`cancelled` too; view().done), or until the journal fails for good (`corrupt`).
  asio::awaitable<Error> run();

  CollectorView view() const;

 private:
  enum class Next : unsigned char { at_once, at_next_poll, never };
  // What a page means for the window that it was read for.
  enum class Fit : unsigned char { keep, read_again };
  // Whether the page's source lets the page behind it be asked for before the page is stored.
  enum class Ahead : unsigned char { no, yes };
  // What of a commit is looked at once it is in force: all but the records.
  struct Kept {
    SeenPack seen;
    Cursor next;
    WallSeconds forget_before{};
  };

  asio::awaitable<Result<Next>> advance();
  // What was done ahead of its turn, while the page before was being stored: a page that was parsed, and behind it an answer.
  struct AheadPage {
    PageRequest request;
    Result<Page> page;
  };
  struct AheadBody {
    PageRequest request;
    Result<Bytes> body;
  };

  asio::awaitable<Result<void>> load();
  asio::awaitable<Result<void>> load_gaps();
  Next open_window();
  std::optional<WallSeconds> earliest() const;
  asio::awaitable<Result<void>> skip_to(WallSeconds served, std::string reason);
  asio::awaitable<Result<Next>> read_page();
  asio::awaitable<Result<Bytes>> body_of(const PageRequest& request);
  asio::awaitable<void> work_ahead(PageRequest next);
  asio::awaitable<void> poll_ahead(PageRequest next);
  asio::awaitable<void> parse_ahead(PageRequest request, Bytes body);
  asio::awaitable<Result<Next>> no_page(Error error);
  asio::awaitable<bool> ask_the_time();
  Error failed(Error error);
  bool first_window_moved();
  bool reaches_ahead();
  asio::awaitable<Result<Next>> take(Page page, Ahead ahead);
  Result<Fit> fit(const Page& page);
  bool shown_before(const Page& page);
  std::optional<Commit> make_commit(const Page& page);
  asio::awaitable<Result<void>> commit(Commit commit);
  void settle(const Page& page, const Kept& kept);
  Next restart_window(std::string_view why);
  void begin_sweep();
  asio::awaitable<void> wait_after(const Error& error);
  asio::awaitable<void> wait_for_room();
  void report(const Error& error);

  WallTime api_now() const;
  WindowLimits limits() const;
  std::chrono::seconds lag() const;
  void show_lag();

  CollectorOptions options_;
  CollectorParts parts_;
  Encoder encoder_;
  Clock& clock_;
  Log& log_;
  Backoff backoff_;

  bool journal_failed_ = false;
  std::optional<Cursor> cursor_;  // as the journal has it; absent: load() comes first
  bool by_own_clock_ = false;     // the cursor was made without an answer that tells the API's time
  SeenSet seen_;
  Copies copies_;
  std::vector<std::size_t> dropped_;  // of the page under way: the filters that dropped its records
  std::vector<Gap> gaps_;
  std::optional<AheadPage> ahead_page_;
  std::optional<AheadBody> ahead_body_;
  std::optional<WindowProgress> window_;  // the sweep under way, which may be ahead of the cursor's by a restart
  std::chrono::seconds span_;
  std::int64_t swept_ = 0;                       // records in this sweep
  Id128 page_shows_;                             // of the page under way
  std::unordered_set<Id128> pages_shown_{};      // in this sweep, by what was on them
  std::uint32_t repeated_pages_ = 0;             // in a row, by now
  std::int64_t fresh_ = 0;                       // records of this pass that had not been seen
  SteadyTime sweep_began_{};                     // in this process
  SteadyTime page_began_{};                      // when the page was first asked for
  std::chrono::duration<double> page_takes_{0};  // a page of a window, from asking to storing; a moving average
  bool backlog_pass_ = false;
  std::uint32_t failures_ = 0;  // in a row, of pages that did not come or made no sense
  SteadyTime next_poll_{};
  StageState state_;
  std::optional<WallTime> last_success_;
  std::optional<WallTime> last_record_;
  CollectorCounts counts_;
};

}  // namespace tidegate
