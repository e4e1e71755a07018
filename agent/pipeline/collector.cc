#include "agent/pipeline/collector.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <unordered_set>
#include <utility>

#include "base/check.h"

namespace tidegate {
namespace {

constexpr std::uint64_t room_percent = 95;  // of what was kept when the journal was full
constexpr std::chrono::seconds room_check{1};
// A source names less than what its API keeps. As much of that margin is used up before a gap is made, so that a reader at
// the edge makes few of them.
constexpr std::chrono::minutes retention_slack{5};
constexpr std::uint32_t outage_patience = 5;
constexpr double page_time_share = 0.2;  // of the last page in the moving average

Verdict verdict_of(const Error& error) {
  switch (error.code()) {
    case Code::unavailable:
    case Code::timeout: return Verdict::unreachable;
    case Code::throttled: return Verdict::throttled;
    case Code::full: return Verdict::paused;
    case Code::denied: return Verdict::auth_failed;
    case Code::invalid: return Verdict::misconfigured;
    case Code::corrupt:
    case Code::absent:
    case Code::gone:
    case Code::cancelled: return Verdict::degraded;
  }
  return Verdict::degraded;
}

}  // namespace

Collector::Collector(CollectorOptions options, CollectorParts parts, Surroundings around, Log& log, Metrics& metrics)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      encoder_(parts_.origin),
      clock_(around.clock),
      log_(log),
      backoff_(around.random, options_.retry),
      span_(options_.window.longest),
      counts_(metrics, options_.key, parts_.filter_names) {
  state_.since = clock_.wall();
}

asio::awaitable<Error> Collector::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (stop.cancelled() == asio::cancellation_type::none) {
    Result<Next> next = co_await advance();
    if (stop.cancelled() != asio::cancellation_type::none) break;
    if (!next) {
      report(next.error());
      if (journal_failed_) co_return std::move(next).error();
      co_await wait_after(next.error());
    } else if (*next == Next::at_next_poll) {
      co_await clock_.sleep_until(next_poll_);
    } else if (*next == Next::never) {
      co_return Error{Code::cancelled, "back-fill done"};
    }
  }
  co_return Error{Code::cancelled, "collector stopped"};
}

// One page further, or to the point where there is nothing to read.
asio::awaitable<Result<Collector::Next>> Collector::advance() {
  if (!cursor_) {
    Result<void> loaded = co_await load();
    if (!loaded) co_return std::move(loaded).error();
  }
  if (!window_) {
    const Next next = open_window();
    if (next == Next::at_next_poll && co_await ask_the_time()) co_return Next::at_once;
    if (next != Next::at_once) co_return next;
  }
  if (const auto served = earliest(); served && window_->from + retention_slack < *served && window_->next_link.empty()) {
    Result<void> skipped = co_await skip_to(*served, "the API no longer keeps what is older");
    if (!skipped) co_return std::move(skipped).error();
    co_return Next::at_once;
  }
  co_return co_await read_page();
}

asio::awaitable<Result<void>> Collector::load() {
  Result<CursorState> state = co_await parts_.store.load(options_.key);
  if (!state) {
    journal_failed_ = state.error().code() == Code::corrupt;
    co_return std::move(state).error().in("journal");
  }
  if (options_.key.job != 0 && !state->cursor) co_return Error{Code::invalid, "a back-fill without a cursor"};
  Result<void> gaps = co_await load_gaps();
  if (!gaps) co_return std::move(gaps).error();
  // Nobody promised what was over before the first window.
  const SourceFacts facts = parts_.source.facts();
  const std::chrono::seconds first_read = std::min(options_.first_read, facts.retention.value_or(options_.first_read));
  cursor_ = state->cursor ? *state->cursor : first_cursor(api_now(), first_read);
  by_own_clock_ = !state->cursor && !facts.api_time;
  window_ = cursor_->window;
  seen_ = SeenSet{state->seen};
  begin_sweep();
  if (window_) copies_.resume_sweep();
  co_return Result<void>{};
}

// At once: there is a window to read.
Collector::Next Collector::open_window() {
  if (options_.key.job != 0 && cursor_->position >= cursor_->pass_to) return Next::never;
  const Pass pass = begin_pass(*cursor_, api_now(), limits());
  if (pass != Pass::under_way) {
    backlog_pass_ = pass == Pass::backlog;
    fresh_ = 0;
    next_poll_ = clock_.steady() + options_.interval;
  }
  if (pass == Pass::none) {
    show_lag();
    return Next::at_next_poll;
  }
  window_ = next_window(*cursor_, api_now(), span_, limits());
  begin_sweep();
  return Next::at_once;
}

void Collector::begin_sweep() {
  swept_ = 0;
  pages_shown_.clear();
  repeated_pages_ = 0;
  sweep_began_ = clock_.steady();
  page_began_ = sweep_began_;
  copies_.begin_sweep();
}

asio::awaitable<Result<Collector::Next>> Collector::read_page() {
  const PageRequest request{.from = window_->from, .to = window_->to, .link = window_->next_link};
  if (ahead_page_ && ahead_page_->request == request) {
    Result<Page> page = std::move(std::exchange(ahead_page_, std::nullopt)->page);
    if (!page) co_return failed(std::move(page).error());
    co_return co_await take(*std::move(page), Ahead::yes);
  }
  const SteadyTime asked = clock_.steady();
  Result<Bytes> body = co_await body_of(request);
  if (request.link.empty()) {
    // The answer, whatever it is, tells the API's time: what was begun by a wrong clock is set right before it counts.
    if (first_window_moved()) co_return Next::at_once;
    window_->started = std::min(window_->started, api_now() - (clock_.steady() - asked));
    if (reaches_ahead()) co_return window_ ? Next::at_once : Next::at_next_poll;
  }
  if (!body) co_return co_await no_page(std::move(body).error());
  const Ahead ahead = parts_.source.likely_next(*body).empty() ? Ahead::no : Ahead::yes;
  Result<Page> page = parts_.source.parse(request, *std::move(body));
  if (!page) co_return failed(std::move(page).error());
  co_return co_await take(*std::move(page), ahead);
}

asio::awaitable<Result<Collector::Next>> Collector::no_page(Error error) {
  if (error.code() == Code::absent && !window_->next_link.empty()) co_return restart_window(error.text());
  const std::optional<WallSeconds> served = earliest();
  const bool too_old = error.code() == Code::invalid && served && window_->from < *served;
  if (!too_old && error.code() != Code::gone) co_return failed(std::move(error));
  const WallSeconds onward = std::max(served.value_or(window_->to), window_->from + std::chrono::seconds{1});
  Result<void> skipped = co_await skip_to(onward, error.text());
  if (!skipped) co_return std::move(skipped).error();
  co_return Next::at_once;
}

// A page that is not to be had, time after time, must not hold up its window for ever: it is begun again, shorter.
Error Collector::failed(Error error) {
  const Code code = error.code();
  const bool by_link = !window_->next_link.empty();
  const bool of_page = code == Code::timeout || (by_link && (code == Code::corrupt || code == Code::invalid));
  // An outage is no fault of the page; but a link that is answered so for longer than links live will not come back.
  const bool outage = by_link && code == Code::unavailable;
  const std::uint32_t most = options_.failures_per_window_max * (outage ? outage_patience : 1);
  if ((of_page || outage) && ++failures_ >= most) {
    failures_ = 0;
    (void)restart_window(error.text());
  }
  return error;
}

// Whether the page is to be committed, or the window was cut or begun again because of what the page says.
Result<Collector::Fit> Collector::fit(const Page& page) {
  const auto span = window_->to - window_->from;
  if (window_->next_link.empty()) {
    const auto pages = page.next_link.empty() ? 1 : page.total_count / std::max<std::int64_t>(std::ssize(page.records), 1) + 1;
    const auto duration = std::chrono::duration_cast<std::chrono::nanoseconds>(page_takes_ * pages);
    const double load = page.total_count < 0 ? 0 : load_of(page.total_count, duration, limits());
    if (load > 1 && pages > 1 && span > std::chrono::seconds{1}) {
      span_ = std::min(fitting_span(span, load, limits()), span - std::chrono::seconds{1});
      window_->to = window_->from + span_;
      return Fit::read_again;
    }
    window_->total_count = page.total_count;
  }
  // Pages are counted from the window's edge, so a record that leaves the window moves one unread behind our back:
  // only reading the window again finds it. Records that arrive are harmless: they show something twice.
  if (page.total_count >= 0 && page.total_count < window_->total_count) {
    (void)restart_window("records left the window while it was read");
    return Fit::read_again;
  }
  window_->total_count = std::max(window_->total_count, page.total_count);
  if (!page.next_link.empty() && page.next_link == window_->next_link)
    return Error{Code::corrupt, "the next page's link is the page's own"};
  repeated_pages_ = shown_before(page) ? repeated_pages_ + 1 : 0;
  const bool more_than_counted = page.total_count >= 0 && swept_ > 2 * window_->total_count + options_.records_beyond_count_max;
  if (more_than_counted || repeated_pages_ > options_.repeated_pages_max || window_->pages >= options_.pages_per_window_max) {
    (void)restart_window("the chain of pages does not end");
    return Error{Code::corrupt, "the chain of pages does not end"};
  }
  return Fit::keep;
}

// A page may be empty, or come again, and have a link all the same. That many such pages in a row are a chain without an end, also
// where no count tells the length that it should have.
bool Collector::shown_before(const Page& page) {
  Bytes ids;
  ids.reserve(page.records.size() * 16);
  for (const Record& record : page.records) put_id(ids, record.source_id);
  page_shows_ = hash128(ids);
  return pages_shown_.contains(page_shows_);
}

asio::awaitable<Result<Collector::Next>> Collector::take(Page page, Ahead ahead) {
  using asio::experimental::awaitable_operators::operator&&;
  failures_ = 0;
  Result<Fit> fits = fit(page);
  if (!fits) co_return std::move(fits).error();
  if (*fits == Fit::read_again) co_return Next::at_once;
  std::optional<Commit> made = make_commit(page);
  if (!made) co_return restart_window("identical records have to be counted from the window's first page on");
  Commit& next = *made;
  const Kept kept{next.seen, next.next, next.forget_before};
  PageRequest behind{.from = window_->from, .to = window_->to, .link = ahead == Ahead::yes ? page.next_link : std::string{}};
  Result<void> stored = co_await (commit(std::move(next)) && work_ahead(std::move(behind)));
  if (!stored) co_return std::move(stored).error();
  settle(page, kept);
  const bool pass_done = !window_ && cursor_->position >= cursor_->pass_to;
  if (!pass_done || backlog_pass_ || options_.key.job != 0) co_return Next::at_once;
  if (fresh_ == 0) state_.become(Verdict::idle, clock_.wall(), {});
  co_return Next::at_next_poll;
}

asio::awaitable<Result<void>> Collector::commit(Commit commit) {
  co_await asio::this_coro::throw_if_cancelled(false);
  Result<std::vector<SegmentId>> stored = co_await parts_.store.commit(std::move(commit));
  if (stored) co_return Result<void>{};
  // Full means that nothing was written. After anything else only the journal knows what is in force (P3).
  if (stored.error().code() != Code::full) cursor_.reset();
  journal_failed_ = stored.error().code() == Code::corrupt;
  co_return std::move(stored).error().in("journal");
}

// Absent where the window must be read again from its first page.
std::optional<Commit> Collector::make_commit(const Page& page) {
  std::vector<std::uint32_t> chosen;
  std::unordered_set<Id128> in_page;
  Commit commit;
  commit.key = options_.key;
  commit.seen.latest = window_->to;
  commit.next = *cursor_;
  const bool repeat = !copies_.begin_page(closed_end(window_->started, limits()), page);
  std::vector<Id128> ids;
  std::vector<Id128> dropped_ids;
  dropped_.clear();
  for (std::uint32_t i = 0; i < page.records.size() && !repeat; ++i) {
    const Record& record = page.records[i];
    const std::optional<Id128> id = copies_.id_of(record);
    if (!id) return std::nullopt;
    if (seen_.contains(*id) || !in_page.insert(*id).second) continue;
    const auto filter = record.understood ? parts_.filter.dropped_by(page.payload(record)) : std::nullopt;
    if (filter) {
      dropped_.push_back(*filter);
      dropped_ids.push_back(*id);
      continue;
    }
    chosen.push_back(i);
    ids.push_back(*id);
  }
  commit.segments = encoder_.encode(page, chosen, ids);
  // What a filter drops is remembered as well: it is looked at, and counted, once.
  commit.seen.ids = std::move(ids);
  commit.seen.ids.insert(commit.seen.ids.end(), dropped_ids.begin(), dropped_ids.end());

  commit.next.window = window_;
  commit.next.window->next_link = page.next_link;
  ++commit.next.window->pages;
  if (page.next_link.empty()) commit.next = completed(commit.next, limits());
  commit.forget_before = commit.next.settled - parts_.source.facts().reach;
  TG_ASSERT(commit.next.settled >= cursor_->settled, "P1: a cursor never moves back by itself");
  return commit;
}

// The commit is in force: what the collector goes on from, and what it shows, follow it.
void Collector::settle(const Page& page, const Kept& kept) {
  const WindowProgress swept = *window_;
  for (const Record& record : page.records) {
    if (!record.understood) counts_.quarantined.add();
    else if (!last_record_ || record.time > *last_record_) last_record_ = record.time;
  }
  counts_.collected.add(static_cast<std::int64_t>(page.records.size()));
  counts_.committed.add(static_cast<std::int64_t>(kept.seen.ids.size() - dropped_.size()));
  for (const std::size_t filter : dropped_) counts_.filtered[filter]->add();
  counts_.duplicate.add(static_cast<std::int64_t>(page.records.size() - kept.seen.ids.size()));
  swept_ += static_cast<std::int64_t>(page.records.size());
  copies_.keep_page();
  pages_shown_.insert(page_shows_);
  const std::chrono::duration<double> took = clock_.steady() - page_began_;
  page_takes_ = page_takes_.count() == 0 ? took : page_takes_ * (1 - page_time_share) + took * page_time_share;
  page_began_ = clock_.steady();

  if (!kept.seen.ids.empty()) seen_.add(kept.seen);
  seen_.forget_before(kept.forget_before);
  cursor_ = kept.next;
  window_ = cursor_->window;
  if (!window_) {
    const double load = load_of(std::max(swept.total_count, swept_), clock_.steady() - sweep_began_, limits());
    span_ = fitting_span(swept.to - swept.from, load, limits());
  }

  backoff_.reset();
  last_success_ = clock_.wall();
  show_lag();
  fresh_ += static_cast<std::int64_t>(kept.seen.ids.size());
  // A failure is over with the first page that is stored; whether the pass brought anything is known at its end.
  if (fresh_ > 0 || state_.verdict != Verdict::idle) state_.become(Verdict::healthy, clock_.wall(), {});
}

Collector::Next Collector::restart_window(std::string_view why) {
  log_.info("a window is read again", {{"connector", options_.key.connector},
                                       {"content_type", std::string{name(options_.key.lane)}},
                                       {"from", to_iso8601(window_->from)},
                                       {"reason", std::string{why}}});
  window_ = begun_again(*window_, api_now());
  begin_sweep();
  return Next::at_once;
}

void Collector::report(const Error& error) {
  const Verdict verdict = verdict_of(error);
  state_.become(verdict, clock_.wall(), error.text());
  show_lag();
  log_.warning("collecting failed", {{"connector", options_.key.connector},
                                     {"content_type", std::string{name(options_.key.lane)}},
                                     {"state", std::string{name(verdict)}},
                                     {"reason", error.text()},
                                     {"remedy", std::string{remedy(verdict)}}});
}

asio::awaitable<void> Collector::wait_after(const Error& error) {
  if (error.code() == Code::full) co_return co_await wait_for_room();
  std::chrono::nanoseconds wait = backoff_.next();
  if (error.code() == Code::denied || error.code() == Code::invalid)
    wait = std::clamp<std::chrono::nanoseconds>(options_.interval, wait, options_.refused_wait_max);
  co_await clock_.sleep_for(wait);
}

// The API keeps what is not read (P5). The page is asked for again once the backlog has clearly shrunk, or now and then: it
// may be the file system, not the budget, that was full.
asio::awaitable<void> Collector::wait_for_room() {
  const auto stop = co_await asio::this_coro::cancellation_state;
  const std::uint64_t enough = parts_.store.usage().bytes / 100 * room_percent;
  const SteadyTime latest = clock_.steady() + options_.retry.ceiling;
  while (stop.cancelled() == asio::cancellation_type::none && clock_.steady() < latest) {
    co_await clock_.sleep_for(room_check);
    if (parts_.store.usage().bytes < enough) break;
  }
}

CollectorView Collector::view() const {
  CollectorView view{
      .key = options_.key, .state = state_, .cursor = cursor_, .last_success = last_success_, .last_record = last_record_};
  view.lag = lag();
  view.done = options_.key.job != 0 && cursor_ && !window_ && cursor_->position >= cursor_->pass_to;
  view.next_poll_in = std::max<std::chrono::nanoseconds>(next_poll_ - clock_.steady(), std::chrono::nanoseconds{0});
  view.ids_remembered = seen_.size();
  view.gaps = gaps_;
  return view;
}

}  // namespace tidegate
