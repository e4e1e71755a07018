#include "transport/forward_codec.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/unit/transport/msgpack_test_bytes.h"

namespace tidegate {
namespace {

using testkit::hex;

const Id128 sample_id{.high = 0xa7c9fd826c534150, .low = 0xbcfe7876c2528a79};

TEST(ForwardCodec, APackedMessageIsThatOfTheProtocol) {
  const Bytes entry = hex("92d7006553f100075bcd1581a16101");
  const ChunkFrame frame = frame_chunk({.tag = "t.x", .payload = entry, .records = 1, .chunk = sample_id});
  EXPECT_EQ(frame.head + entry + frame.tail, hex("93 a3742e78 c40f 92d7006553f100075bcd1581a16101 82 a473697a65 01 a56368756e6b b8"
                                                 "70386e39676d7854515643382f6e6832776c4b4b65513d3d"));
}

TEST(ForwardCodec, OnlyACompressedMessageSaysSo) {
  const ForwardChunk plain{.tag = "t", .payload = "x", .records = 1, .chunk = sample_id};
  EXPECT_EQ(frame_chunk(plain).tail.find("compressed"), Bytes::npos);
  ForwardChunk packed = plain;
  packed.compression = WireCompression::zstd;
  EXPECT_NE(frame_chunk(packed).tail.find("\xaa"
                                          "compressed\xa4zstd"),
            Bytes::npos);
  packed.compression = WireCompression::gzip;
  EXPECT_NE(frame_chunk(packed).tail.find("\xaa"
                                          "compressed\xa4gzip"),
            Bytes::npos);
}

TEST(ForwardCodec, ChunkTextIsBase64OfTheIdAndReadsBack) {
  EXPECT_EQ(chunk_text(sample_id), "p8n9gmxTQVC8/nh2wlKKeQ==");
  EXPECT_EQ(id_from_chunk_text("p8n9gmxTQVC8/nh2wlKKeQ=="), sample_id);
  for (const char* text :
       {"", "p8n9gmxTQVC8/nh2wlKKeQ", "p8n9gmxTQVC8/nh2wlKKeQ==\n", "p8n9gmxTQVC8/nh2wlKKeQAA", "a7c9fd826c534150bcfe7876c2528a79"})
    EXPECT_FALSE(id_from_chunk_text(text)) << text;
}

TEST(AckReader, ReadsTheAckOfTheProtocol) {
  const Bytes ack = hex("81 a361636b b8 70386e39676d7854515643382f6e6832776c4b4b65513d3d");
  EXPECT_EQ(encode_ack("p8n9gmxTQVC8/nh2wlKKeQ=="), ack);
  AckReader reader;
  reader.feed(ack);
  EXPECT_EQ(*reader.next(), "p8n9gmxTQVC8/nh2wlKKeQ==");
  EXPECT_EQ(*reader.next(), std::nullopt);
}

TEST(AckReader, ReadsAcksThatComeByteByByte) {
  const Bytes acks = encode_ack("one") + encode_ack("two") + encode_ack("three");
  AckReader reader;
  std::vector<std::string> texts;
  for (char byte : acks) {
    reader.feed({&byte, 1});
    auto next = reader.next();
    ASSERT_TRUE(next);
    if (*next) texts.push_back(**next);
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(AckReader, EverythingButAnAckIsCorruptForGood) {
  for (const char* text : {"80", "c0", "01", "a161", "81 a361636b 01", "81 a36e636b a161", "81 a361636b c0", "c1", "93",
                           "ddffffffff", "dfffffffff", "81 a361636b daffff", "81 a361636b 919191919191"}) {
    AckReader reader;
    reader.feed(hex(text));
    const auto next = reader.next();
    ASSERT_FALSE(next) << text;
    EXPECT_EQ(next.error().code(), Code::corrupt) << text;
    reader.feed(encode_ack("fine"));
    EXPECT_FALSE(reader.next()) << text;
  }
}

TEST(AckReader, AnAckBeyondItsBoundIsRefused) {
  AckReader reader;
  reader.feed(encode_ack(std::string(ack_bytes_max, 'x')));
  EXPECT_FALSE(reader.next());
  AckReader other;
  other.feed(encode_ack(std::string(ack_bytes_max - 8, 'x')));
  EXPECT_TRUE(other.next());
}

TEST(AckReader, RandomBytesEndInAnErrorOrInWaiting) {
  Random random{Seed{5}};
  for (int round = 0; round < 5'000; ++round) {
    AckReader reader;
    Bytes bytes(random.below(600), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    reader.feed(bytes);
    while (true) {
      auto next = reader.next();
      if (!next || !*next) break;
    }
  }
}

}  // namespace
}  // namespace tidegate
