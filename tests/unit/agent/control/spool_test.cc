#include "agent/control/spool.h"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t gib = 1ull << 30;

SteadyTime after(std::chrono::minutes span) { return SteadyTime{} + 1h + span; }

// Techniques that came in and were shipped ever.
JournalUsage usage_of(std::uint64_t records_ever, std::uint64_t shipped) {
  JournalUsage usage;
  usage.budget = 4 * gib;
  LaneUsage& lane = usage.lanes[index_of(Lane::techniques)];
  lane.records_ever = records_ever;
  lane.bytes_ever = records_ever * 1000;
  lane.records = records_ever - shipped;
  lane.bytes = lane.records * 1000;
  lane.last = records_ever;
  lane.first = shipped + 1;
  usage.bytes = lane.bytes;
  return usage;
}

TEST(Spool, TheBudgetLastsAsLongAsTheRateOfTheLastHourSays) {
  SpoolMeter meter;
  for (int minute = 0; minute <= 120; ++minute)
    meter.sample(after(std::chrono::minutes{minute}), usage_of(static_cast<std::uint64_t>(minute) * 6000, 0));
  const SpoolView view = meter.view(after(120min), {}, usage_of(720'000, 0));
  EXPECT_EQ(view.over, 1h);
  EXPECT_NEAR(view.read_bytes_per_s, 100'000, 1);
  ASSERT_TRUE(view.capacity());
  EXPECT_NEAR(static_cast<double>(view.capacity()->count()), 4.0 * gib / 100'000, 2);
  EXPECT_NEAR(static_cast<double>(view.left()->count()), (4.0 * gib - 720e6) / 100'000, 2);
  EXPECT_NE(spool_text(view).find("lasts 11.9 h, of which 9.9 h are left"), std::string::npos) << spool_text(view);
}

TEST(Spool, ALaneIsDrainedByWhatGoesOutBeyondWhatComesIn) {
  SpoolMeter meter;
  for (int minute = 0; minute <= 10; ++minute) {
    const auto at = static_cast<std::uint64_t>(minute);
    meter.sample(after(std::chrono::minutes{minute}), usage_of(100'000 + at * 600, at * 6600));
  }
  const SpoolView view = meter.view(after(10min), {}, usage_of(106'000, 66'000));
  ASSERT_TRUE(view.drained_in(Lane::techniques));
  EXPECT_NEAR(static_cast<double>(view.drained_in(Lane::techniques)->count()), 40'000.0 / 100, 1);
  EXPECT_EQ(view.drained_in(Lane::alerts), 0s);
}

TEST(Spool, WhatIsNotKnownIsNotSaid) {
  SpoolMeter meter;
  const SpoolView nothing = meter.view(after(0min), {}, usage_of(50, 0));
  EXPECT_FALSE(nothing.capacity());
  EXPECT_FALSE(nothing.drained_in(Lane::techniques));
  meter.sample(after(0min), usage_of(50, 0));
  const SpoolView still = meter.view(after(1min), {}, usage_of(50, 0));
  EXPECT_FALSE(still.capacity()) << "nothing came in";
  EXPECT_FALSE(still.drained_in(Lane::techniques)) << "nothing goes out";
  EXPECT_NE(spool_text(still).find("how long it lasts is not known"), std::string::npos);
  EXPECT_NE(spool_text(still).find("not shrinking"), std::string::npos);
}

TEST(Spool, AJournalThatWasBegunAnewCountsFromNothing) {
  SpoolMeter meter;
  meter.sample(after(0min), usage_of(1'000'000, 0));
  const SpoolView view = meter.view(after(1min), {}, usage_of(10, 0));
  EXPECT_EQ(view.read_bytes_per_s, 0);
  EXPECT_FALSE(view.capacity());
}

TEST(Spool, JsonIsOneDocumentWithNullWhereNothingIsKnown) {
  SpoolMeter meter;
  JournalUsage usage = usage_of(50, 0);
  usage.set_aside = {.first = 2, .last = 3, .records = 40, .bytes = 4000, .records_ever = 60, .bytes_ever = 6000, .oldest = {}};
  const std::string json = spool_json(meter.view(after(0min), WallTime{90s}, usage));
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  ASSERT_EQ(parser.parse(json).get(document), simdjson::SUCCESS) << json;
  EXPECT_EQ(document.at_pointer("/lanes/2/records").get_uint64().value(), 50u);
  EXPECT_TRUE(document.at_pointer("/lanes/2/drain_seconds").is_null());
  EXPECT_EQ(document.at_pointer("/lanes/0/drain_seconds").get_uint64().value(), 0u);
  EXPECT_EQ(document.at_pointer("/set_aside/chunks").get_uint64().value(), 2u);
  EXPECT_EQ(document.at_pointer("/set_aside/oldest_seconds").get_uint64().value(), 90u);
  EXPECT_TRUE(document.at_pointer("/spool/capacity_hours").is_null());
  EXPECT_EQ(document.at_pointer("/spool/budget_bytes").get_uint64().value(), 4 * gib);
}

}  // namespace
}  // namespace tidegate
