#include "config/filter_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate {
namespace {

using testing::ElementsAre;

std::string parsed_text(std::string_view text) {
  const Result<Query> query = parse_filter_query(text);
  return query ? to_text(*query) : query.error().text();
}

TEST(FilterQuery, TheNameOfTheApisRecordBeforeAFieldMeansNothing) {
  EXPECT_EQ(parsed_text("trendmicro_visionone.severity: high"), "severity:high");
  EXPECT_EQ(parsed_text("NOT (trendmicro_visionone.a: 1 OR b: [2 TO 3]) AND _exists_: trendmicro_visionone.c.d"),
            "NOT (a:1 OR b:[\"2\" TO \"3\"]) AND _exists_:c.d");
  EXPECT_EQ(parsed_text("trendmicro_visionone.a: (\"x\" OR y)"), "a:\"x\" OR a:y");
  EXPECT_EQ(parsed_text("trendmicro_visionones.a: x"), "trendmicro_visionones.a:x");
}

TEST(FilterQuery, WhatNeverMatchesAsItWasMeantIsRefused) {
  EXPECT_EQ(parsed_text("severity: low OR tenantid: acme"),
            "query: 'tenantid' is not in the API's record, which is all that a filter looks at");
  EXPECT_EQ(parsed_text("msg_origin.vendor: x"),
            "query: 'msg_origin.vendor' is not in the API's record, which is all that a filter looks at");
  EXPECT_EQ(parsed_text("_exists_: trendmicro_visionone"),
            "query: 'trendmicro_visionone' is the API's record itself: name a field in it");
  EXPECT_EQ(parsed_text("severity: low AND \"--\""), "query: \"--\" holds no letter or digit to look for");
  EXPECT_EQ(parsed_text("sensors: x"), "sensors:x") << "no more than the name itself";
}

TEST(FilterQuery, AFieldOfTheApisRecordThatIsCalledLikeOneOfTheEnvelopesCanBeNamed) {
  EXPECT_EQ(parsed_text("trendmicro_visionone.timestamp: x"), "timestamp:x");
}

TEST(FilterQuery, WhatIsNoQueryIsRefusedAsParseQueryDoes) {
  EXPECT_EQ(parsed_text("a: (b"), "query: character 4: this ( is never closed");
  EXPECT_EQ(parsed_text("*"), "*");
}

TEST(FilterQuery, AWordWithoutALetterOrDigitIsRefusedUnlessItHasAField) {
  const auto flaw = [](std::string_view text) {
    const Result<void> checked = check_words(*parse_query(text));
    return checked ? std::string{} : checked.error().text();
  };
  EXPECT_EQ(flaw("tenantid: a OR trendmicro_visionone: \"--\" OR a: ? OR w?rd OR \"a -\" OR NOT _exists_: b OR *"), "");
  EXPECT_EQ(flaw("a: b AND NOT (c OR ?)"), "query: ? holds no letter or digit to look for");
  EXPECT_EQ(flaw("a b \"--\""), "query: \"--\" holds no letter or digit to look for");
}

TEST(FilterQuery, FieldsAreNamedOnceInTheirOrder) {
  const Result<Query> query = parse_filter_query("b: 1 AND (a.c: 2 OR NOT b: >3) AND word AND \"a phrase\" AND _exists_: d");
  ASSERT_TRUE(query);
  EXPECT_THAT(fields_of(*query), ElementsAre("b", "a.c", "d"));
  EXPECT_THAT(fields_of(*parse_filter_query("*")), ElementsAre());
}

}  // namespace
}  // namespace tidegate
