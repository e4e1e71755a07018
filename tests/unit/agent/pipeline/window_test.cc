#include "agent/pipeline/window.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr WallTime pass_time{std::chrono::seconds{1'700'000'000}};
constexpr WindowLimits limits{.overlap = 600s, .settle = 120s, .longest = 3600s, .records_max = 1000};

WallSeconds at(std::chrono::seconds from_pass) { return std::chrono::floor<std::chrono::seconds>(pass_time) + from_pass; }

// Reads one window whole.
void sweep(Cursor& cursor, WallTime now, std::chrono::seconds span) {
  cursor.window = next_window(cursor, now, span, limits);
  cursor = completed(cursor, limits);
}

TEST(Window, ABacklogIsReadOnceInWindowsSideBySide) {
  Cursor cursor = first_cursor(pass_time, 4h);
  ASSERT_EQ(begin_pass(cursor, pass_time, limits), Pass::backlog);
  WallSeconds expected = at(-4h);
  while (begin_pass(cursor, pass_time, limits) == Pass::under_way) {
    const WindowProgress window = next_window(cursor, pass_time, 1h, limits);
    EXPECT_EQ(window.from, expected);
    EXPECT_LE(window.to - window.from, 1h);
    expected = window.to;
    cursor.window = window;
    cursor = completed(cursor, limits);
    EXPECT_EQ(cursor.settled, window.to);  // closed: never read again
  }
  EXPECT_EQ(expected, at(-602s));  // the API tells whole seconds
}

TEST(Window, TheYoungestSecondsAreReadAgainUntilTheOverlapHasPassed) {
  Cursor cursor = first_cursor(pass_time, 300s);
  ASSERT_EQ(begin_pass(cursor, pass_time, limits), Pass::newest);
  sweep(cursor, pass_time, 1h);
  EXPECT_EQ(cursor.through, at(-120s));
  EXPECT_EQ(cursor.settled, at(-300s));
  const WallTime later = pass_time + 300s;
  ASSERT_EQ(begin_pass(cursor, later, limits), Pass::newest);
  const WindowProgress again = next_window(cursor, later, 1h, limits);
  EXPECT_EQ(again.from, at(-300s));
  EXPECT_EQ(again.to, at(180s));
}

TEST(Window, NothingNewMeansNoWindow) {
  Cursor cursor = first_cursor(pass_time, 300s);
  ASSERT_EQ(begin_pass(cursor, pass_time, limits), Pass::newest);
  sweep(cursor, pass_time, 1h);
  EXPECT_EQ(begin_pass(cursor, pass_time, limits), Pass::none);
  EXPECT_EQ(begin_pass(cursor, pass_time - 1h, limits), Pass::none);  // nor after a step back of the clock
}

TEST(Window, AWindowThatReachesIntoTheOverlapSettlesNoMoreThanWhatWasReadBefore) {
  Cursor cursor = first_cursor(pass_time, 700s);
  ASSERT_EQ(begin_pass(cursor, pass_time, limits), Pass::newest);
  sweep(cursor, pass_time, 1h);
  EXPECT_EQ(cursor.settled, at(-700s));
}

TEST(Window, AFailedSweepIsHalvedFromTheSecondTimeOnDownToASecond) {
  WindowProgress window{
      .from = at(0s), .to = at(100s), .started = pass_time, .next_link = "x", .pages = 3, .attempts = 0, .total_count = 5};
  window = begun_again(window, pass_time);
  EXPECT_EQ(window.to - window.from, 100s);
  EXPECT_EQ(window.next_link, "");
  EXPECT_EQ(window.pages, 0u);
  window = begun_again(window, pass_time);
  EXPECT_EQ(window.to - window.from, 50s);
  for (int i = 0; i < 20; ++i) window = begun_again(window, pass_time);
  EXPECT_EQ(window.to - window.from, 1s);
}

TEST(Window, TheSpanFitsTheNumberOfRecords) {
  const auto fitting = [](std::chrono::seconds span, std::int64_t records) {
    return fitting_span(span, load_of(records, 0s, limits), limits);
  };
  EXPECT_EQ(fitting(1000s, 10'000), 90s);
  EXPECT_EQ(fitting(1000s, 900), 1000s);
  EXPECT_EQ(fitting(1000s, 10), 2000s);
  EXPECT_EQ(fitting(3000s, 0), 3600s);
  EXPECT_EQ(fitting(2s, 1'000'000), 1s);
}

TEST(Window, TheSpanFitsTheTimeThatReadingTakes) {
  EXPECT_EQ(fitting_span(1000s, load_of(10, 900s, limits), limits), 90s);
  EXPECT_EQ(fitting_span(1000s, load_of(10, 89s, limits), limits), 1000s);
}

// P1 as arithmetic: whatever the spans and the polls, a record visible within the overlap of its time lies in a window that
// was begun after it became visible.
TEST(Window, EverySecondIsReadAfterItsLateRecordsCouldBeSeen) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random{Seed{seed}};
    Cursor cursor = first_cursor(pass_time, std::chrono::seconds{random.between(0, 20'000)});
    const WallSeconds start = cursor.settled;
    std::vector<std::pair<WallSeconds, WallSeconds>> windows;
    std::vector<WallTime> begun;
    WallTime now = pass_time;
    const WallTime end = pass_time + 3h;
    while (now < end) {
      if (begin_pass(cursor, now, limits) == Pass::none) {
        now += std::chrono::seconds{random.between(1, 400)};
        continue;
      }
      cursor.window = next_window(cursor, now, std::chrono::seconds{random.between(1, 4000)}, limits);
      windows.emplace_back(cursor.window->from, cursor.window->to);
      begun.push_back(now);
      now += std::chrono::seconds{random.between(0, 20)};
      cursor = completed(cursor, limits);
    }
    for (WallSeconds second = start; second < std::chrono::floor<std::chrono::seconds>(end) - 4000s; second += 37s) {
      bool read = false;
      for (std::size_t i = 0; i < windows.size() && !read; ++i)
        read = windows[i].first <= second && second < windows[i].second && begun[i] >= second + limits.overlap;
      ASSERT_TRUE(read) << "seed " << seed << ", " << to_iso8601(second);
    }
  }
}

}  // namespace
}  // namespace tidegate
