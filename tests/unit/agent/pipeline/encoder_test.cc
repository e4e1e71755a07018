#include "agent/pipeline/encoder.h"

#include <gtest/gtest.h>

#include <numeric>

#include "transport/forward_entries.h"
#include "transport/msgpack_json.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

const Origin techniques_origin{
    .tenant_id = "acme", .tenant_name = "ACME Corp", .connector = "acme-v1", .sensor = "zurich-01", .lane = Lane::techniques};
constexpr WallTime when{std::chrono::milliseconds{1'700'000'000'123}};

Page page_of(std::size_t records, std::size_t payload_bytes) {
  Page page;
  for (std::size_t i = 0; i < records; ++i) {
    Record record;
    record.source_id = {1, i};
    record.time = when + std::chrono::seconds{i};
    record.offset = static_cast<std::uint32_t>(page.payloads.size());
    put_str(page.payloads, std::string(payload_bytes, static_cast<char>('a' + i % 26)));
    record.bytes = static_cast<std::uint32_t>(page.payloads.size() - record.offset);
    page.records.push_back(record);
  }
  return page;
}

std::vector<std::uint32_t> all_of(const Page& page) {
  std::vector<std::uint32_t> chosen(page.records.size());
  std::iota(chosen.begin(), chosen.end(), 0);
  return chosen;
}

std::vector<Id128> ids_of(const Page& page) {
  std::vector<Id128> ids;
  for (const Record& record : page.records) ids.push_back(record.source_id);
  return ids;
}

TEST(Encoder, AnEntryHasTheKeysOfTheContract) {
  Encoder encoder{techniques_origin};
  Page page = page_of(1, 3);
  const auto segments = encoder.encode(page, all_of(page), ids_of(page));
  ASSERT_EQ(segments.size(), 1u);
  const Segment& segment = segments.front();
  EXPECT_EQ(segment.tag, "tidegate.trendmicro_visionone_observedattacktechniques");
  EXPECT_EQ(segment.records, 1u);
  EXPECT_EQ(segment.oldest, when);
  EntryReader reader{segment.payload};
  const auto entry = reader.next();
  ASSERT_TRUE(entry && *entry);
  EXPECT_EQ((*entry)->time, when);
  EXPECT_EQ(*to_json((*entry)->record),
            R"({"timestamp":1700000000123,"record_id":")" + to_hex(encoder.record_id(page.records[0].source_id)) +
                R"(","tenantid":"acme","tenant_name":"ACME Corp","msg_class":"trendmicro_visionone_observedattacktechniques",)"
                R"("msg_origin":{"source":"trendmicro_visionone","vendor":"trendmicro","category":"endpoint"},)"
                R"("connector":"acme-v1","sensor":"zurich-01","trendmicro_visionone":"aaa"})");
}

TEST(Encoder, TheRecordIdDependsOnTenantConnectorContentTypeAndSourceAlone) {
  const Page page = page_of(2, 3);
  const Id128 id = Encoder{techniques_origin}.record_id(page.records[0].source_id);
  EXPECT_NE(id, Encoder(techniques_origin).record_id(page.records[1].source_id));
  Origin other = techniques_origin;
  other.sensor = "bern-01";
  EXPECT_EQ(id, Encoder(other).record_id(page.records[0].source_id));
  other.tenant_id = "other";
  EXPECT_NE(id, Encoder(other).record_id(page.records[0].source_id));
}

TEST(Encoder, SegmentsStayBelowTheLimitAfterDecompression) {
  Encoder encoder{techniques_origin};
  const Page page = page_of(200, 60'000);
  const auto segments = encoder.encode(page, all_of(page), ids_of(page));
  EXPECT_GE(segments.size(), 3u);
  std::uint32_t records = 0;
  for (const Segment& segment : segments) {
    EXPECT_LE(segment.plain_bytes, segment_plain_bytes_max);
    EXPECT_EQ(segment.payload.size(), segment.plain_bytes);
    EXPECT_LE(segment.payload.capacity(), segment_plain_bytes_max + 1);
    records += segment.records;
  }
  EXPECT_EQ(records, 200u);
}

TEST(Encoder, ARecordThatWasNotUnderstoodSaysSo) {
  Encoder encoder{techniques_origin};
  Page page = page_of(1, 3);
  page.records[0].understood = false;
  const auto segments = encoder.encode(page, all_of(page), ids_of(page));
  EntryReader reader{segments.front().payload};
  EXPECT_NE(to_json((*reader.next())->record)->find(R"("tidegate":{"understood":false})"), std::string::npos);
}

TEST(Encoder, NothingChosenIsNoSegment) {
  Encoder encoder{techniques_origin};
  EXPECT_TRUE(encoder.encode(page_of(5, 10), {}, {}).empty());
}

}  // namespace
}  // namespace tidegate
