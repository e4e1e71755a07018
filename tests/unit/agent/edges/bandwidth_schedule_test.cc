#include "agent/edges/bandwidth_schedule.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_days monday = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};
constexpr std::chrono::sys_days tuesday = monday + std::chrono::days{1};
constexpr std::chrono::sys_days saturday = monday + std::chrono::days{5};
constexpr std::chrono::sys_days sunday = monday + std::chrono::days{6};
const std::set<Weekday> workdays{Weekday::mon, Weekday::tue, Weekday::wed, Weekday::thu, Weekday::fri};
const std::set<Weekday> every_day = BandwidthRule{}.days;

constexpr std::uint64_t otherwise = 1000;

BandwidthSchedule with(std::vector<BandwidthRule> rules) { return {.otherwise = otherwise, .rules = std::move(rules)}; }

BandwidthRule rule(std::set<Weekday> days, std::chrono::minutes from, std::chrono::minutes to, std::uint64_t bandwidth) {
  return {.days = std::move(days), .from = from, .to = to, .bandwidth = bandwidth};
}

TEST(BandwidthSchedule, WithoutRulesThereIsOneBandwidth) {
  EXPECT_EQ(bandwidth_at(with({}), monday + 9h), otherwise);
  EXPECT_EQ(bandwidth_at({}, monday + 9h), std::nullopt);
}

TEST(BandwidthSchedule, AnIntervalHoldsFromItsBeginningToBeforeItsEnd) {
  const BandwidthSchedule schedule = with({rule(every_day, 8h, 18h, 5)});
  EXPECT_EQ(bandwidth_at(schedule, monday + 8h - 1ns), otherwise);
  EXPECT_EQ(bandwidth_at(schedule, monday + 8h), 5u);
  EXPECT_EQ(bandwidth_at(schedule, monday + 18h - 1ns), 5u);
  EXPECT_EQ(bandwidth_at(schedule, monday + 18h), otherwise);
}

TEST(BandwidthSchedule, HoldsOnItsDaysAlone) {
  const BandwidthSchedule schedule = with({rule(workdays, 8h, 18h, 5)});
  for (int day = 0; day < 14; ++day) {
    const bool works = day % 7 < 5;
    EXPECT_EQ(bandwidth_at(schedule, monday + std::chrono::days{day} + 12h), works ? 5 : otherwise) << day;
  }
  EXPECT_EQ(bandwidth_at(with({rule({Weekday::sun}, 8h, 18h, 5)}), sunday + 12h), 5u);
}

TEST(BandwidthSchedule, AWholeDayLeavesNoMomentOut) {
  const BandwidthSchedule schedule = with({rule({Weekday::mon}, 0h, 24h, 5)});
  EXPECT_EQ(bandwidth_at(schedule, monday - 1ns), otherwise);
  EXPECT_EQ(bandwidth_at(schedule, monday + 0h), 5u);
  EXPECT_EQ(bandwidth_at(schedule, tuesday - 1ns), 5u);
  EXPECT_EQ(bandwidth_at(schedule, tuesday + 0h), otherwise);
}

TEST(BandwidthSchedule, AnIntervalThatPassesMidnightBelongsToTheDayOnWhichItBegins) {
  const BandwidthSchedule schedule = with({rule({Weekday::mon}, 22h, 6h, 5)});
  EXPECT_EQ(bandwidth_at(schedule, monday + 3h), otherwise) << "the night that began on Sunday";
  EXPECT_EQ(bandwidth_at(schedule, monday + 22h - 1ns), otherwise);
  EXPECT_EQ(bandwidth_at(schedule, monday + 22h), 5u);
  EXPECT_EQ(bandwidth_at(schedule, tuesday + 0h), 5u);
  EXPECT_EQ(bandwidth_at(schedule, tuesday + 6h - 1ns), 5u);
  EXPECT_EQ(bandwidth_at(schedule, tuesday + 6h), otherwise);
  EXPECT_EQ(bandwidth_at(schedule, tuesday + 22h), otherwise);
}

TEST(BandwidthSchedule, ANightPassesTheEndOfTheWeek) {
  const BandwidthSchedule schedule = with({rule({Weekday::sun}, 22h, 6h, 5)});
  EXPECT_EQ(bandwidth_at(schedule, sunday + 23h), 5u);
  EXPECT_EQ(bandwidth_at(schedule, sunday + 24h + 5h), 5u);
  EXPECT_EQ(bandwidth_at(schedule, monday + 5h), 5u) << "the week before";
}

TEST(BandwidthSchedule, AnIntervalMayEndAtMidnightInEitherWayOfWritingIt) {
  for (const std::chrono::minutes end : {std::chrono::minutes{0h}, std::chrono::minutes{24h}}) {
    const BandwidthSchedule schedule = with({rule({Weekday::mon}, 22h, end, 5)});
    EXPECT_EQ(bandwidth_at(schedule, tuesday - 1ns), 5u) << end.count();
    EXPECT_EQ(bandwidth_at(schedule, tuesday + 0h), otherwise) << end.count();
    EXPECT_EQ(bandwidth_at(schedule, monday + 0h), otherwise) << end.count();
  }
}

TEST(BandwidthSchedule, OfSeveralRulesThatHoldTheFirstCounts) {
  const BandwidthSchedule schedule =
      with({rule({Weekday::mon}, 12h, 13h, 5), rule(workdays, 8h, 18h, 6), rule(every_day, 0h, 24h, 7)});
  EXPECT_EQ(bandwidth_at(schedule, monday + 12h + 30min), 5u);
  EXPECT_EQ(bandwidth_at(schedule, monday + 13h), 6u);
  EXPECT_EQ(bandwidth_at(schedule, tuesday + 12h + 30min), 6u);
  EXPECT_EQ(bandwidth_at(schedule, saturday + 12h + 30min), 7u);
  // The first rule's night counts before the second's day, although that began later.
  const BandwidthSchedule nights = with({rule(every_day, 22h, 6h, 5), rule(every_day, 5h, 9h, 6)});
  EXPECT_EQ(bandwidth_at(nights, monday + 5h + 30min), 5u);
  EXPECT_EQ(bandwidth_at(nights, monday + 6h), 6u);
}

TEST(BandwidthSchedule, ARuleMayLiftTheLimit) {
  BandwidthRule night = rule(every_day, 22h, 6h, 0);
  night.bandwidth.reset();
  EXPECT_EQ(bandwidth_at(with({night}), monday + 23h), std::nullopt);
  EXPECT_EQ(bandwidth_at(with({night}), monday + 12h), otherwise);
}

}  // namespace
}  // namespace tidegate
