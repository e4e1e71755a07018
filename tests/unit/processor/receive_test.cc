#include "processor/pipeline/receive.h"

#include <gtest/gtest.h>

#include "tests/unit/processor/records.h"

namespace tidegate {
namespace {

const WallTime received_at{std::chrono::milliseconds{test::noon_ms}};

const DataPeer zurich{"zurich-01", std::nullopt};  // whose certificate bears a common name alone

ForwardMessage read(const Bytes& bytes) {
  ForwardReader reader;
  reader.feed(bytes);
  Result<std::optional<ForwardMessage>> message = reader.next();
  EXPECT_TRUE(message && *message);
  return **std::move(message);
}

ForwardMessage with_payload(Bytes payload, WireCompression compression = WireCompression::none) {
  ForwardMessage message;
  message.tag = "t";
  message.chunk = "one";
  message.compression = compression;
  message.entries_bytes = payload.size();
  message.bytes = std::move(payload);
  return message;
}

TEST(Receive, AMessageBecomesAChunkAsItCame) {
  const Bytes wire = test::message("one", {{.number = 1}, {.number = 2}}, WireCompression::zstd);
  const Result<Chunk> chunk = check_message(read(wire), zurich, received_at);
  ASSERT_TRUE(chunk) << chunk.error().text();
  EXPECT_EQ(chunk->sensor, "zurich-01");
  EXPECT_EQ(chunk->id, "one");
  EXPECT_EQ(chunk->received, received_at);
  EXPECT_EQ(chunk->records, 2u);
  EXPECT_EQ(chunk->compression, WireCompression::zstd);
  EXPECT_NE(wire.find(chunk->entries), std::string::npos) << "the bytes of the wire, compressed as they were";
  EXPECT_EQ(*decompress_entries(chunk->entries, chunk->compression), test::entries({{.number = 1}, {.number = 2}}));
}

TEST(Receive, GzipAndPlainEntriesAreTakenToo) {
  for (const WireCompression compression : {WireCompression::none, WireCompression::gzip}) {
    const Result<Chunk> chunk = check_message(read(test::message("one", {{}}, compression)), zurich, received_at);
    ASSERT_TRUE(chunk) << chunk.error().text();
    EXPECT_EQ(*decompress_entries(chunk->entries, chunk->compression), test::entries({{}}));
  }
}

TEST(Receive, AnEntryThatIsCutOffIsRefused) {
  Bytes payload = test::entries({{.number = 1}, {.number = 2}});
  payload.pop_back();
  EXPECT_EQ(check_message(with_payload(std::move(payload)), zurich, received_at).error().code(), Code::corrupt);
}

TEST(Receive, ARecordWithoutItsFieldsIsRefusedWithTheNumberOfItsEntry) {
  Bytes payload = test::entries({{.number = 1}});
  put_array(payload, 2);
  put_event_time(payload, received_at);
  put_map(payload, 0);
  const Result<Chunk> chunk = check_message(with_payload(std::move(payload)), zurich, received_at);
  ASSERT_FALSE(chunk);
  EXPECT_EQ(chunk.error().text(), "entry 2: record_id is missing");
}

TEST(Receive, CompressedBytesThatAreBrokenAreRefused) {
  Bytes payload = *Compressor{}.compress_entries(test::entries({{}}), WireCompression::zstd);
  payload[payload.size() / 2] = static_cast<char>(payload[payload.size() / 2] ^ 0x55);
  payload.pop_back();
  EXPECT_FALSE(check_message(with_payload(std::move(payload), WireCompression::zstd), zurich, received_at));
}

TEST(Receive, WhatDecompressesBeyondTheBoundIsRefused) {
  const Bytes bomb(64u << 20, '\0');
  for (const WireCompression compression : {WireCompression::gzip, WireCompression::zstd}) {
    const Result<Chunk> chunk =
        check_message(with_payload(*Compressor{}.compress_entries(bomb, compression), compression), zurich, received_at);
    ASSERT_FALSE(chunk);
    EXPECT_EQ(chunk.error().code(), Code::invalid);
  }
  EXPECT_FALSE(check_message(with_payload(Bytes(17u << 20, '\0')), zurich, received_at));
}

DataPeer enrolled(std::vector<std::string> tenants, const std::string& sensor = "zurich-01") {
  return {sensor, SensorIdentity{sensor, std::move(tenants), "01", WallTime{}, WallTime{}}};
}

TEST(Receive, ASensorSpeaksAsItselfAndForItsTenants) {  // P10
  const Bytes wire = test::message("one", {{.number = 1}, {.number = 2, .tenant = "blue"}}, WireCompression::zstd);
  EXPECT_TRUE(check_message(read(wire), enrolled({"acme", "blue"}), received_at));
  EXPECT_TRUE(check_message(read(wire), zurich, received_at)) << "a certificate that names no tenants may speak for any";
}

TEST(Receive, AnotherTenantsRecordAmongItsOwnRefusesTheChunk) {  // P10
  const Bytes wire = test::message("one", {{.number = 1}, {.number = 2, .tenant = "blue"}, {.number = 3}});
  const Result<Chunk> chunk = check_message(read(wire), enrolled({"acme", "bluebird"}), received_at);
  ASSERT_FALSE(chunk);
  EXPECT_EQ(chunk.error().code(), Code::absent);
  EXPECT_EQ(chunk.error().text(), "entry 2: tenant 'blue' is none of this sensor's");
}

TEST(Receive, OwnEventsAreHeldToTheTenantsAsWell) {  // P10
  const Bytes wire = test::message("one", {{.tenant = "blue", .msg_class = "tidegate_own_events"}});
  EXPECT_EQ(check_message(read(wire), enrolled({"acme"}), received_at).error().code(), Code::absent);
}

TEST(Receive, ARecordThatNamesAnotherSensorRefusesTheChunk) {  // P10
  const Result<Chunk> chunk = check_message(read(test::message("one", {{}})), enrolled({"acme"}, "geneva-01"), received_at);
  ASSERT_FALSE(chunk);
  EXPECT_EQ(chunk.error().code(), Code::denied);
  EXPECT_EQ(chunk.error().text(), "entry 1: it names 'zurich-01' as its sensor");
}

// A record of zurich-01 and acme that has this besides.
Bytes with_pair(const std::function<void(Bytes&)>& more) {
  Bytes record = test::record({});
  record[0] = static_cast<char>(record[0] + 1);  // one pair more in a fixmap
  more(record);
  Bytes payload;
  put_array(payload, 2);
  put_event_time(payload, received_at);
  return payload + record;
}

TEST(Receive, ASensorThatIsNamedTwiceIsNamedByNobody) {  // P10: whoever reads the first and whoever reads the last must agree
  const Bytes payload = with_pair([](Bytes& record) { test::put_pair(record, "sensor", "zurich-01"); });
  EXPECT_EQ(check_message(with_payload(payload), enrolled({"acme"}), received_at).error().code(), Code::denied);
  EXPECT_TRUE(check_message(with_payload(payload), zurich, received_at)) << "nobody is held to it who has no identity";
}

TEST(Receive, ATenantThatIsNamedTwiceIsBroken) {
  const Bytes payload = with_pair([](Bytes& record) { test::put_pair(record, "tenantid", "blue"); });
  EXPECT_EQ(check_message(with_payload(payload), enrolled({"acme"}), received_at).error().code(), Code::corrupt);
}

}  // namespace
}  // namespace tidegate
