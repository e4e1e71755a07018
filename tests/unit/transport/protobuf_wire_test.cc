#include "transport/protobuf_wire.h"

#include <gtest/gtest.h>

#include <limits>

namespace tidegate {
namespace {

TEST(ProtobufWire, NumbersOfAnySizeReadBack) {
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{1} << 35,
                                     std::numeric_limits<std::uint64_t>::max()}) {
    Bytes bytes;
    put_varint(bytes, number);
    ByteView rest{bytes};
    EXPECT_EQ(take_varint(rest), number);
    EXPECT_TRUE(rest.empty());
    rest = ByteView{bytes}.substr(0, bytes.size() - 1);
    EXPECT_EQ(take_varint(rest), std::nullopt) << number;
  }
}

TEST(ProtobufWire, ANumberEndsAfterTenBytes) {
  const Bytes bytes(11, '\x80');
  ByteView rest{bytes};
  EXPECT_EQ(take_varint(rest), std::nullopt);
}

TEST(ProtobufWire, FieldsOfAllTypesAreTakenInTheirOrder) {
  Bytes bytes;
  put_wire_tag(bytes, 1, WireType::varint);
  put_varint(bytes, 300);
  put_wire_tag(bytes, 2, WireType::fixed64);
  put_wire_fixed64(bytes, 0x0102030405060708u);
  put_wire_bytes(bytes, 536870911, "text");
  bytes += Bytes{"\x25\x01\x00\x00\x80", 5};  // field 4, fixed32
  WireReader reader{bytes};
  EXPECT_EQ(reader.next()->value, 300u);
  EXPECT_EQ(reader.next()->value, 0x0102030405060708u);
  const auto text = reader.next();
  ASSERT_TRUE(text);
  EXPECT_EQ(text->number, 536870911u);
  EXPECT_EQ(text->bytes, "text");
  EXPECT_EQ(reader.next()->value, 0x80000001u);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.broken());
}

TEST(ProtobufWire, WhatBreaksTheFormatIsSeenAndEndsTheMessage) {
  const Bytes broken[] = {
      Bytes{"\x0a\x05oops", 6},              // a length beyond the end
      Bytes{"\x0a", 1},                      // a tag alone
      Bytes{"\x00\x00", 2},                  // field 0
      Bytes{"\x0b\x0c", 2},                  // a group
      Bytes{"\x0e\x00", 2},                  // a wire type that is none
      Bytes{"\x09\x01\x02", 3},              // half a fixed64
      Bytes{"\x80\x80\x80\x80\x10\x00", 6},  // a field number above 2^29
      Bytes{"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},
  };
  for (const Bytes& bytes : broken) {
    WireReader reader{bytes};
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.broken());
    EXPECT_FALSE(reader.next());
  }
}

}  // namespace
}  // namespace tidegate
