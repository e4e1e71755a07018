#include "processor/pipeline/receive.h"

#include <gtest/gtest.h>

#include "tests/unit/processor/records.h"

namespace tidegate {
namespace {

const WallTime now{std::chrono::milliseconds{test::noon_ms}};

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
  const Result<Chunk> chunk = check_message(read(wire), "zurich-01", now);
  ASSERT_TRUE(chunk) << chunk.error().text();
  EXPECT_EQ(chunk->sensor, "zurich-01");
  EXPECT_EQ(chunk->id, "one");
  EXPECT_EQ(chunk->received, now);
  EXPECT_EQ(chunk->records, 2u);
  EXPECT_EQ(chunk->compression, WireCompression::zstd);
  EXPECT_NE(wire.find(chunk->entries), std::string::npos) << "the bytes of the wire, compressed as they were";
  EXPECT_EQ(*decompress_entries(chunk->entries, chunk->compression), test::entries({{.number = 1}, {.number = 2}}));
}

TEST(Receive, GzipAndPlainEntriesAreTakenToo) {
  for (const WireCompression compression : {WireCompression::none, WireCompression::gzip}) {
    const Result<Chunk> chunk = check_message(read(test::message("one", {{}}, compression)), "zurich-01", now);
    ASSERT_TRUE(chunk) << chunk.error().text();
    EXPECT_EQ(*decompress_entries(chunk->entries, chunk->compression), test::entries({{}}));
  }
}

TEST(Receive, AnEntryThatIsCutOffIsRefused) {
  Bytes payload = test::entries({{.number = 1}, {.number = 2}});
  payload.pop_back();
  EXPECT_EQ(check_message(with_payload(std::move(payload)), "s", now).error().code(), Code::corrupt);
}

TEST(Receive, ARecordWithoutItsFieldsIsRefusedWithTheNumberOfItsEntry) {
  Bytes payload = test::entries({{.number = 1}});
  put_array(payload, 2);
  put_event_time(payload, now);
  put_map(payload, 0);
  const Result<Chunk> chunk = check_message(with_payload(std::move(payload)), "s", now);
  ASSERT_FALSE(chunk);
  EXPECT_EQ(chunk.error().text(), "entry 2: record_id is missing");
}

TEST(Receive, CompressedBytesThatAreBrokenAreRefused) {
  Bytes payload = *Compressor{}.compress_entries(test::entries({{}}), WireCompression::zstd);
  payload[payload.size() / 2] = static_cast<char>(payload[payload.size() / 2] ^ 0x55);
  payload.pop_back();
  EXPECT_FALSE(check_message(with_payload(std::move(payload), WireCompression::zstd), "s", now));
}

TEST(Receive, WhatDecompressesBeyondTheBoundIsRefused) {
  const Bytes bomb(64u << 20, '\0');
  for (const WireCompression compression : {WireCompression::gzip, WireCompression::zstd}) {
    const Result<Chunk> chunk =
        check_message(with_payload(*Compressor{}.compress_entries(bomb, compression), compression), "s", now);
    ASSERT_FALSE(chunk);
    EXPECT_EQ(chunk.error().code(), Code::invalid);
  }
  EXPECT_FALSE(check_message(with_payload(Bytes(17u << 20, '\0')), "s", now));
}

}  // namespace
}  // namespace tidegate
