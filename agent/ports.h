// All that the agent asks of the world. edges/ answers with API, disk and wire; the simulation answers with its own.
// The path of a record is seven verbs in one order: poll, parse, commit, batch, ship, ack, trim. They are the methods
// of three ports; collector.cc calls the first three, shipper.cc the rest.
//
// Thread: the loop. Every awaitable ends early, with `cancelled`, when the coroutine that waits is cancelled, except
// those of Store: a call into the journal is short and its result is always looked at.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "agent/record.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "storage/types.h"

namespace tidegate {

namespace asio = boost::asio;

// The interval [from, to), whole seconds, and the page in it.
struct PageRequest {
  WallSeconds from{};
  WallSeconds to{};
  std::string link;  // as the previous page gave it; empty: the first page

  bool operator==(const PageRequest&) const = default;
};

// Whose turn it is where requests are scarce: what is new, or what was left behind on purpose (a back-fill).
enum class Urgency : unsigned char { fresh, background };

// The API's clock as its last answer that can be believed told it (the Date header, whole seconds), and when that was by our steady
// clock: so no step of our own wall clock changes what is known.
struct ApiTime {
  WallTime time{};
  SteadyTime at{};
};

// What a source knows of its API beyond what the configuration says. It may change with each answer.
struct SourceFacts {
  std::optional<ApiTime> api_time;                // absent before the first answer
  std::chrono::seconds lateness{0};               // a record may become visible as late as this after its own time
  std::chrono::seconds settle{0};                 // the API refuses windows that end nearer to its present
  std::optional<std::chrono::seconds> retention;  // how far back anything is served; absent: not known
  std::optional<std::chrono::seconds> longest;    // window that the API takes
  std::chrono::seconds reach{0};                  // a window may show again what stood this long before it: ids are kept for it
};

// One content type of one connector at its API.
class Source {
 public:
  virtual ~Source() = default;

  // The body of one page. `absent`: the link has expired, the window must be read again from its first page.
  // `unavailable` and `timeout`: later. `denied`: token or permission. `invalid`: the API refuses the request itself.
  // `gone`: the window begins before what the API keeps.
  virtual asio::awaitable<Result<Bytes>> poll(const PageRequest& request) = 0;

  // `corrupt`: not a page. A record that is odd is no error: it is in the page, marked as not understood.
  virtual Result<Page> parse(const PageRequest& request, Bytes body) = 0;

  // The link that the page with this body seems to give: a guess, made without parsing it, so that the next page can be asked for
  // meanwhile. Empty: not to be told, or a page may not be asked for before its predecessor is stored. What parse() says is true.
  virtual ByteView likely_next(ByteView body) const {
    (void)body;
    return {};
  }

  virtual SourceFacts facts() const { return {}; }
};

// The journal on its own thread.
class Store {
 public:
  virtual ~Store() = default;

  virtual asio::awaitable<Result<CursorState>> load(CursorKey key) = 0;
  virtual asio::awaitable<Result<std::vector<StoredCursor>>> cursors() = 0;
  virtual asio::awaitable<Result<std::vector<Note>>> notes(std::string prefix) = 0;
  virtual asio::awaitable<Result<void>> put_notes(std::vector<Note> notes) = 0;
  virtual asio::awaitable<Result<void>> forget(CursorKey key, std::vector<Note> notes) = 0;
  virtual asio::awaitable<Result<std::vector<SegmentId>>> commit(Commit commit) = 0;
  virtual asio::awaitable<Result<StoredSegment>> batch(SegmentId id) = 0;
  virtual asio::awaitable<Result<void>> trim(SegmentId id) = 0;
  virtual asio::awaitable<Result<void>> set_aside(SegmentId id) = 0;
  virtual asio::awaitable<Result<SegmentId>> take_back() = 0;

  // As of the last commit, trim, setting aside or taking back.
  virtual JournalUsage usage() const = 0;
  virtual Id128 epoch() const = 0;
  // Returns after the next of those, or when cancelled. May last.
  virtual asio::awaitable<void> changed() = 0;
};

// The way to a processor: one session at a time, with many chunks in flight.
class Uplink {
 public:
  virtual ~Uplink() = default;

  // Begins a session where there is none. Ok: a processor has answered (P12).
  virtual asio::awaitable<Result<void>> connect() = 0;
  // Writes the chunk. `unavailable`: there is no session. Ok means written, not kept: only ack() says that (P4).
  virtual asio::awaitable<Result<void>> ship(const StoredSegment& segment) = 0;
  // The next segment that the processor says is on stable storage; in any order. May last as long as the session.
  virtual asio::awaitable<Result<SegmentId>> ack() = 0;
  // Returns when the session is better ended, because a processor that is preferred to its own is there again; nothing is in flight
  // then. May last as long as the session.
  virtual asio::awaitable<void> preferred() = 0;
  // Ends the session: whatever is unacknowledged must be shipped again.
  virtual void reset() = 0;
};

// What every stage is given beside its ports.
struct Surroundings {
  Clock& clock;
  Random& random;
};

}  // namespace tidegate
