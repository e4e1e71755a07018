#include "config/query.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

std::string canonical(std::string_view text) {
  const Result<Query> query = parse_query(text);
  return query ? to_text(*query) : query.error().text();
}

std::string error_of(std::string_view text, const QueryLimits& limits = {}) {
  const Result<Query> query = parse_query(text, limits);
  if (query) return "parsed as " + to_text(*query);
  EXPECT_EQ(query.error().code(), Code::invalid);
  return query.error().text();
}

TEST(Query, AFieldAndItsValueAreATerm) {
  const Result<Query> query = parse_query("msg_class: trendmicro_visionone_alerts");
  ASSERT_TRUE(query) << query.error().text();
  const auto* term = std::get_if<QueryTerm>(&query->node);
  ASSERT_NE(term, nullptr);
  EXPECT_EQ(term->field, "msg_class");
  EXPECT_EQ(term->value.literal(), "trendmicro_visionone_alerts");
}

TEST(Query, AWordAloneIsATermOfAnyField) {
  const Result<Query> query = parse_query("powershell");
  ASSERT_TRUE(query);
  const auto* term = std::get_if<QueryTerm>(&query->node);
  ASSERT_NE(term, nullptr);
  EXPECT_EQ(term->field, "");
}

TEST(Query, NotBindsCloserThanAndThanOr) {
  EXPECT_EQ(canonical("a OR b AND NOT c"), "a OR b AND NOT c");
  EXPECT_EQ(canonical("(a OR b) AND c"), "(a OR b) AND c");
  EXPECT_EQ(canonical("NOT (a b)"), "NOT (a AND b)");
  const Result<Query> query = parse_query("a OR b c");
  const auto* any = std::get_if<QueryAny>(&query->node);
  ASSERT_NE(any, nullptr);
  ASSERT_EQ(any->parts.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<QueryAll>(any->parts[1].node));
}

TEST(Query, AdjacencyAndSignsAreTheKeywords) {
  EXPECT_EQ(canonical("a b"), "a AND b");
  EXPECT_EQ(canonical("a && b || c"), "a AND b OR c");
  EXPECT_EQ(canonical("a -b !c"), "a AND NOT b AND NOT c");
  EXPECT_EQ(canonical("a NOT b"), "a AND NOT b");
  EXPECT_EQ(canonical("and or not"), "and AND or AND not") << "keywords are upper case";
}

TEST(Query, AGroupMayStandUnderAField) {
  EXPECT_EQ(canonical("severity: (high OR \"very high\")"), "severity:high OR severity:\"very high\"");
  EXPECT_EQ(canonical("x severity:(NOT low) y"), "x AND NOT severity:low AND y");
  EXPECT_EQ(error_of("a:(b:c)"), "query: character 4: 'a' stands before the group already");
}

TEST(Query, ValuesMayHoldColonsAndDashes) {
  EXPECT_EQ(canonical("t: 2026-11-24T10:00:00Z"), "t:2026\\-11\\-24T10\\:00\\:00Z");
  EXPECT_EQ(canonical("srcip: fe80::1"), "srcip:fe80\\:\\:1");
  EXPECT_EQ(canonical("n: -5"), "n:\\-5");
  EXPECT_EQ(canonical("a:b:c"), "a:b\\:c");
}

TEST(Query, RangesHaveEndsThatBelongOrNot) {
  const Result<Query> query = parse_query("score: [10 TO 20}");
  ASSERT_TRUE(query) << query.error().text();
  const auto* range = std::get_if<QueryRange>(&query->node);
  ASSERT_NE(range, nullptr);
  EXPECT_EQ(range->field, "score");
  EXPECT_EQ(range->least->value, "10");
  EXPECT_TRUE(range->least->inclusive);
  EXPECT_EQ(range->most->value, "20");
  EXPECT_FALSE(range->most->inclusive);
  EXPECT_EQ(canonical("t:{2026-11-24T10:00:00Z TO *}"), "t:{\"2026-11-24T10:00:00Z\" TO *]");
  EXPECT_EQ(canonical("f:[\"a b\" TO c]"), "f:[\"a b\" TO \"c\"]");
  EXPECT_EQ(canonical("f:[* TO *]"), "_exists_:f");
}

TEST(Query, ComparisonsAreRangesWithOneEnd) {
  EXPECT_EQ(canonical("s:>=10"), "s:[\"10\" TO *]");
  EXPECT_EQ(canonical("s: > 10"), "s:{\"10\" TO *]");
  EXPECT_EQ(canonical("s:<=10"), "s:[* TO \"10\"]");
  EXPECT_EQ(canonical("s:<\"1 0\""), "s:[* TO \"1 0\"}");
  EXPECT_EQ(canonical("t:>=10:30"), "t:[\"10:30\" TO *]");
}

TEST(Query, ExistenceHasTwoForms) {
  EXPECT_EQ(canonical("_exists_: srcip"), "_exists_:srcip");
  EXPECT_EQ(canonical("srcip: *"), "_exists_:srcip");
  EXPECT_EQ(canonical("NOT _exists_:a.b"), "NOT _exists_:a.b");
  EXPECT_EQ(error_of("_exists_: a*"), "query: character 11: a field's name holds no wildcards");
  EXPECT_EQ(error_of("_exists_: \"a\""), "query: character 11: expected a field's name after _exists_:");
}

TEST(Query, AStarAloneIsEverything) {
  EXPECT_TRUE(std::holds_alternative<QueryEverything>(parse_query("*")->node));
  EXPECT_TRUE(std::holds_alternative<QueryEverything>(parse_query("*:*")->node));
}

TEST(Query, WildcardsAndEscapesAreTold) {
  const Result<Query> query = parse_query(R"(host: web-*\*?\?x)");
  ASSERT_TRUE(query) << query.error().text();
  const Pattern& pattern = std::get<QueryTerm>(query->node).value;
  using Kind = Pattern::Kind;
  EXPECT_EQ(pattern.pieces,
            (std::vector<Pattern::Piece>{
                {Kind::literal, "web-"}, {Kind::any_run, ""}, {Kind::literal, "*"}, {Kind::any_one, ""}, {Kind::literal, "?x"}}));
  EXPECT_EQ(canonical(R"(a\:b)"), R"(a\:b)");
  EXPECT_EQ(canonical(R"(path: C\:\\Windows\\*)"), R"(path:C\:\\Windows\\*)");
  EXPECT_EQ(canonical(R"(\AND)"), R"(\AND)");
  EXPECT_EQ(canonical("a**b"), "a*b");
}

TEST(Query, QuotesHoldEverythingButThemselves) {
  EXPECT_EQ(canonical(R"(name: "a \"b\" c*\\")"), R"(name:"a \"b\" c*\\")");
  EXPECT_EQ(canonical("\"AND ( ] ~\""), "\"AND ( ] ~\"");
  EXPECT_EQ(canonical("f:\"\""), "f:\"\"");
}

TEST(Query, AnErrorSaysWhereAndWhatWasExpected) {
  EXPECT_EQ(error_of(""), "query: character 1: expected a word, a quote, a field or (");
  EXPECT_EQ(error_of("   "), "query: character 4: expected a word, a quote, a field or (");
  EXPECT_EQ(error_of("severity:"), "query: character 10: expected a value after 'severity:'");
  EXPECT_EQ(error_of("severity: AND b"), "query: character 11: expected a value after 'severity:'");
  EXPECT_EQ(error_of("a AND"), "query: character 6: expected a word, a quote, a field or (");
  EXPECT_EQ(error_of("a OR OR b"), "query: character 6: expected a word, a quote, a field or (");
  EXPECT_EQ(error_of("(a"), "query: character 1: this ( is never closed");
  EXPECT_EQ(error_of("a)"), "query: character 2: this ) closes nothing");
  EXPECT_EQ(error_of("()"), "query: character 2: expected a word, a quote, a field or (");
  EXPECT_EQ(error_of("\"a"), "query: character 1: this quote is never closed");
  EXPECT_EQ(error_of("a\\"), "query: character 3: expected a character after the backslash");
  EXPECT_EQ(error_of("f:[1 2]"), "query: character 6: expected TO between the range's ends");
  EXPECT_EQ(error_of("f:[1 TO 2"), "query: character 10: expected ] or } at the range's end");
  EXPECT_EQ(error_of("f:[ TO ]"), "query: character 8: expected TO between the range's ends");
  EXPECT_EQ(error_of("[1 TO 2]"), "query: character 1: a range needs a field before it: write field:[a TO b]");
  EXPECT_EQ(error_of("score >= 5"), "query: character 7: a comparison needs a field before it: write field:>=value");
  EXPECT_EQ(error_of("s:>="), "query: character 5: expected a value after 's:>='");
  EXPECT_EQ(error_of("s:>=1*"), "query: character 5: expected a value after 's:>='");
  EXPECT_EQ(error_of(":a"), "query: character 1: expected a word before the colon");
  EXPECT_EQ(error_of("f*:a"), "query: character 1: a field's name holds no wildcards");
  EXPECT_EQ(error_of("*:a"), "query: character 1: after *: only * can stand");
  EXPECT_EQ(error_of("\xC3\xBC\xC3\xBC ("), "query: character 5: expected a word, a quote, a field or (")
      << "characters, not bytes";
}

TEST(Query, WhatLuceneHasAndThisHasNotIsRefused) {
  EXPECT_EQ(error_of("roam~2"), "query: character 5: '~' must be quoted or follow a backslash");
  EXPECT_EQ(error_of("a^4"), "query: character 2: '^' must be quoted or follow a backslash");
  EXPECT_EQ(error_of("+a"), "query: character 1: + has no meaning, as every clause is required unless OR stands between");
}

TEST(Query, IsBoundedInLengthDepthAndClauses) {
  EXPECT_EQ(error_of(std::string(8193, 'a')), "query: longer than 8192 bytes");
  EXPECT_EQ(canonical(std::string(32, '(') + "a" + std::string(32, ')')), "a");
  EXPECT_EQ(error_of(std::string(33, '(') + "a" + std::string(33, ')')), "query: character 33: nested deeper than 32");
  EXPECT_EQ(error_of(std::string(8000, '-') + "a"), "query: character 33: nested deeper than 32");
  std::string many;
  for (int i = 0; i < 256; ++i) many.append("a ");
  EXPECT_TRUE(parse_query(many));
  EXPECT_EQ(error_of(many + "b"), "query: character 513: more than 256 clauses");
}

TEST(Query, WhatIsNoTextIsRefused) {
  EXPECT_EQ(error_of("ab\xFF"), "query: character 3: not UTF-8 text");
  EXPECT_EQ(error_of(std::string_view{"a\0b", 3}), "query: character 2: not UTF-8 text");
}

TEST(Query, ItsCanonicalFormParsesToItself) {
  for (const char* text : {"a",
                           "a b OR c d",
                           "(a OR b) (c OR d)",
                           "NOT NOT a",
                           "a OR (b OR c)",
                           "a (b c)",
                           "f:(a OR b*)",
                           "f:[a TO b}",
                           "f:>3",
                           "_exists_:x",
                           "*",
                           "f:\\\"x",
                           "\\(a\\)",
                           "a\\ b",
                           "\\>5",
                           "f:\\*",
                           "x\\~1",
                           "OR:*",
                           "f:\\NOT",
                           "AND:x",
                           "NOT (a OR NOT b)"}) {
    const std::string once = canonical(text);
    EXPECT_EQ(canonical(once), once) << text;
  }
}

TEST(Query, PatternsCoverTheWholeText) {
  const auto covers = [](std::string_view pattern, std::string_view text) {
    return matches(std::get<QueryTerm>(parse_query("f:" + std::string{pattern})->node).value, text);
  };
  EXPECT_TRUE(covers("abc", "abc"));
  EXPECT_FALSE(covers("abc", "abcd"));
  EXPECT_FALSE(covers("abc", "ab"));
  EXPECT_TRUE(covers("a*", "a"));
  EXPECT_TRUE(covers("*c", "abc"));
  EXPECT_FALSE(covers("*c", "abcd"));
  EXPECT_TRUE(covers("a*b*c", "aXbbYc"));
  EXPECT_TRUE(covers("*ab", "aab"));
  EXPECT_TRUE(covers("*a*b", "ab ab"));
  EXPECT_TRUE(covers("a?c", "abc"));
  EXPECT_FALSE(covers("a?c", "ac"));
  EXPECT_TRUE(covers("Z?rich", "Z\xC3\xBCrich")) << "one character, two bytes";
  EXPECT_TRUE(covers("?*", "x"));
  EXPECT_FALSE(covers("?*", ""));
  EXPECT_TRUE(covers("\\*", "*"));
  EXPECT_FALSE(covers("\\*", "x"));
}

TEST(Query, MatchingHostilePatternsIsQuick) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern.append("*a");
  const Result<Query> query = parse_query("f:" + pattern + "b");
  ASSERT_TRUE(query);
  EXPECT_FALSE(matches(std::get<QueryTerm>(query->node).value, std::string(20'000, 'a')));
}

}  // namespace
}  // namespace tidegate
