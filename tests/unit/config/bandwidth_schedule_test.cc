// The bandwidth's schedule in the configuration: read, checked, compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/diff.h"
#include "config/parse.h"
#include "tests/unit/config/samples.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// The least agent with these rules, each on a line of its own from line 16 on.
std::string with_rules(const std::vector<std::string>& rules) {
  std::string yaml = least_agent + "ship:\n  bandwidth_schedule:\n";
  for (const std::string& rule : rules) yaml.append("    - ").append(rule).append("\n");
  return yaml;
}

std::vector<std::string> rule_errors(const std::vector<std::string>& rules) {
  std::vector<std::string> lines;
  for (const ConfigError& error : parse_agent(with_rules(rules), "agent.yaml").errors) lines.push_back(to_text(error));
  return lines;
}

ShipConfig ship_with(const std::vector<std::string>& rules) {
  ParsedAgent parsed = parse_agent(with_rules(rules), "agent.yaml");
  EXPECT_TRUE(parsed.config) << to_text(parsed.errors);
  return parsed.config ? parsed.config->ship : ShipConfig{};
}

TEST(BandwidthScheduleConfig, EveryKeyReachesItsMember) {
  const BandwidthRule day{.days = {Weekday::mon, Weekday::tue, Weekday::wed, Weekday::thu, Weekday::fri},
                          .from = 8h,
                          .to = 18h + 30min,
                          .bandwidth = 5'000'000};
  EXPECT_THAT(ship_with({"{days: [mon, tue, wed, thu, fri], from: '08:00', to: '18:30', bandwidth: 5Mbit/s}"}).bandwidth_schedule,
              ElementsAre(day));
}

TEST(BandwidthScheduleConfig, DaysAreAllUnlessToldOtherwiseAndALimitMayBeLifted) {
  const ShipConfig ship = ship_with({"{from: 22:00, to: 24:00, bandwidth: unlimited}"});
  const BandwidthRule night{.from = 22h, .to = 24h, .bandwidth = std::nullopt};
  ASSERT_EQ(night.days.size(), 7u);
  EXPECT_THAT(ship.bandwidth_schedule, ElementsAre(night));
  EXPECT_EQ(ship.bandwidth, std::nullopt);
}

TEST(BandwidthScheduleConfig, AnIntervalMayPassMidnight) {
  const ShipConfig ship = ship_with({"{from: '22:00', to: '06:00', bandwidth: 8kbit/s}"});
  ASSERT_EQ(ship.bandwidth_schedule.size(), 1u);
  EXPECT_EQ(ship.bandwidth_schedule[0].from, 22h);
  EXPECT_EQ(ship.bandwidth_schedule[0].to, 6h);
}

TEST(BandwidthScheduleConfig, ATimeIsTwoDigitsAndTwo) {
  EXPECT_THAT(rule_errors({"{from: '8:00', to: '18:00', bandwidth: 5Mbit/s}", "{from: '08:00', to: '25:00', bandwidth: 5Mbit/s}",
                           "{from: '24:00', to: '06:00', bandwidth: 5Mbit/s}", "{from: '08:00', to: '24:01', bandwidth: 5Mbit/s}"}),
              ElementsAre("agent.yaml:16: ship.bandwidth_schedule[0].from: '8:00' is not a time of day; write for example 08:00",
                          "agent.yaml:17: ship.bandwidth_schedule[1].to: '25:00' is not a time of day; write for example 08:00",
                          "agent.yaml:18: ship.bandwidth_schedule[2].from: '24:00' is too large; write between 00:00 and 23:59",
                          "agent.yaml:19: ship.bandwidth_schedule[3].to: '24:01' is not a time of day; write for example 08:00"));
}

TEST(BandwidthScheduleConfig, AnIntervalIsNotEmpty) {
  EXPECT_THAT(rule_errors({"{from: '08:00', to: '18:00', bandwidth: 5Mbit/s}", "{from: '08:00', to: '08:00', bandwidth: 5Mbit/s}"}),
              ElementsAre("agent.yaml:17: ship.bandwidth_schedule[1].to: '08:00' is when it begins as well; write another time; a "
                          "whole day is from 00:00 to 24:00"));
}

TEST(BandwidthScheduleConfig, TimesAndABandwidthAreRequired) {
  EXPECT_THAT(rule_errors({"{days: [mon]}"}),
              ElementsAre("agent.yaml:16: ship.bandwidth_schedule[0].from: is missing; give a time of day",
                          "agent.yaml:16: ship.bandwidth_schedule[0].to: is missing; give a time of day",
                          "agent.yaml:16: ship.bandwidth_schedule[0].bandwidth: is missing; give a bit rate"));
}

TEST(BandwidthScheduleConfig, ABandwidthHasTheBoundsOfTheOneOutsideOfTheSchedule) {
  EXPECT_THAT(rule_errors({"{from: '08:00', to: '18:00', bandwidth: 1kbit/s}", "{from: '08:00', to: '18:00', bandwidth: 5MB/s}"}),
              ElementsAre("agent.yaml:16: ship.bandwidth_schedule[0].bandwidth: '1kbit/s' is too small; write between 8kbit/s and "
                          "1000Gbit/s",
                          "agent.yaml:17: ship.bandwidth_schedule[1].bandwidth: '5MB/s' is not a bit rate; write for example "
                          "20Mbit/s, or unlimited"));
}

TEST(BandwidthScheduleConfig, AnUnknownDayNamesTheNearest) {
  const auto with_days = [](const std::string& days) {
    return rule_errors({"{days: " + days + ", from: '08:00', to: '18:00', bandwidth: 5Mbit/s}"});
  };
  EXPECT_THAT(
      with_days("[mon, tues]"),
      ElementsAre("agent.yaml:16: ship.bandwidth_schedule[0].days: 'tues' is not known here; the nearest known day is tue"));
  EXPECT_THAT(with_days("[noday]"),
              ElementsAre("agent.yaml:16: ship.bandwidth_schedule[0].days: 'noday' is not known here; write a list of mon, tue, "
                          "wed, thu, fri, sat or sun"));
  EXPECT_THAT(with_days("[sat, sat]"),
              ElementsAre("agent.yaml:16: ship.bandwidth_schedule[0].days: 'sat' stands in the list twice; name each day once"));
  EXPECT_THAT(with_days("[]"), ElementsAre("agent.yaml:16: ship.bandwidth_schedule[0].days: is an empty list; write a list of mon, "
                                           "tue, wed, thu, fri, sat or sun, or leave the key out"));
}

TEST(BandwidthScheduleConfig, AnUnknownKeyNamesTheNearest) {
  EXPECT_THAT(rule_errors({"{form: '07:00', from: '08:00', to: '18:00', bandwidth: 5Mbit/s}"}),
              ElementsAre("agent.yaml:16: ship.bandwidth_schedule[0].form: is not a known key; the nearest known key is from"));
}

TEST(BandwidthScheduleConfig, IsBoundedInNumber) {
  std::vector<std::string> rules(bandwidth_rules_max, "{from: '08:00', to: '18:00', bandwidth: 5Mbit/s}");
  EXPECT_EQ(ship_with(rules).bandwidth_schedule.size(), 32u);
  rules.push_back(rules.front());
  EXPECT_THAT(rule_errors(rules),
              ElementsAre("agent.yaml:16: ship.bandwidth_schedule: '33 elements' are too many; keep at most 32"));
}

std::vector<std::string> rule_changes(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  AgentConfig old_side = *parse_agent(least_agent, "agent.yaml").config;
  AgentConfig new_side = old_side;
  old_side.ship = ship_with(before);
  new_side.ship = ship_with(after);
  std::vector<std::string> lines;
  for (const ConfigChange& change : diff(old_side, new_side)) {
    EXPECT_EQ(change.applies, Applies::restart);
    lines.push_back(to_text(change));
  }
  return lines;
}

TEST(BandwidthScheduleConfig, AChangeOfARuleShowsItWhole) {
  const std::string day = "{days: [mon, tue], from: '08:00', to: '18:00', bandwidth: 5Mbit/s}";
  const std::string shown = "{days: [mon, tue], from: 08:00, to: 18:00, bandwidth: 5Mbit/s}";
  EXPECT_THAT(rule_changes({day}, {day}), ElementsAre());
  EXPECT_THAT(rule_changes({}, {day}), ElementsAre("ship.bandwidth_schedule[0]: nothing to " + shown));
  EXPECT_THAT(rule_changes({day}, {}), ElementsAre("ship.bandwidth_schedule[0]: " + shown + " to nothing"));
  EXPECT_THAT(rule_changes({day}, {"{days: [mon, tue], from: '08:00', to: '24:00', bandwidth: unlimited}"}),
              ElementsAre("ship.bandwidth_schedule[0]: " + shown +
                          " to {days: [mon, tue], from: 08:00, to: 24:00, bandwidth: "
                          "unlimited}"));
}

TEST(BandwidthScheduleConfig, TheOrderOfRulesCounts) {
  const std::string one = "{from: '08:00', to: '18:00', bandwidth: 5Mbit/s}";
  const std::string two = "{from: '12:00', to: '13:00', bandwidth: unlimited}";
  EXPECT_EQ(rule_changes({one, two}, {two, one}).size(), 2u);
}

}  // namespace
}  // namespace tidegate
