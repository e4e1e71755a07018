#include "bench/rule_traffic.h"

#include <gtest/gtest.h>

#include <set>

#include "base/id128.h"
#include "bench/rule_set.h"
#include "processor/record.h"
#include "respond/rules_document.h"
#include "transport/forward_entries.h"

namespace tidegate {
namespace {

const WallTime noon{std::chrono::seconds{1764072000}};

std::vector<Rule> rules_in(const std::string& yaml) {
  const ParsedRules parsed = parse_rules(yaml);
  for (const ConfigError& error : parsed.errors) ADD_FAILURE() << to_text(error);
  return parsed.rules.value_or(std::vector<Rule>{});
}

// Of each entry, in order.
std::vector<RecordView> records_in(const Bytes& entries) {
  std::vector<RecordView> records;
  EntryReader reader{entries};
  for (Result<std::optional<Entry>> entry = reader.next(); entry && *entry; entry = reader.next()) {
    const Result<RecordView> record = read_record((*entry)->record);
    EXPECT_TRUE(record) << record.error().text();
    if (record) records.push_back(*record);
  }
  return records;
}

SensorRecords sensor_records() { return {"bench-0", {"acme", "globex"}, noon, Seed{1}}; }

TEST(BenchRules, AreAHundredDifferentOnes) {
  std::set<std::string> queries;
  for (const Rule& rule : rules_in(bench_rules_yaml(bench_rules_max))) queries.insert(rule.query);
  EXPECT_EQ(queries.size(), bench_rules_max);
  EXPECT_EQ(rules_in(bench_rules_yaml(1)).size(), 1u);
}

TEST(BenchRules, TheBeaconIsMetByItsOwnRuleAlone) {
  SensorRecords source = sensor_records();
  const Result<std::vector<Bytes>> entries =
      source.entries_of(Lane::alerts, "acme", beacon_page("b0000000-0000-4000-8000-000000000001", 1, noon));
  ASSERT_TRUE(entries) << entries.error().text();
  ASSERT_EQ(entries->size(), 1u);
  const Result<RuleHits> others = RuleHits::make(rules_in(bench_rules_yaml(bench_rules_max)));
  const Result<RuleHits> beacon = RuleHits::make(rules_in("rules:\n" + beacon_rule_yaml()));
  ASSERT_TRUE(others && beacon);
  const Result<bool> met_by_beacon = beacon->met(entries->front());
  ASSERT_TRUE(met_by_beacon);
  EXPECT_TRUE(*met_by_beacon);
  const Result<bool> met_by_others = others->met(entries->front());
  ASSERT_TRUE(met_by_others);
  EXPECT_FALSE(*met_by_others) << "what it does would count as the beacon's, twice";
}

TEST(RuleTraffic, HasAsManyRecordsThatAreMetAsItWasAskedFor) {
  const Result<RuleHits> hits = RuleHits::make(rules_in(bench_rules_yaml(bench_rules_max)));
  ASSERT_TRUE(hits) << hits.error().text();
  SensorRecords source = sensor_records();
  for (const std::size_t wanted : {std::size_t{1}, traffic_chunk_records / 10}) {
    const Result<std::vector<TrafficChunk>> traffic = make_traffic(source, *hits, 20, wanted);
    ASSERT_TRUE(traffic) << traffic.error().text();
    for (const TrafficChunk& chunk : *traffic) {
      std::size_t met = 0;
      std::size_t begin = 0;
      for (const RecordView& record : records_in(chunk.entries)) {
        const auto end = static_cast<std::size_t>(record.document.data() - chunk.entries.data()) + record.document.size();
        const Result<bool> is_met = hits->met(chunk.entries.substr(begin, end - begin));
        ASSERT_TRUE(is_met);
        met += *is_met ? 1 : 0;
        begin = end;
      }
      EXPECT_EQ(begin, chunk.entries.size());
      EXPECT_EQ(chunk.id_places.size(), traffic_chunk_records);
      EXPECT_EQ(met, wanted) << name(chunk.lane);
    }
  }
}

TEST(RuleTraffic, RenumberedRecordsAreNewAndOtherwiseTheSame) {
  const Result<RuleHits> hits = RuleHits::make(rules_in(bench_rules_yaml(bench_rules_max)));
  ASSERT_TRUE(hits) << hits.error().text();
  SensorRecords source = sensor_records();
  Result<std::vector<TrafficChunk>> traffic = make_traffic(source, *hits, 1, 1);
  ASSERT_TRUE(traffic) << traffic.error().text();
  TrafficChunk& chunk = traffic->front();
  std::set<Id128> ids;
  const std::size_t bytes = chunk.entries.size();
  for (std::uint32_t pass = 1; pass <= 3; ++pass) {
    chunk.renumber(pass);
    const std::vector<RecordView> records = records_in(chunk.entries);
    EXPECT_EQ(records.size(), traffic_chunk_records);
    for (const RecordView& record : records) {
      EXPECT_EQ(record.sensor, "bench-0");
      ids.insert(record.record_id);
    }
  }
  EXPECT_EQ(ids.size(), 3 * traffic_chunk_records);
  EXPECT_EQ(chunk.entries.size(), bytes);
}

}  // namespace
}  // namespace tidegate
