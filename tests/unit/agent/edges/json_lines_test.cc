#include "agent/edges/json_lines.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/agent/payloads.h"
#include "transport/compression.h"
#include "transport/msgpack_json.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::payload_at;
using test::window_end;

Bytes gzip(std::string_view plain) {
  Compressor compressor;
  return *compressor.compress_entries(plain, WireCompression::gzip);
}

Result<Page> parse_lines(std::string_view lines, PackageLimits limits = {}) {
  JsonLinesParser parser{limits};
  return parser.parse("2023111422-p", gzip(lines), window_end);
}

TEST(JsonLines, EveryLineIsARecordThatIsKeptVerbatim) {
  const std::string first =
      R"({"uuid":"u1","detectionTime":"2023-11-14T22:13:00Z","big":18446744073709551616,"a":{"a":[null,1.5]}})";
  const std::string second = R"({"eventTime":1699999990000,"uuid":"u2"})";
  const auto page = parse_lines(first + "\n" + second + "\n");
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 2u);
  EXPECT_EQ(payload_at(*page, 0), first);
  EXPECT_EQ(payload_at(*page, 1), second);
  EXPECT_TRUE(page->records[0].understood && page->records[1].understood);
  // The same id that a page of the list of detections gives.
  EXPECT_EQ(page->records[0].source_id, hash128({"u1"}));
  EXPECT_TRUE(page->records[0].named);
  EXPECT_EQ(page->total_count, -1);
  EXPECT_TRUE(page->next_link.empty());
}

TEST(JsonLines, TheTimeIsTheFirstThatCanBeRead) {
  const auto page =
      parse_lines(R"({"uuid":"a","logReceivedTime":1699999993000,"eventTime":"1699999992000","detectionTime":"2023-11-14T22:13:11Z"}
{"uuid":"b","logReceivedTime":1699999993000,"eventTime":"1699999992000"}
{"uuid":"c","logReceivedTime":1699999993000,"eventTime":null,"detectionTime":"soon"}
{"uuid":"d","eventTime":"1699999992","logReceivedTime":99999999999999999999}
{"uuid":"e","eventTime":-5,"logReceivedTime":1.5}
)");
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 5u);
  EXPECT_EQ(page->records[0].time, window_end - 9s);
  EXPECT_EQ(page->records[1].time, window_end - 8s);
  EXPECT_EQ(page->records[2].time, window_end - 7s);
  for (const std::size_t at : {3u, 4u}) {
    EXPECT_EQ(page->records[at].time, window_end);
    EXPECT_FALSE(page->records[at].understood);
    EXPECT_EQ(page->records[at].source_id, hash128({at == 3 ? "d" : "e"}));
  }
}

TEST(JsonLines, ALineThatIsNoRecordCostsOnlyItselfAndIsKeptAsItCame) {
  const std::string odd[] = {"{\"uuid\":\"x\"",     "null",    "[1,2]", "not json", "{\"uuid\":\"\\ud800\"}",
                             "{\"uuid\":\"x\"} {}", "\xff\xfe"};
  std::string lines;
  for (const std::string& line : odd) lines += line + "\n" + R"({"uuid":"good","eventTime":1699999990000})" + "\n";
  const auto page = parse_lines(lines);
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 2 * std::size(odd));
  for (std::size_t i = 0; i < page->records.size(); ++i) EXPECT_EQ(page->records[i].understood, i % 2 == 1) << i;
  EXPECT_EQ(payload_at(*page, 0), R"("{\"uuid\":\"x\"")");
}

TEST(JsonLines, LinesWithoutIdAreToldApartByTheirPlaceInThePackage) {
  JsonLinesParser parser;
  const Bytes body = gzip("{\"a\":1}\n{\"a\":1}\n");
  const auto page = parser.parse("p1", body, window_end);
  const auto again = parser.parse("p1", body, window_end + 5s);
  const auto other = parser.parse("p2", body, window_end);
  ASSERT_TRUE(page && again && other);
  EXPECT_NE(page->records[0].source_id, page->records[1].source_id);
  EXPECT_NE(page->records[0].source_id, other->records[0].source_id);
  for (const std::size_t at : {0u, 1u}) {
    EXPECT_EQ(page->records[at].source_id, again->records[at].source_id);
    EXPECT_TRUE(page->records[at].named);
    EXPECT_FALSE(page->records[at].understood);
  }
}

TEST(JsonLines, ALineTooLargeForARecordBecomesPiecesThatAreKnownByTheirPlace) {
  const std::string large = R"({"uuid":"x","eventTime":1699999990000,"x":")" + std::string(4u << 20, 'x') + "\"}";
  const std::string small = R"({"uuid":"good","eventTime":1699999990000})";
  const Bytes body = gzip(large + "\n" + large + "\n" + small + "\n");
  JsonLinesParser parser;
  const auto page = parser.parse("p1", body, window_end);
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 2u * 5u + 1u);
  std::set<Id128> ids;
  for (const Record& record : page->records) {
    EXPECT_TRUE(record.named);
    EXPECT_EQ(record.listed, window_end);
    EXPECT_EQ(record.understood, record.source_id == hash128({"good"}));
    ids.insert(record.source_id);
  }
  EXPECT_EQ(ids.size(), page->records.size()) << "two lines that agree to the byte are two records";
  const auto again = parser.parse("p1", body, window_end);
  ASSERT_TRUE(again);
  for (const Record& record : again->records) EXPECT_TRUE(ids.contains(record.source_id));
}

TEST(JsonLines, BlankLinesAndMissingEndsAreNothing) {
  for (const char* lines : {"", "\n", "\r\n\n  \n"}) {
    const auto page = parse_lines(lines);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->records.empty());
  }
  const auto page =
      parse_lines("\r\n  {\"uuid\":\"u\",\"eventTime\":1699999990000}  \r\n\n{\"uuid\":\"v\",\"eventTime\":1699999990000}");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->records.size(), 2u);
  EXPECT_TRUE(page->records[0].understood && page->records[1].understood);
}

TEST(JsonLines, WhatIsNoGzipOrBreaksOffIsCorrupt) {
  JsonLinesParser parser;
  const Bytes whole = gzip(std::string(5000, 'a') + "\n{\"uuid\":\"u\"}\n");
  const std::vector<Bytes> bodies{
      "",          "{\"uuid\":\"u\"}\n", whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1),
      whole + "x", Bytes{"\x1f\x8b", 2}};
  for (const Bytes& body : bodies) {
    const auto page = parser.parse("p", body, window_end);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code(), Code::corrupt);
  }
}

TEST(JsonLines, APackageBeyondTheLimitsIsCorrupt) {
  EXPECT_TRUE(parse_lines(std::string(1000, ' '), {.plain_bytes_max = 1000}));
  const auto large = parse_lines(std::string(1001, ' '), {.plain_bytes_max = 1000});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code(), Code::corrupt);
  EXPECT_TRUE(parse_lines("1\n2\n", {.records_max = 2}));
  const auto many = parse_lines("1\n2\n3\n", {.records_max = 2});
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code(), Code::corrupt);
}

TEST(JsonLines, AKeptPackageComesInPiecesThatMakeItUp) {
  const JsonLinesParser parser{{.piece_bytes_max = 100}};
  const Bytes body(250, 'x');
  const Page page = parser.keep("p", body, window_end);
  ASSERT_EQ(page.records.size(), 3u);
  std::set<Id128> ids;
  for (const Record& record : page.records) {
    EXPECT_FALSE(record.understood);
    EXPECT_TRUE(record.named);
    EXPECT_LE(record.bytes, 105u);
    ids.insert(record.source_id);
  }
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_TRUE(parser.keep("p", "", window_end).records.empty());
}

}  // namespace
}  // namespace tidegate
