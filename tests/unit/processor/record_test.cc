#include "processor/record.h"

#include <gtest/gtest.h>

#include "tests/unit/processor/records.h"

namespace tidegate {
namespace {

using test::put_pair;

Result<RecordView> read_map(const std::function<void(Bytes&)>& pairs, std::size_t count) {
  static Bytes bytes;  // outlives the views
  bytes.clear();
  put_map(bytes, count);
  pairs(bytes);
  return read_record(bytes);
}

void put_timestamp(Bytes& out, std::int64_t ms) {
  put_str(out, "timestamp");
  put_int(out, ms);
}

TEST(Record, IsReadWithItsFields) {
  const Bytes bytes = test::record({.number = 5});
  const Result<RecordView> record = read_record(bytes);
  ASSERT_TRUE(record) << record.error().text();
  EXPECT_EQ(record->record_id, test::record_id(5));
  EXPECT_EQ(record->timestamp_ms, test::noon_ms);
  EXPECT_EQ(record->tenantid, "acme");
  EXPECT_EQ(record->tenant_name, "ACME Corp");
  EXPECT_EQ(record->msg_class, "trendmicro_visionone_alerts");
  EXPECT_EQ(record->connector, "acme-visionone");
  EXPECT_EQ(record->document, bytes);
  EXPECT_EQ(to_iso8601(record->day()), "2026-11-24T00:00:00Z");
}

TEST(Record, WithoutAFieldThatEveryRecordHasIsRefusedByName) {
  const std::string id(32, 'a');
  const auto missing_id = read_map([](Bytes& out) { put_timestamp(out, 1); }, 1);
  EXPECT_EQ(missing_id.error(), Error(Code::corrupt, "record_id is missing"));
  const auto missing_tenant = read_map(
      [&](Bytes& out) {
        put_timestamp(out, 1);
        put_pair(out, "record_id", id);
        put_pair(out, "msg_class", "x");
      },
      3);
  EXPECT_EQ(missing_tenant.error(), Error(Code::corrupt, "tenantid is missing"));
}

TEST(Record, WithAWrongFieldIsRefusedByName) {
  const auto not_hex = read_map([](Bytes& out) { put_pair(out, "record_id", std::string(32, 'X')); }, 1);
  EXPECT_EQ(not_hex.error(), Error(Code::corrupt, "record_id is not 32 hexadecimal digits"));
  const auto no_time = read_map([](Bytes& out) { put_pair(out, "timestamp", "yesterday"); }, 1);
  EXPECT_EQ(no_time.error(), Error(Code::corrupt, "timestamp is no time in milliseconds since 1970"));
  const auto negative = read_map([](Bytes& out) { put_timestamp(out, -5); }, 1);
  EXPECT_EQ(negative.error().code(), Code::corrupt);
  const auto far = read_map([](Bytes& out) { put_timestamp(out, timestamp_ms_max); }, 1);
  EXPECT_EQ(far.error().code(), Code::corrupt);
  const auto twice = read_map(
      [](Bytes& out) {
        put_pair(out, "tenantid", "acme");
        put_pair(out, "tenantid", "other");
      },
      2);
  EXPECT_EQ(twice.error(), Error(Code::corrupt, "tenantid is there twice"));
  const auto long_name = read_map([](Bytes& out) { put_pair(out, "tenantid", std::string(2000, 'a')); }, 1);
  EXPECT_EQ(long_name.error(), Error(Code::corrupt, "tenantid is too long"));
}

TEST(Record, ThatIsNoMapOrHasAKeyThatIsNoTextIsRefused) {
  Bytes list;
  put_array(list, 0);
  EXPECT_EQ(read_record(list).error().code(), Code::corrupt);
  EXPECT_EQ(read_record("").error().code(), Code::corrupt);
  const auto deep_key = read_map(
      [](Bytes& out) {
        put_str(out, "trendmicro_visionone");
        put_array(out, 1);
        put_map(out, 1);
        put_int(out, 7);
        put_int(out, 8);
      },
      1);
  EXPECT_EQ(deep_key.error(), Error(Code::corrupt, "a record has a key that is no text"));
}

}  // namespace
}  // namespace tidegate
