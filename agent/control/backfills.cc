#include "agent/control/backfills.h"

#include <algorithm>
#include <optional>

namespace tidegate {

// One operation at a time on one back-fill.
class Backfills::Busy {
 public:
  Busy(std::set<std::uint32_t>& busy, std::uint32_t number) : busy_(busy), number_(number), taken_(busy.insert(number).second) {}
  ~Busy() {
    if (taken_) busy_.erase(number_);
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

  Result<void> taken() const {
    if (taken_) return {};
    return Error{Code::unavailable, "another operation on back-fill " + std::to_string(number_) + " is under way: try again"};
  }

 private:
  std::set<std::uint32_t>& busy_;
  std::uint32_t number_;
  bool taken_;
};

Backfills::Backfills(Store& store, Clock& clock, BackfillReaders& readers, Log& log)
    : store_(store), clock_(clock), readers_(readers), log_(log) {}

asio::awaitable<Result<void>> Backfills::read_list() {
  Result<std::vector<Note>> notes = co_await store_.notes(std::string{backfill_notes_prefix});
  if (!notes) co_return std::move(notes).error().in("back-fills");
  Result<std::vector<StoredCursor>> cursors = co_await store_.cursors();
  if (!cursors) co_return std::move(cursors).error().in("back-fills");
  entries_.clear();
  for (const StoredCursor& stored : *cursors) last_number_ = std::max(last_number_, stored.key.job);
  for (const Note& note : *notes) {
    Result<Backfill> backfill = backfill_from(note);
    if (!backfill) {
      log_.error("a back-fill is left alone, its note cannot be read", {{"reason", backfill.error().text()}});
      continue;
    }
    last_number_ = std::max(last_number_, backfill->number);
    entries_.emplace(backfill->number, Entry{*backfill, {}});
  }
  // A healing may have lost a cursor: then the interval is read from its beginning.
  for (const auto& [number, entry] : entries_) {
    const CursorKey key = entry.backfill.key();
    if (entry.backfill.ended() || std::ranges::find(*cursors, key, &StoredCursor::key) != cursors->end()) continue;
    Commit begin;
    begin.key = key;
    begin.next = cursor_of(entry.backfill);
    Result<std::vector<SegmentId>> begun = co_await store_.commit(std::move(begin));
    if (!begun) co_return std::move(begun).error().in("back-fills");
  }
  loaded_ = true;
  start_readers();
  co_return Result<void>{};
}

// The list is read while nothing else is under way, so that neither overtakes the other; reading it counts as an operation on
// number 0, which no back-fill has.
asio::awaitable<Result<void>> Backfills::load() {
  if (loaded_) co_return Result<void>{};
  if (!busy_.empty()) co_return Error{Code::unavailable, "another operation on back-fills is under way: try again"};
  const Busy busy{busy_, 0};
  co_return co_await read_list();
}

void Backfills::start_readers() {
  if (!loaded_) return;  // what the list says may not be so
  for (auto& [number, entry] : entries_) {
    if (entry.backfill.state == BackfillState::running && !busy_.contains(number)) start_reader(entry);
  }
}

void Backfills::start_reader(Entry& entry) {
  Result<void> started = readers_.start_reader(entry.backfill);
  entry.trouble = started ? std::string{} : started.error().text();
}

Result<void> Backfills::check(const BackfillRequest& request) const {
  if (request.connector.size() > backfill_connector_bytes_max) return Error{Code::invalid, "connector: the name is too long"};
  if (request.lane == Lane::own_events) return Error{Code::invalid, "content_type: own events are not read from anywhere"};
  if (request.from < WallSeconds{} || request.to > backfill_time_max) {
    return Error{Code::invalid, "from: only times from 1970 to 2106 can be read"};
  }
  if (request.from >= request.to) {
    return Error{Code::invalid, "to: " + to_iso8601(request.to) + " is not after from, " + to_iso8601(request.from)};
  }
  if (request.to > clock_.wall()) {
    return Error{Code::invalid,
                 "to: " + to_iso8601(request.to) + " lies ahead: give a time that has passed, the live reading has the rest"};
  }
  const auto open = std::ranges::count_if(entries_, [](const auto& each) { return !each.second.backfill.ended(); });
  if (static_cast<std::size_t>(open) >= backfills_open_max) {
    return Error{Code::invalid, "there are " + std::to_string(open) +
                                    " back-fills that have not ended, the most there may be: cancel one, or wait"};
  }
  if (last_number_ == UINT32_MAX) return Error{Code::invalid, "all numbers of back-fills are used up"};
  return {};
}

// Of those that have ended, the oldest beyond what is remembered. The last number given is never among them, so that after
// a restart it is still known.
std::vector<Note> Backfills::make_room() {
  std::vector<Note> erased;
  auto ended =
      static_cast<std::size_t>(std::ranges::count_if(entries_, [](const auto& each) { return each.second.backfill.ended(); }));
  for (auto at = entries_.begin(); at != entries_.end() && ended > backfills_ended_max && erased.size() + 1 < commit_notes_max;) {
    if (!at->second.backfill.ended()) {
      ++at;
      continue;
    }
    erased.push_back({note_of(at->second.backfill).name, {}});
    at = entries_.erase(at);
    --ended;
  }
  return erased;
}

asio::awaitable<Result<Backfill>> Backfills::start(BackfillRequest request) {
  Result<void> ready = co_await load();
  if (!ready) co_return std::move(ready).error();
  Result<void> good = check(request);
  if (!good) co_return std::move(good).error();
  const Backfill backfill{.number = ++last_number_,
                          .connector = std::move(request.connector),
                          .lane = request.lane,
                          .from = request.from,
                          .to = request.to,
                          .state = BackfillState::running,
                          .created = clock_.wall()};
  const Busy busy{busy_, backfill.number};
  Commit begin;
  begin.key = backfill.key();
  begin.next = cursor_of(backfill);
  begin.notes = make_room();
  begin.notes.push_back(note_of(backfill));
  // It counts from now on, so that the bound holds whatever is asked meanwhile; it is read once it is in the journal.
  Entry& entry = entries_.emplace(backfill.number, Entry{backfill, {}}).first->second;
  Result<std::vector<SegmentId>> begun = co_await store_.commit(std::move(begin));
  if (!begun) {
    loaded_ = false;
    entries_.erase(backfill.number);
    co_return std::move(begun).error().in("back-fill " + std::to_string(backfill.number));
  }
  start_reader(entry);
  log_.info("back-fill begun", {{"number", std::to_string(backfill.number)},
                                {"connector", backfill.connector},
                                {"content_type", std::string{name(backfill.lane)}},
                                {"from", to_iso8601(backfill.from)},
                                {"to", to_iso8601(backfill.to)}});
  co_return backfill;
}

Result<Backfills::Entry*> Backfills::entry_of(std::uint32_t number) {
  const auto found = entries_.find(number);
  if (found != entries_.end()) return &found->second;
  return Error{Code::absent, "there is no back-fill " + std::to_string(number) + ": `tidegate-agent backfill list` shows them"};
}

// One change of one back-fill: to the state that is wanted, from any that is not final, unless it is there already.
asio::awaitable<Result<void>> Backfills::change(std::uint32_t number, BackfillState wanted) {
  Result<void> ready = co_await load();
  if (!ready) co_return std::move(ready).error();
  const Busy busy{busy_, number};
  Result<void> taken = busy.taken();
  if (!taken) co_return std::move(taken).error();
  Result<Entry*> found = entry_of(number);
  if (!found) co_return std::move(found).error();
  Entry& entry = **found;  // it stays: only those that have ended are erased, and the list is read anew only when nothing is busy
  if (entry.backfill.state == wanted) co_return Result<void>{};
  if (entry.backfill.ended()) {
    co_return Error{Code::invalid, "back-fill " + std::to_string(number) + " is " + std::string{name(entry.backfill.state)} +
                                       ": start another one"};
  }
  Backfill next = entry.backfill;
  next.state = wanted;
  if (wanted == BackfillState::paused || wanted == BackfillState::cancelled) co_await readers_.stop_reader(number);
  std::vector<Note> notes{note_of(next)};
  const CursorKey key = next.key();
  Result<void> written;
  if (next.ended()) written = co_await store_.forget(key, std::move(notes));
  else written = co_await store_.put_notes(std::move(notes));
  if (!written) {
    loaded_ = false;
    co_return std::move(written).error().in("back-fill " + std::to_string(number));
  }
  entry = {next, {}};
  if (wanted == BackfillState::running) start_reader(entry);
  log_.info("back-fill changed", {{"number", std::to_string(number)}, {"state", std::string{name(wanted)}}});
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Backfills::pause(std::uint32_t number) { return change(number, BackfillState::paused); }
asio::awaitable<Result<void>> Backfills::resume(std::uint32_t number) { return change(number, BackfillState::running); }
asio::awaitable<Result<void>> Backfills::cancel(std::uint32_t number) { return change(number, BackfillState::cancelled); }
asio::awaitable<Result<void>> Backfills::finished(std::uint32_t number) { return change(number, BackfillState::done); }

asio::awaitable<Result<std::vector<BackfillView>>> Backfills::list() {
  Result<void> ready = co_await load();
  if (!ready) co_return std::move(ready).error();
  Result<std::vector<StoredCursor>> cursors = co_await store_.cursors();
  if (!cursors) co_return std::move(cursors).error().in("back-fills");
  std::map<CursorKey, Cursor> by_key;
  for (StoredCursor& stored : *cursors) by_key.emplace(std::move(stored.key), std::move(stored.cursor));
  std::vector<BackfillView> views;
  for (const auto& [number, entry] : entries_) {
    const auto cursor = by_key.find(entry.backfill.key());
    const std::optional<Cursor> at = cursor == by_key.end() ? std::nullopt : std::optional{cursor->second};
    views.push_back({entry.backfill, progress(entry.backfill, at), trouble_of(number)});
  }
  co_return views;
}

std::string Backfills::trouble_of(std::uint32_t number) const {
  const auto found = entries_.find(number);
  if (found == entries_.end() || found->second.backfill.state != BackfillState::running) return {};
  if (!found->second.trouble.empty()) return found->second.trouble;
  const std::optional<StageState> state = readers_.state_of(number);
  if (!state || state->reason.empty()) return {};
  return std::string{name(state->verdict)} + ": " + state->reason;
}

}  // namespace tidegate
