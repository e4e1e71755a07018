#include "transport/msgpack_scan.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/unit/transport/msgpack_test_bytes.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

using testkit::hex;
using State = MsgpackScan::State;

Bytes nested_arrays(std::size_t depth) {
  Bytes out(depth, '\x91');
  out.push_back('\x01');
  return out;
}

TEST(MsgpackScan, FindsTheEndOfEveryFormat) {
  for (const char* text : {"00",
                           "ff",
                           "c0",
                           "c2",
                           "c3",
                           "cc01",
                           "cd0001",
                           "ce00000001",
                           "cf0000000000000001",
                           "d001",
                           "d10001",
                           "d200000001",
                           "d30000000000000001",
                           "ca00000000",
                           "cb0000000000000000",
                           "a161",
                           "d90161",
                           "da000161",
                           "db0000000161",
                           "c40161",
                           "c5000161",
                           "c60000000161",
                           "d40000",
                           "d5000000",
                           "d60000000000",
                           "d7000000000000000000",
                           "d80000000000000000000000000000000000",
                           "c7010000",
                           "c800010000",
                           "c9000000010000",
                           "90",
                           "9101",
                           "dc000101",
                           "dd0000000101",
                           "80",
                           "810101",
                           "de00010101",
                           "df000000010101",
                           "93c09101c0"}) {
    const Bytes bytes = hex(text);
    EXPECT_EQ(value_bytes(bytes + "tail"), bytes.size()) << text;
    EXPECT_EQ(value_bytes(ByteView{bytes}.substr(0, bytes.size() - 1)), 0u) << text;
  }
}

TEST(MsgpackScan, BytesThatComeOneByOneGiveTheSameEnd) {
  Bytes value;
  put_map(value, 2);
  put_str(value, "list");
  put_array(value, 3);
  put_nil(value);
  put_bin(value, Bytes(300, 'b'));
  put_array(value, 0);
  put_str(value, "more");
  put_double(value, 1.5);
  MsgpackScan scan{1 << 20, 8};
  for (std::size_t size = 0; size < value.size(); ++size)
    ASSERT_EQ(scan.scan(ByteView{value}.substr(0, size)), State::partial) << size;
  ASSERT_EQ(scan.scan(value), State::whole);
  EXPECT_EQ(scan.bytes(), value.size());
}

TEST(MsgpackScan, DepthIsBounded) {
  EXPECT_EQ((MsgpackScan{1 << 20, 4}.scan(nested_arrays(4))), State::whole);
  EXPECT_EQ((MsgpackScan{1 << 20, 4}.scan(nested_arrays(5))), State::too_deep);
  EXPECT_EQ(value_bytes(nested_arrays(msgpack_depth_max)), msgpack_depth_max + 1);
  EXPECT_EQ(value_bytes(nested_arrays(msgpack_depth_max + 1)), 0u);
  EXPECT_EQ(value_bytes(nested_arrays(100'000)), 0u);
}

TEST(MsgpackScan, LengthsBeyondTheBoundAreRefusedByTheirHead) {
  for (const char* text : {"dbffffffff", "c6ffffffff", "c9ffffffff00", "ddffffffff", "dfffffffff", "91dbffffffff"})
    EXPECT_EQ((MsgpackScan{1 << 20, 8}.scan(hex(text))), State::too_large) << text;
}

TEST(MsgpackScan, TheByteWithoutAFormatIsBroken) {
  EXPECT_EQ((MsgpackScan{100, 8}.scan(hex("c1"))), State::broken);
  EXPECT_EQ((MsgpackScan{100, 8}.scan(hex("92 01 c1"))), State::broken);
}

TEST(MsgpackScan, RandomBytesNeverReachBeyondTheirEnd) {
  Random random{Seed{11}};
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes(random.below(64), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    ASSERT_LE(value_bytes(bytes), bytes.size());
  }
}

}  // namespace
}  // namespace tidegate
