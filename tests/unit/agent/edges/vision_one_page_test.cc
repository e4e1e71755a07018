#include "agent/edges/vision_one_page.h"

#include <gtest/gtest.h>

#include "agent/edges/json_split.h"
#include "transport/msgpack_json.h"

namespace tidegate {
namespace {

constexpr WallTime window_end{std::chrono::seconds{1'700'000'000}};

Result<Page> parse(Lane lane, std::string_view body) {
  VisionOnePageParser parser{lane};
  return parser.parse(Bytes{body}, window_end);
}

std::string payload(const Page& page, std::size_t at) { return *to_json(page.payload(page.records.at(at))); }

TEST(VisionOnePage, AnAlertIsKnownByItsIdAndItsUpdate) {
  const auto page = parse(Lane::alerts, R"({"totalCount":2,"count":2,"items":[
    {"id":"WB-1","updatedDateTime":"2023-11-14T22:13:20Z","score":64,"unknown":{"big":18446744073709551616}},
    {"id":"WB-1","updatedDateTime":"2023-11-14T22:13:21Z","score":65}],"nextLink":"https://api.test/x?skipToken=MTA="})");
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 2u);
  EXPECT_EQ(page->total_count, 2);
  EXPECT_EQ(page->next_link, "https://api.test/x?skipToken=MTA=");
  EXPECT_NE(page->records[0].source_id, page->records[1].source_id);
  EXPECT_EQ(page->records[0].time, window_end);
  EXPECT_TRUE(page->records[0].understood);
  EXPECT_EQ(payload(*page, 0),
            R"({"id":"WB-1","updatedDateTime":"2023-11-14T22:13:20Z","score":64,"unknown":{"big":18446744073709551616}})");
}

TEST(VisionOnePage, NullItemsAndMissingLinksAreAnEmptyLastPage) {
  for (const char* body : {R"({"items":null})", R"({"items":[],"nextLink":null})", R"({"items":[],"totalCount":null})"}) {
    const auto page = parse(Lane::audit_logs, body);
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
    const auto page = parse(Lane::techniques, body);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().code(), Code::corrupt);
  }
}

TEST(VisionOnePage, ARecordWithoutIdOrTimeIsKeptAndMarked) {
  const auto page = parse(Lane::techniques,
                          R"({"items":[{"uuid":"u1","detectedDateTime":"2023-11-14T22:13:00Z"},{"a":1},7,"text",{"uuid":"u2"}]})");
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 5u);
  EXPECT_TRUE(page->records[0].understood);
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_FALSE(page->records[i].understood) << i;
    EXPECT_EQ(page->records[i].time, window_end);
  }
  EXPECT_EQ(payload(*page, 1), R"({"a":1})");
  EXPECT_EQ(payload(*page, 2), "7");
}

TEST(VisionOnePage, ARecordThatBreaksTheRulesOfJsonCostsOnlyItself) {
  const std::string body =
      "{\"items\":[{\"uuid\":\"u1\",\"detectedDateTime\":\"2023-11-14T22:13:00Z\"},{\"uuid\":\"u2\",\"x\":\"\\ud800\"},"
      "{\"uuid\":\"u3\",\"x\":\"\xff\"},{\"uuid\":\"u4\",\"x\":01}," +
      std::string(100, '[') + std::string(100, ']') + "],\"nextLink\":\"https://api.test/next\",\"totalCount\":5}";
  const auto page = parse(Lane::techniques, body);
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 5u);
  EXPECT_EQ(page->next_link, "https://api.test/next");
  EXPECT_EQ(page->total_count, 5);
  EXPECT_TRUE(page->records[0].understood);
  for (std::size_t i = 1; i < 5; ++i) EXPECT_FALSE(page->records[i].understood) << i;
  EXPECT_EQ(payload(*page, 3), R"("{\"uuid\":\"u4\",\"x\":01}")");
}

TEST(VisionOnePage, AuditEntriesWithoutUuidAreKnownByTheirContentAndMarkedAsNameless) {
  const char* entry = R"({"loggedDateTime":"2023-11-14 22:13:20","loggedUser":"a"})";
  const auto page = parse(Lane::audit_logs, std::string{"{\"items\":["} + entry + "," + entry + "," + entry + "]}");
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->records.size(), 3u);
  EXPECT_TRUE(page->records[0].understood);
  for (const Record& record : page->records) {
    EXPECT_FALSE(record.named);
    EXPECT_EQ(record.source_id, page->records[0].source_id);  // copies.h tells them apart
    EXPECT_EQ(record.listed, record.time);
  }
  const auto again = parse(Lane::audit_logs, std::string{"{\"items\":["} + entry + "]}");
  EXPECT_EQ(again->records[0].source_id, page->records[0].source_id);
}

TEST(VisionOnePage, APageOfTooManyRecordsIsRefused) {
  VisionOnePageParser parser{Lane::techniques, {.records_max = 3, .link_bytes_max = 100}};
  EXPECT_FALSE(parser.parse(R"({"items":[1,2,3,4]})", window_end));
  EXPECT_TRUE(parser.parse(R"({"items":[1,2,3]})", window_end));
  EXPECT_FALSE(parser.parse("{\"items\":[],\"nextLink\":\"https://a/" + std::string(200, 'x') + "\"}", window_end));
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
