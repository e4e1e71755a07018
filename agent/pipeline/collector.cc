#include "agent/pipeline/collector.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <unordered_set>

#include "base/check.h"

namespace tidegate {
namespace {

constexpr std::uint64_t room_percent = 95;  // of what was kept when the journal was full
constexpr std::chrono::seconds room_check{1};

Labels labels_of(const CursorKey& key) { return {{"connector", key.connector}, {"content_type", std::string{name(key.lane)}}}; }

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
    case Code::cancelled: return Verdict::degraded;
  }
  return Verdict::degraded;
}

}  // namespace

Collector::Collector(CollectorOptions options, Source& source, Store& store, Origin origin, Compression compression,
                     Surroundings around, Log& log, Metrics& metrics)
    : options_(std::move(options)),
      source_(source),
      store_(store),
      encoder_(std::move(origin), compression),
      clock_(around.clock),
      log_(log),
      backoff_(around.random, options_.retry),
      seen_(),
      span_(options_.window.longest),
      collected_(
          metrics.counter("tidegate_records_collected_total", "Records in the pages that were read.", labels_of(options_.key))),
      duplicate_(
          metrics.counter("tidegate_records_duplicate_total", "Records that had been read before.", labels_of(options_.key))),
      quarantined_(metrics.counter("tidegate_records_quarantined_total", "Records that were not understood; kept as they came.",
                                   labels_of(options_.key))),
      committed_(metrics.counter("tidegate_records_committed_total", "Records committed to the journal.", labels_of(options_.key))),
      lag_(metrics.gauge("tidegate_collector_lag_seconds", "Wall clock less the time up to which everything was read.",
                         labels_of(options_.key))) {
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
  if (!window_ && !open_window()) co_return Next::at_next_poll;
  co_return co_await read_page();
}

asio::awaitable<Result<void>> Collector::load() {
  Result<CursorState> state = co_await store_.load(options_.key);
  if (!state) {
    journal_failed_ = state.error().code() == Code::corrupt;
    co_return std::move(state).error().in("journal");
  }
  cursor_ = state->cursor ? *state->cursor : first_cursor(clock_.wall(), options_.first_read);
  window_ = cursor_->window;
  seen_ = SeenSet{state->seen};
  swept_ = 0;
  co_return Result<void>{};
}

// False when nothing new can be read before the next poll.
bool Collector::open_window() {
  const Pass pass = begin_pass(*cursor_, clock_.wall(), options_.window);
  if (pass != Pass::under_way) {
    backlog_pass_ = pass == Pass::backlog;
    fresh_ = 0;
    next_poll_ = clock_.steady() + options_.interval;
  }
  if (pass == Pass::none) {
    lag_.set((std::chrono::floor<std::chrono::seconds>(clock_.wall()) - cursor_->through).count());
    return false;
  }
  window_ = next_window(*cursor_, clock_.wall(), span_, options_.window);
  swept_ = 0;
  return true;
}

asio::awaitable<Result<Collector::Next>> Collector::read_page() {
  const PageRequest request{.from = window_->from, .to = window_->to, .link = window_->next_link};
  Result<Bytes> body = co_await source_.poll(request);
  if (!body && body.error().code() == Code::absent && !request.link.empty()) co_return restart_window(body.error().text());
  if (!body && body.error().code() == Code::timeout && ++failures_ >= options_.failures_per_window_max) {
    failures_ = 0;
    (void)restart_window(body.error().text());
  }
  if (!body) co_return std::move(body).error();
  failures_ = 0;
  Result<Page> page = source_.parse(request, *std::move(body));
  if (!page) co_return std::move(page).error();
  co_return co_await take(*std::move(page));
}

// True when the page is to be committed; false when the window was cut or begun again because of what the page says.
Result<bool> Collector::page_fits(const Page& page) {
  const auto span = window_->to - window_->from;
  if (window_->next_link.empty()) {
    if (page.total_count > options_.window.records_max && span > std::chrono::seconds{1}) {
      span_ = std::min(fitting_span(span, page.total_count, options_.window), span - std::chrono::seconds{1});
      window_->to = window_->from + span_;
      return false;
    }
    window_->total_count = page.total_count;
  }
  // Pages are counted from the window's edge, so a record that leaves the window moves one unread behind our back:
  // only reading the window again finds it. Records that arrive are harmless: they show something twice.
  if (page.total_count >= 0 && page.total_count < window_->total_count) {
    (void)restart_window("records left the window while it was read");
    return false;
  }
  window_->total_count = std::max(window_->total_count, page.total_count);
  if (!page.next_link.empty() && page.next_link == window_->next_link)
    return Error{Code::corrupt, "the next page's link is the page's own"};
  const bool more_than_counted = page.total_count >= 0 && swept_ > 2 * window_->total_count + options_.records_beyond_count_max;
  if (more_than_counted || window_->pages >= options_.pages_per_window_max) {
    (void)restart_window("the chain of pages does not end");
    return Error{Code::corrupt, "the chain of pages does not end"};
  }
  return true;
}

asio::awaitable<Result<Collector::Next>> Collector::take(Page page) {
  Result<bool> fits = page_fits(page);
  if (!fits) co_return std::move(fits).error();
  if (!*fits) co_return Next::at_once;
  Result<Commit> commit = make_commit(page);
  if (!commit) co_return std::move(commit).error();
  Result<std::vector<SegmentId>> stored = co_await store_.commit(*commit);
  if (!stored) {
    // Full means that nothing was written. After anything else only the journal knows what is in force (P3).
    if (stored.error().code() != Code::full) cursor_.reset();
    journal_failed_ = stored.error().code() == Code::corrupt;
    co_return std::move(stored).error().in("journal");
  }
  settle(page, *commit);
  const bool pass_done = !window_ && cursor_->position >= cursor_->pass_to;
  if (!pass_done || backlog_pass_) co_return Next::at_once;
  if (fresh_ == 0) state_.become(Verdict::idle, clock_.wall(), {});
  co_return Next::at_next_poll;
}

Result<Commit> Collector::make_commit(const Page& page) {
  std::vector<std::uint32_t> chosen;
  std::unordered_set<Id128> in_page;
  Commit commit{
      .key = options_.key, .segments = {}, .seen = {.latest = window_->to, .ids = {}}, .next = *cursor_, .forget_before = {}};
  for (std::uint32_t i = 0; i < page.records.size(); ++i) {
    const Id128 id = page.records[i].source_id;
    if (seen_.contains(id) || !in_page.insert(id).second) continue;
    chosen.push_back(i);
    commit.seen.ids.push_back(id);
  }
  Result<std::vector<Segment>> segments = encoder_.encode(page, chosen);
  if (!segments) return std::move(segments).error();
  commit.segments = *std::move(segments);

  commit.next.window = window_;
  commit.next.window->next_link = page.next_link;
  ++commit.next.window->pages;
  if (page.next_link.empty()) commit.next = completed(commit.next, options_.window);
  commit.forget_before = commit.next.settled;
  TG_ASSERT(commit.next.settled >= cursor_->settled, "P1: a cursor never moves back by itself");
  return commit;
}

// The commit is in force: what the collector goes on from, and what it shows, follow it.
void Collector::settle(const Page& page, const Commit& commit) {
  const WindowProgress swept = *window_;
  for (const Record& record : page.records) {
    if (!record.understood) quarantined_.add();
    else if (!last_record_ || record.time > *last_record_) last_record_ = record.time;
  }
  collected_.add(static_cast<std::int64_t>(page.records.size()));
  committed_.add(static_cast<std::int64_t>(commit.seen.ids.size()));
  duplicate_.add(static_cast<std::int64_t>(page.records.size() - commit.seen.ids.size()));
  swept_ += static_cast<std::int64_t>(page.records.size());

  if (!commit.seen.ids.empty()) seen_.add(commit.seen);
  seen_.forget_before(commit.forget_before);
  cursor_ = commit.next;
  window_ = cursor_->window;
  if (!window_) span_ = fitting_span(swept.to - swept.from, std::max(swept.total_count, swept_), options_.window);

  backoff_.reset();
  last_success_ = clock_.wall();
  lag_.set((std::chrono::floor<std::chrono::seconds>(clock_.wall()) - cursor_->through).count());
  fresh_ += static_cast<std::int64_t>(commit.seen.ids.size());
  // A failure is over with the first page that is stored; whether the pass brought anything is known at its end.
  if (fresh_ > 0 || state_.verdict != Verdict::idle) state_.become(Verdict::healthy, clock_.wall(), {});
}

Collector::Next Collector::restart_window(std::string_view why) {
  log_.info("a window is read again", {{"connector", options_.key.connector},
                                       {"content_type", std::string{name(options_.key.lane)}},
                                       {"from", to_iso8601(window_->from)},
                                       {"reason", std::string{why}}});
  window_ = begun_again(*window_, clock_.wall());
  swept_ = 0;
  return Next::at_once;
}

void Collector::report(const Error& error) {
  const Verdict verdict = verdict_of(error);
  state_.become(verdict, clock_.wall(), error.text());
  lag_.set(cursor_ ? (std::chrono::floor<std::chrono::seconds>(clock_.wall()) - cursor_->through).count() : 0);
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
  const std::uint64_t enough = store_.usage().bytes / 100 * room_percent;
  const SteadyTime latest = clock_.steady() + options_.retry.ceiling;
  while (stop.cancelled() == asio::cancellation_type::none && clock_.steady() < latest) {
    co_await clock_.sleep_for(room_check);
    if (store_.usage().bytes < enough) break;
  }
}

CollectorView Collector::view() const {
  const WallTime now = clock_.wall();
  CollectorView view{
      .key = options_.key, .state = state_, .cursor = cursor_, .last_success = last_success_, .last_record = last_record_};
  if (cursor_) view.lag = std::chrono::floor<std::chrono::seconds>(now) - cursor_->through;
  view.next_poll_in = std::max<std::chrono::nanoseconds>(next_poll_ - clock_.steady(), std::chrono::nanoseconds{0});
  view.ids_remembered = seen_.size();
  return view;
}

}  // namespace tidegate
