#include "agent/edges/vision_one_page.h"

#include <gtest/gtest.h>

#include <set>

#include "agent/edges/json_split.h"
#include "storage/types.h"
#include "tests/unit/agent/payloads.h"
#include "transport/msgpack_json.h"
#include "transport/msgpack_view.h"

namespace tidegate {
namespace {

using test::payload_at;
using test::window_end;

Result<Page> parse_body(Lane lane, std::string_view body) {
  VisionOnePageParser parser{lane};
  return parser.parse(Bytes{body}, window_end);
}

TEST(VisionOnePage, AnAlertIsKnownByItsIdAndItsUpdate) {
  const auto page = parse_body(Lane::alerts, R"({"totalCount":2,"count":2,"items":[
    {"id":"WB-1","updatedDateTime":"2023-11-14T22:13:20Z","score":64,"unknown":{"big":18446744073709551616}},
    {"id":"WB-1","updatedDateTime":"2023-11-14T22:13:21Z","score":65}],"nextLink":"https://api.test/x?skipToken=MTA="})");
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 2u);
  EXPECT_EQ(page->total_count, 2);
  EXPECT_EQ(page->next_link, "https://api.test/x?skipToken=MTA=");
  EXPECT_NE(page->records[0].source_id, page->records[1].source_id);
  EXPECT_EQ(page->records[0].time, window_end);
  EXPECT_TRUE(page->records[0].understood);
  EXPECT_EQ(payload_at(*page, 0),
            R"({"id":"WB-1","updatedDateTime":"2023-11-14T22:13:20Z","score":64,"unknown":{"big":18446744073709551616}})");
}

TEST(VisionOnePage, NullItemsAndMissingLinksAreAnEmptyLastPage) {
  for (const char* body : {R"({"items":null})", R"({"items":[],"nextLink":null})", R"({"items":[],"totalCount":null})"}) {
    const auto page = parse_body(Lane::audit_logs, body);
    ASSERT_TRUE(page) << body;
    EXPECT_TRUE(page->records.empty());
    EXPECT_TRUE(page->next_link.empty());
    EXPECT_EQ(page->total_count, -1);
  }
}

TEST(VisionOnePage, WhatIsNoPageIsCorrupt) {
  for (const char* body :
       {"", "null", "[]", "{", R"({"items":[{"uuid":"a")", "<html><body>Bad gateway</body></html>", R"({"error":{"code":"x"}})",
        R"({"items":{}})", R"({"items":[]} trailing)", "\xff\xfe", R"({"items":[1,2})"}) {
    const auto page = parse_body(Lane::techniques, body);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().code(), Code::corrupt);
  }
}

TEST(VisionOnePage, ARecordWithoutIdOrTimeIsKeptAndMarked) {
  const auto page = parse_body(
      Lane::techniques, R"({"items":[{"uuid":"u1","detectedDateTime":"2023-11-14T22:13:00Z"},{"a":1},7,"text",{"uuid":"u2"}]})");
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 5u);
  EXPECT_TRUE(page->records[0].understood);
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_FALSE(page->records[i].understood) << i;
    EXPECT_EQ(page->records[i].time, window_end);
  }
  EXPECT_EQ(payload_at(*page, 1), R"({"a":1})");
  EXPECT_EQ(payload_at(*page, 2), "7");
}

TEST(VisionOnePage, ARecordThatBreaksTheRulesOfJsonCostsOnlyItself) {
  const std::string body =
      "{\"items\":[{\"uuid\":\"u1\",\"detectedDateTime\":\"2023-11-14T22:13:00Z\"},{\"uuid\":\"u2\",\"x\":\"\\ud800\"},"
      "{\"uuid\":\"u3\",\"x\":\"\xff\"},{\"uuid\":\"u4\",\"x\":01}," +
      std::string(100, '[') + std::string(100, ']') + "],\"nextLink\":\"https://api.test/next\",\"totalCount\":5}";
  const auto page = parse_body(Lane::techniques, body);
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 5u);
  EXPECT_EQ(page->next_link, "https://api.test/next");
  EXPECT_EQ(page->total_count, 5);
  EXPECT_TRUE(page->records[0].understood);
  for (std::size_t i = 1; i < 5; ++i) EXPECT_FALSE(page->records[i].understood) << i;
  EXPECT_EQ(payload_at(*page, 3), R"("{\"uuid\":\"u4\",\"x\":01}")");
}

TEST(VisionOnePage, AuditEntriesWithoutUuidAreKnownByTheirContentAndMarkedAsNameless) {
  const char* entry = R"({"loggedDateTime":"2023-11-14 22:13:20","loggedUser":"a"})";
  const auto page = parse_body(Lane::audit_logs, std::string{"{\"items\":["} + entry + "," + entry + "," + entry + "]}");
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 3u);
  EXPECT_TRUE(page->records[0].understood);
  for (const Record& record : page->records) {
    EXPECT_FALSE(record.named);
    EXPECT_EQ(record.source_id, page->records[0].source_id);  // copies.h tells them apart
    EXPECT_EQ(record.listed, record.time);
  }
  const auto again = parse_body(Lane::audit_logs, std::string{"{\"items\":["} + entry + "]}");
  EXPECT_EQ(again->records[0].source_id, page->records[0].source_id);
}

TEST(VisionOnePage, APageOfTooManyRecordsIsRefused) {
  VisionOnePageParser parser{Lane::techniques, {.records_max = 3, .link_bytes_max = 100}};
  EXPECT_FALSE(parser.parse(R"({"items":[1,2,3,4]})", window_end));
  EXPECT_TRUE(parser.parse(R"({"items":[1,2,3]})", window_end));
  EXPECT_FALSE(parser.parse("{\"items\":[],\"nextLink\":\"https://a/" + std::string(200, 'x') + "\"}", window_end));
}

TEST(VisionOnePage, ALinkThatCannotBeReadIsNotTakenForTheLastPage) {
  for (const char* link : {"7", "{}", "[]", "true", R"("\ud800")", "nonsense"}) {
    const auto page = parse_body(Lane::techniques, std::string{R"({"items":[],"nextLink":)"} + link + "}");
    ASSERT_FALSE(page) << link;
    EXPECT_EQ(page.error().code(), Code::corrupt) << link;
  }
}

// The text of records that were kept in pieces, and whether each piece keeps the rules.
std::string joined(const Page& page, std::size_t first, std::size_t last, std::size_t piece_bytes_max) {
  std::string text;
  for (std::size_t i = first; i < last; ++i) {
    const Record& record = page.records[i];
    EXPECT_FALSE(record.understood);
    EXPECT_TRUE(record.named);
    EXPECT_EQ(record.time, window_end);
    const auto value = MsgpackView::open(page.payload(record));
    if (!value || !value->as_str()) {
      ADD_FAILURE() << "a piece of UTF-8 is a str";
      continue;
    }
    EXPECT_LE(value->as_str()->size(), piece_bytes_max);
    EXPECT_TRUE(simdjson::validate_utf8(value->as_str()->data(), value->as_str()->size())) << "cut between characters";
    text.append(*value->as_str());
  }
  return text;
}

TEST(VisionOnePage, ARecordTooLargeForASegmentIsKeptInPieces) {
  std::string words;
  for (int i = 0; i < 150; ++i) words += i % 2 == 0 ? "ü" : "€";
  const std::string small = R"({"uuid":"u1","detectedDateTime":"2023-11-14T22:13:00Z"})";
  const std::string large = R"({"uuid":"u2","detectedDateTime":"2023-11-14T22:13:00Z","x":")" + words + "\"}";
  const std::string body = R"({"items":[)" + small + "," + large + "," + small + R"(],"nextLink":"https://api.test/next"})";
  VisionOnePageParser parser{Lane::techniques, {.record_bytes_max = 200, .piece_bytes_max = 100}};
  const auto page = parser.parse(body, window_end);
  ASSERT_TRUE(page) << page.error().text();
  EXPECT_EQ(page->next_link, "https://api.test/next");
  const std::size_t count = page->records.size();
  ASSERT_GE(count, 2u + large.size() / 100);
  EXPECT_TRUE(page->records.front().understood && page->records.back().understood);
  EXPECT_EQ(joined(*page, 1, count - 1, 100), large);
  std::set<Id128> ids;
  for (std::size_t i = 1; i + 1 < count; ++i) ids.insert(page->records[i].source_id);
  EXPECT_EQ(ids.size(), count - 2);
  const auto again = parser.parse(body, window_end);
  ASSERT_TRUE(again);
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(page->records[i].source_id, again->records.at(i).source_id) << i;
}

TEST(VisionOnePage, PiecesOfWhatIsNoUtf8AreBytes) {
  const std::string odd = "{\"uuid\":\"u2\",\"x\":\"" + std::string(150, '\xff') + "\"}";
  VisionOnePageParser parser{Lane::techniques, {.piece_bytes_max = 100}};
  const auto page = parser.parse("{\"items\":[" + odd + "]}", window_end);
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 2u);
  std::string text;
  for (const Record& record : page->records) {
    EXPECT_FALSE(record.understood);
    text.append(page->payload(record).substr(2));  // behind the head of a bin 8
  }
  EXPECT_EQ(text, odd);
}

TEST(VisionOnePage, NoRecordOfAnyPageIsLargerThanASegmentTakes) {
  const std::string large = R"({"uuid":"u","detectedDateTime":"2023-11-14T22:13:00Z","x":")" + std::string(5u << 20, 'x') + "\"}";
  const auto page = parse_body(Lane::techniques, "{\"items\":[" + large + ",{\"uuid\":\"v\"}]}");
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 7u);
  constexpr std::size_t envelope = 64u << 10;
  for (const Record& record : page->records) EXPECT_LE(record.bytes + envelope, segment_plain_bytes_max);
  EXPECT_EQ(joined(*page, 0, 6, 1u << 20), large);
}

TEST(VisionOnePage, IdsAreWhatTheyWereBeforeInEveryVersion) {
  const auto page = parse_body(Lane::alerts, R"({"items":[{"id":"WB-1","updatedDateTime":"2023-11-14T22:13:20Z"},7]})");
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 2u);
  EXPECT_EQ(page->records[0].source_id, hash128({"WB-1", "2023-11-14T22:13:20Z"}));
  EXPECT_EQ(page->records[1].source_id, hash128({"content", page->payload(page->records[1])}));
}

TEST(JsonSplit, StringsAndNestingDoNotConfuseIt) {
  const auto page = split_page(R"({"a":"items\":[","b":{"items":[9]},"items":[ {"x":"]},["} , [1,[2]], "q\"" ],"c":1})", "items");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->items.size(), 3u);
  EXPECT_EQ(page->items[0], R"({"x":"]},["})");
  EXPECT_EQ(page->items[1], "[1,[2]]");
  EXPECT_EQ(page->items[2], R"("q\"")");
  EXPECT_EQ(page->rest, R"({"a":"items\":[","b":{"items":[9]},"items":[],"c":1})");
}

TEST(JsonSplit, WhatBreaksOffIsAbsent) {
  for (const char* body : {"", "[", "{", R"({"items")", R"({"items":)", R"({"items":[)", R"({"items":[1)", R"({"items":[1})",
                           R"({"items":["x)", R"({"a":1})"})
    EXPECT_FALSE(split_page(body, "items")) << body;
}

}  // namespace
}  // namespace tidegate
