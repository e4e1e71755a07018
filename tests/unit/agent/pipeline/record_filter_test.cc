#include "agent/pipeline/record_filter.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/payloads.h"

namespace tidegate {
namespace {

constexpr ContentType techniques = ContentType::observed_attack_techniques;

LogFilterConfig include(std::string name, std::string query) {
  return {.name = std::move(name), .include = std::move(query), .exclude = ""};
}
LogFilterConfig exclude(std::string name, std::string query) {
  return {.name = std::move(name), .include = "", .exclude = std::move(query)};
}

RecordFilter made(const std::vector<LogFilterConfig>& filters, ContentType type = techniques) {
  Result<RecordFilter> filter = RecordFilter::make(filters, type);
  EXPECT_TRUE(filter) << filter.error().text();
  return *std::move(filter);
}

// {"uuid": …, "filters": [{"riskLevel": first}, {"riskLevel": second}], "endpoint": {"name": "web-01", "port": 443}, "none": null}
Bytes technique_payload(std::string_view first, std::string_view second) {
  return test::payload(
      R"({"uuid":"u-1","filters":[{"riskLevel":")" + std::string{first} + R"("},{"riskLevel":")" + std::string{second} +
      R"("}],"endpoint":{"name":"web-01","port":443},"detected":"2026-11-24T10:00:00Z","none":null,"connector":"c2 beacon"})");
}

// The only filter, as an exclude, drops the record.
bool matches(const std::string& query) {
  const RecordFilter filter = made({exclude("only", query)});
  return filter.dropped_by(technique_payload("low", "info")) == std::optional<std::size_t>{0};
}

TEST(RecordFilter, TheExampleOfTheDesignDropsTechniquesOfRiskInfo) {
  LogFilterConfig no_info = exclude("no-info", "filters.riskLevel: info");
  no_info.content_types = {techniques};
  const RecordFilter filter = made({no_info});
  EXPECT_EQ(filter.dropped_by(technique_payload("info", "info")), std::size_t{0});
  EXPECT_EQ(filter.dropped_by(technique_payload("medium", "info")), std::size_t{0}) << "a list matches if any element does";
  EXPECT_EQ(filter.dropped_by(technique_payload("medium", "low")), std::nullopt);
  EXPECT_TRUE(made({no_info}, ContentType::alerts).empty());
  EXPECT_EQ(made({no_info}, ContentType::alerts).dropped_by(technique_payload("info", "info")), std::nullopt);
}

TEST(RecordFilter, WithoutFiltersEveryRecordIsKept) {
  EXPECT_TRUE(made({}).empty());
  EXPECT_EQ(made({}).dropped_by(technique_payload("info", "info")), std::nullopt);
}

TEST(RecordFilter, ARecordIsKeptIfSomeIncludeMatchesAndNoExcludeDoes) {
  const std::vector<LogFilterConfig> filters{exclude("no-critical", "filters.riskLevel: critical"),
                                             include("low", "filters.riskLevel: low"), include("high", "filters.riskLevel: high"),
                                             exclude("no-info", "filters.riskLevel: info")};
  const RecordFilter filter = made(filters);
  EXPECT_EQ(filter.dropped_by(technique_payload("low", "medium")), std::nullopt);
  EXPECT_EQ(filter.dropped_by(technique_payload("medium", "high")), std::nullopt);
  EXPECT_EQ(filter.dropped_by(technique_payload("medium", "medium")), std::size_t{1}) << "the first include, where none matches";
  EXPECT_EQ(filter.dropped_by(technique_payload("low", "info")), std::size_t{3}) << "an exclude outdoes an include";
  EXPECT_EQ(filter.dropped_by(technique_payload("critical", "info")), std::size_t{0}) << "the first exclude that matches";
}

TEST(RecordFilter, OnlyFiltersOfTheContentTypeCountAndKeepTheirPlaceInTheList) {
  std::vector<LogFilterConfig> filters{include("alerts", "severity: high"), exclude("all", "filters.riskLevel: info")};
  filters[0].content_types = {ContentType::alerts};
  EXPECT_EQ(made(filters).dropped_by(technique_payload("low", "low")), std::nullopt) << "an include for alerts binds no technique";
  EXPECT_EQ(made(filters).dropped_by(technique_payload("info", "low")), std::size_t{1});
  EXPECT_EQ(made(filters, ContentType::alerts).dropped_by(technique_payload("low", "low")), std::size_t{0});
}

TEST(RecordFilter, FieldsAreThoseOfTheApisRecordWithOrWithoutItsName) {
  EXPECT_TRUE(matches("endpoint.name: web-01"));
  EXPECT_TRUE(matches("trendmicro_visionone.endpoint.name: web-01"));
  EXPECT_FALSE(matches("name: web-01")) << "a field is its whole path";
  EXPECT_TRUE(matches("trendmicro_visionone.connector: \"c2 beacon\"")) << "a field of the record that the envelope has, too";
}

TEST(RecordFilter, ReadsAndOrAndNot) {
  EXPECT_TRUE(matches("filters.riskLevel: low AND endpoint.port: 443"));
  EXPECT_FALSE(matches("filters.riskLevel: low AND endpoint.port: 80"));
  EXPECT_TRUE(matches("filters.riskLevel: critical OR endpoint.port: 443"));
  EXPECT_TRUE(matches("NOT filters.riskLevel: critical"));
  EXPECT_FALSE(matches("NOT filters.riskLevel: info"));
  EXPECT_TRUE(matches("filters.riskLevel: (critical OR info) AND NOT endpoint.name: db-*"));
  EXPECT_TRUE(matches("*"));
}

TEST(RecordFilter, ReadsQuotesWildcardsRangesAndExistence) {
  EXPECT_TRUE(matches("endpoint.name: \"web-01\""));
  EXPECT_FALSE(matches("endpoint.name: \"web-*\""));
  EXPECT_TRUE(matches("endpoint.name: web-??"));
  EXPECT_TRUE(matches("endpoint.port: [400 TO 500]"));
  EXPECT_FALSE(matches("endpoint.port: {443 TO 500]"));
  EXPECT_TRUE(matches("endpoint.port: >=443"));
  EXPECT_TRUE(matches("detected: >2026-11-24T09:59:59Z"));
  EXPECT_FALSE(matches("detected: >2026-11-24T10:00:00Z"));
  EXPECT_TRUE(matches("_exists_: endpoint"));
  EXPECT_FALSE(matches("_exists_: none"));
  EXPECT_FALSE(matches("_exists_: end"));
}

TEST(RecordFilter, WordsAreLookedForInTheWholeRecord) {
  EXPECT_TRUE(matches("BEACON")) << "in a field that is called like one of the envelope";
  EXPECT_TRUE(matches("\"c2 beacon\""));
  EXPECT_FALSE(matches("\"beacon c2\""));
}

TEST(RecordFilter, AQueryThatCannotBeUsedNamesItsFilter) {
  const std::vector<LogFilterConfig> filters{exclude("fine", "a: b"), include("envelope", "tenantid: acme")};
  const Result<RecordFilter> filter = RecordFilter::make(filters, techniques);
  ASSERT_FALSE(filter);
  EXPECT_EQ(filter.error().code(), Code::invalid);
  EXPECT_EQ(filter.error().text(),
            "log filter envelope: query: 'tenantid' is not in the API's record, which is all that a filter looks at");
}

}  // namespace
}  // namespace tidegate
