// The collector's part for time: the API's, as far as its answers tell it.
#include <algorithm>

#include "agent/pipeline/collector.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds ahead_max{2};  // of our clock before the API's, which tells whole seconds

}  // namespace

WallTime Collector::api_now() const {
  const std::optional<ApiTime> told = parts_.source.facts().api_time;
  return told ? told->time + (clock_.steady() - told->at) : clock_.wall();
}

WindowLimits Collector::limits() const {
  WindowLimits limits = options_.window;
  const SourceFacts facts = parts_.source.facts();
  limits.overlap = std::max(limits.overlap, facts.lateness);
  limits.settle = std::max(limits.settle, facts.settle);
  if (facts.longest) limits.longest = std::min(limits.longest, *facts.longest);
  return limits;
}

std::chrono::seconds Collector::lag() const {
  return cursor_ ? std::chrono::floor<std::chrono::seconds>(api_now()) - cursor_->through : std::chrono::seconds{0};
}

// Of the live reading: a back-fill is behind on purpose, and says so by its progress (P12).
void Collector::show_lag() {
  if (options_.key.job == 0) counts_.lag.set(lag().count());
}

// True when the first window of all was elsewhere than it should be: our own clock had made it, and the first answer tells by
// how much that is wrong.
bool Collector::first_window_moved() {
  if (!by_own_clock_ || !parts_.source.facts().api_time) return false;
  by_own_clock_ = false;
  const auto wrong_by = std::chrono::floor<std::chrono::seconds>(api_now() - clock_.wall());
  if (std::chrono::abs(wrong_by) <= ahead_max) return false;
  cursor_ = cursor_at(cursor_->settled + wrong_by);
  window_.reset();
  return true;
}

// True when the window's end lies in the API's future, so to speak: what arrives there later would be passed over (P1). The
// window and its pass are cut; there is no window any more where nothing of it may be read yet.
bool Collector::reaches_ahead() {
  const WallSeconds end = newest_end(api_now(), limits());
  if (window_->to <= end + ahead_max) return false;
  cursor_->pass_to = std::max(std::min(cursor_->pass_to, end), cursor_->position);
  if (window_->from < end) window_->to = end;
  else window_.reset();
  return true;
}

// The API's time is what its answers tell. Where it lies before what was read already, it was told wrong, and no window would
// ever be asked for that could set it right: so something is asked, and nothing but its time is made use of. The same where our own
// clock stands for it, as after a restart, and is behind. True when the time is past what was read now, so that there may be
// something to read.
asio::awaitable<bool> Collector::ask_the_time() {
  if (api_now() >= cursor_->through) co_return false;
  const PageRequest any{.from = cursor_->through - std::chrono::seconds{1}, .to = cursor_->through, .link = {}};
  (void)co_await parts_.source.poll(any);
  co_return api_now() >= cursor_->through;
}

}  // namespace tidegate
