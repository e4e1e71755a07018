#include "agent/pipeline/window.h"

#include <algorithm>

#include "base/check.h"

namespace tidegate {
namespace {

using std::chrono::seconds;

// The API tells whole seconds: a window may turn out to have been begun as much earlier than it seemed.
constexpr seconds clock_grain{2};

WallSeconds whole(WallTime time) { return std::chrono::floor<seconds>(time); }

}  // namespace

Cursor first_cursor(WallTime now, seconds first_read) { return cursor_at(whole(now) - first_read); }

Cursor cursor_at(WallSeconds start) {
  return {.settled = start, .through = start, .position = start, .pass_to = start, .window = std::nullopt};
}

Cursor skipped(const Cursor& cursor, WallSeconds start) {
  Cursor next = cursor;
  next.settled = std::max(cursor.settled, start);
  next.through = std::max(cursor.through, start);
  next.position = std::max(cursor.position, start);
  next.pass_to = std::max(cursor.pass_to, next.position);
  if (next.window && next.window->from < start) next.window.reset();
  return next;
}

Pass begin_pass(Cursor& cursor, WallTime now, const WindowLimits& limits) {
  if (cursor.window || cursor.position < cursor.pass_to) return Pass::under_way;
  const WallSeconds newest = newest_end(now, limits);
  const WallSeconds closed = std::min(closed_end(now, limits), newest);
  // A backlog goes first, and alone: nothing arrives there any more, so its windows are read once.
  const bool backlog = cursor.through < closed - std::max(limits.overlap, clock_grain);
  const WallSeconds end = backlog ? closed - clock_grain : newest;
  if (end <= cursor.through || end <= cursor.settled) return Pass::none;
  cursor.position = cursor.settled;
  cursor.pass_to = end;
  return end < newest ? Pass::backlog : Pass::newest;
}

WindowProgress next_window(const Cursor& cursor, WallTime now, seconds span, const WindowLimits& limits) {
  if (cursor.window) return *cursor.window;
  TG_ASSERT(cursor.position < cursor.pass_to, "P1: a window is taken from a pass that has one left");
  const WallSeconds to = std::min(cursor.position + std::clamp(span, seconds{1}, limits.longest), cursor.pass_to);
  return {.from = cursor.position, .to = to, .started = now, .next_link = {}, .pages = 0, .attempts = 0, .total_count = -1};
}

Cursor completed(const Cursor& cursor, const WindowLimits& limits) {
  TG_ASSERT(cursor.window.has_value(), "P3: only a window under way can be completed");
  const WindowProgress& window = *cursor.window;
  TG_ASSERT(window.from == cursor.position, "P1: windows of a pass stand side by side");
  Cursor next = cursor;
  next.window.reset();
  next.position = window.to;
  next.through = std::max(cursor.through, window.to);
  // Only what adjoins the settled part can settle, and never backwards, not even after a step of the clock. A window that
  // reaches into the overlap settles no more than what had been read once before it: a record that slipped between two of
  // its pages is met when the next pass reads it again.
  const WallSeconds closed = closed_end(window.started, limits);
  const WallSeconds safe = window.to <= closed ? window.to : std::min(closed, cursor.through);
  if (window.from <= cursor.settled) next.settled = std::max(cursor.settled, safe);
  return next;
}

WindowProgress begun_again(const WindowProgress& window, WallTime now) {
  seconds span = window.to - window.from;
  if (window.attempts > 0) span = std::max(span / 2, seconds{1});
  return {.from = window.from,
          .to = window.from + span,
          .started = now,
          .next_link = {},
          .pages = 0,
          .attempts = window.attempts + 1,
          .total_count = -1};
}

double load_of(std::int64_t records, std::chrono::nanoseconds duration, const WindowLimits& limits) {
  const double by_records = static_cast<double>(records) / static_cast<double>(limits.records_max);
  return std::max(by_records, std::chrono::duration<double>(duration) / limits.sweep_max);
}

seconds fitting_span(seconds span, double load, const WindowLimits& limits) {
  if (load < 0.5) return std::clamp(span * 2, seconds{1}, limits.longest);
  if (load <= 1) return std::min(span, limits.longest);
  // A tenth below, since records are not spread evenly.
  const auto scaled = static_cast<std::int64_t>(static_cast<double>(span.count()) * 0.9 / load);
  return std::clamp(seconds{scaled}, seconds{1}, limits.longest);
}

WallSeconds newest_end(WallTime now, const WindowLimits& limits) { return whole(now) - limits.settle; }
WallSeconds closed_end(WallTime now, const WindowLimits& limits) { return whole(now) - limits.overlap; }

}  // namespace tidegate
