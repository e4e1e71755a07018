#include "transport/forward_reader.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/random.h"
#include "tests/unit/transport/msgpack_test_bytes.h"
#include "transport/forward_entries.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

using testkit::hex;

const Bytes entry = hex("92d7006553f100075bcd1581a16101");
const Bytes packed_message =
    hex("93 a3742e78 c40f 92d7006553f100075bcd1581a16101 82 a473697a65 01 a56368756e6b b8 "
        "70386e39676d7854515643382f6e6832776c4b4b65513d3d");

Result<std::optional<ForwardMessage>> read_one(ByteView bytes, ForwardReaderLimits limits = {}) {
  ForwardReader reader{limits};
  reader.feed(bytes);
  return reader.next();
}

ForwardMessage must_read(ByteView bytes) {
  auto message = read_one(bytes);
  EXPECT_TRUE(message && *message) << (message ? "not whole" : message.error().text());
  return message && *message ? std::move(**message) : ForwardMessage{};
}

Code refusal_of(ByteView bytes, ForwardReaderLimits limits = {}) {
  const auto message = read_one(bytes, limits);
  EXPECT_FALSE(message) << "was taken";
  return message ? Code::absent : message.error().code();
}

TEST(ForwardReader, ReadsThePackedMessageOfTheProtocol) {
  const ForwardMessage message = must_read(packed_message);
  EXPECT_EQ(message.tag, "t.x");
  EXPECT_EQ(message.entries(), entry);
  EXPECT_EQ(message.chunk, "p8n9gmxTQVC8/nh2wlKKeQ==");
  EXPECT_EQ(message.compression, WireCompression::none);
  EXPECT_EQ(message.size_hint, 1u);
}

TEST(ForwardReader, EntriesMayBeStrAndTheOptionMissingOrNil) {
  EXPECT_EQ(must_read(hex("92 a3742e78 db0000000f") + entry).entries(), entry);
  EXPECT_EQ(must_read(hex("93 a3742e78 c40f") + entry + hex("c0")).entries(), entry);
  const ForwardMessage bare = must_read(hex("92 a3742e78 c40f") + entry);
  EXPECT_EQ(bare.entries(), entry);
  EXPECT_FALSE(bare.chunk);
}

TEST(ForwardReader, SingleMessagesBecomePackedEntries) {
  EXPECT_EQ(must_read(hex("93 a174 d7006553f100075bcd15 81a16101")).entries(), entry);
  const ForwardMessage with_option = must_read(hex("94 a174 ce6553f100 81a16101 81 a56368756e6b a2 6964"));
  EXPECT_EQ(with_option.entries(), hex("92 ce6553f100 81a16101"));
  EXPECT_EQ(with_option.chunk, "id");
}

TEST(ForwardReader, ListsOfEntriesBecomePackedEntries) {
  const ForwardMessage message = must_read(hex("93 a174 92") + entry + entry + hex("81 a473697a65 02"));
  EXPECT_EQ(message.entries(), entry + entry);
  EXPECT_EQ(message.size_hint, 2u);
  EXPECT_EQ(must_read(hex("92 a174 90")).entries(), "");
}

TEST(ForwardReader, OptionsThatAreNotKnownAreLeftOut) {
  const ForwardMessage message =
      must_read(hex("93 a174 c40f") + entry +
                hex("84 a3666f6f 93010203 01 02 aa636f6d70726573736564 a4 74657874 a56368756e6b a5 61620a6364"));
  EXPECT_EQ(message.compression, WireCompression::none);
  EXPECT_EQ(message.chunk, "ab\ncd");
}

TEST(ForwardReader, CompressionsThatAreKnownAreNamed) {
  EXPECT_EQ(must_read(hex("93 a174 c401 00 81 aa636f6d70726573736564 a4") + "gzip").compression, WireCompression::gzip);
  EXPECT_EQ(must_read(hex("93 a174 c401 00 81 aa636f6d70726573736564 a4") + "zstd").compression, WireCompression::zstd);
  EXPECT_EQ(refusal_of(hex("93 a174 c401 00 81 aa636f6d70726573736564 a3") + "lz4"), Code::invalid);
}

TEST(ForwardReader, HeartbeatsAreSteppedOver) {
  EXPECT_EQ(must_read(hex("c0c0c0") + packed_message).tag, "t.x");
  ForwardReader reader;
  reader.feed(hex("c0"));
  EXPECT_FALSE(*reader.next());
  EXPECT_EQ(reader.pending_bytes(), 0u);
}

TEST(ForwardReader, MessagesThatComeByteByByteAreTheSame) {
  Bytes stream;
  for (int i = 0; i < 3; ++i) stream += packed_message + hex("c0");
  ForwardReader reader;
  int messages = 0;
  for (char byte : stream) {
    reader.feed({&byte, 1});
    auto next = reader.next();
    ASSERT_TRUE(next);
    if (!*next) continue;
    ++messages;
    EXPECT_EQ((*next)->entries(), entry);
  }
  EXPECT_EQ(messages, 3);
}

TEST(ForwardReader, LargeAndSmallMessagesInPiecesOfAnySizeAreTheSame) {
  Random random{Seed{8}};
  Bytes stream;
  std::vector<std::size_t> sizes;
  for (int i = 0; i < 40; ++i) {
    const std::size_t size = random.chance(4) ? random.below(300'000) : random.below(200);
    sizes.push_back(size);
    put_array(stream, 2);
    put_str(stream, "tag");
    put_bin(stream, Bytes(size, static_cast<char>('a' + i % 26)));
  }
  ForwardReader reader;
  std::size_t at = 0;
  std::size_t seen = 0;
  while (at < stream.size()) {
    const std::span<char> room = reader.prepare(1 + random.below(70'000));
    const std::size_t taken = std::min(room.size(), stream.size() - at);
    std::memcpy(room.data(), stream.data() + at, taken);
    reader.commit(taken);
    at += taken;
    while (true) {
      auto next = reader.next();
      ASSERT_TRUE(next) << next.error().text();
      if (!*next) break;
      ASSERT_LT(seen, sizes.size());
      ASSERT_EQ((*next)->entries(), Bytes(sizes[seen], static_cast<char>('a' + seen % 26)));
      ++seen;
    }
  }
  EXPECT_EQ(seen, sizes.size());
}

TEST(ForwardReader, AMovedMessageKeepsItsEntries) {
  ForwardMessage message = must_read(hex("92 a174 c40f") + entry);
  const ForwardMessage moved = std::move(message);
  EXPECT_EQ(moved.entries(), entry);
}

TEST(ForwardReader, WhatIsNotForwardIsCorruptAtOnce) {
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n\r\n"), Code::corrupt);
  EXPECT_EQ(refusal_of(hex("16 03 01 02 00")), Code::corrupt);
  EXPECT_EQ(refusal_of("{\"json\":1}"), Code::corrupt);
  for (const char* text :
       {"90", "91a174", "95a174c400c0c0c0", "9201c400", "92a174c0", "92a174cb0000000000000000", "94a174c400c0c0", "93a174c40001",
        "92a17401", "93a174c40081a56368756e6b01", "93a174c40081a56368756e6bc40161", "93a174c40081aa636f6d7072657373656401", "92c1"})
    EXPECT_EQ(refusal_of(hex(text)), Code::corrupt) << text;
}

TEST(ForwardReader, LimitsAreKeptBeforeTheBytesCome) {
  EXPECT_EQ(refusal_of(hex("92 a174 c6ffffffff")), Code::corrupt);
  EXPECT_EQ(refusal_of(hex("92 a174 ddffffffff")), Code::corrupt);
  EXPECT_EQ(refusal_of(hex("93 a174 c400 dfffffffff")), Code::corrupt);
  EXPECT_EQ(refusal_of(hex("92 a174 c60000ffff"), {.message_bytes_max = 1000}), Code::corrupt);
  EXPECT_EQ(refusal_of(hex("92 d981") + Bytes(129, 't') + hex("c400")), Code::corrupt);
  EXPECT_EQ(refusal_of(hex("93 a174 c400 81 a56368756e6b da0101") + Bytes(257, 'c')), Code::corrupt);
  EXPECT_EQ(refusal_of(hex("92 a174") + Bytes(1000, '\x91')), Code::corrupt);
}

TEST(ForwardReader, AnErrorIsForGood) {
  ForwardReader reader;
  reader.feed("GET ");
  ASSERT_FALSE(reader.next());
  reader.feed(packed_message);
  EXPECT_FALSE(reader.next());
}

TEST(ForwardReader, RandomAndDamagedBytesNeverCrash) {
  Random random{Seed{9}};
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = packed_message + packed_message;
    for (std::uint64_t damage = 1 + random.below(4); damage > 0; --damage)
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    ForwardReader reader;
    reader.feed(bytes);
    while (true) {
      auto next = reader.next();
      if (!next || !*next) break;
      EntryReader entries{(*next)->entries()};
      for (auto one = entries.next(); one && *one; one = entries.next()) ASSERT_LE((*one)->record.size(), bytes.size());
    }
  }
}

}  // namespace
}  // namespace tidegate
