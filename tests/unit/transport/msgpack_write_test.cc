#include "transport/msgpack_write.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/transport/msgpack_test_bytes.h"
#include "transport/msgpack_view.h"

namespace tidegate {
namespace {

using testkit::hex;

template <class Put, class Value>
Bytes put(Put append, Value value) {
  Bytes out;
  append(out, value);
  return out;
}

TEST(MsgpackWrite, IntegersTakeTheirShortestForm) {
  const std::pair<std::int64_t, const char*> vectors[] = {{0, "00"},
                                                          {127, "7f"},
                                                          {128, "cc80"},
                                                          {255, "ccff"},
                                                          {256, "cd0100"},
                                                          {65535, "cdffff"},
                                                          {65536, "ce00010000"},
                                                          {4294967295, "ceffffffff"},
                                                          {4294967296, "cf0000000100000000"},
                                                          {-1, "ff"},
                                                          {-32, "e0"},
                                                          {-33, "d0df"},
                                                          {-128, "d080"},
                                                          {-129, "d1ff7f"},
                                                          {-32768, "d18000"},
                                                          {-32769, "d2ffff7fff"},
                                                          {-2147483648LL, "d280000000"},
                                                          {-2147483649LL, "d3ffffffff7fffffff"}};
  for (const auto& [value, bytes] : vectors) EXPECT_EQ(put(put_int, value), hex(bytes)) << value;
  EXPECT_EQ(put(put_uint, std::numeric_limits<std::uint64_t>::max()), hex("cfffffffffffffffff"));
  EXPECT_EQ(put(put_int, std::numeric_limits<std::int64_t>::min()), hex("d38000000000000000"));
}

TEST(MsgpackWrite, LengthsTakeTheirShortestHead) {
  EXPECT_EQ(put(put_str_head, std::size_t{31}), hex("bf"));
  EXPECT_EQ(put(put_str_head, std::size_t{32}), hex("d920"));
  EXPECT_EQ(put(put_str_head, std::size_t{256}), hex("da0100"));
  EXPECT_EQ(put(put_str_head, std::size_t{65536}), hex("db00010000"));
  EXPECT_EQ(put(put_bin_head, std::size_t{0}), hex("c400"));
  EXPECT_EQ(put(put_bin_head, std::size_t{256}), hex("c50100"));
  EXPECT_EQ(put(put_bin_head, std::size_t{65536}), hex("c600010000"));
  EXPECT_EQ(put(put_array, std::size_t{15}), hex("9f"));
  EXPECT_EQ(put(put_array, std::size_t{16}), hex("dc0010"));
  EXPECT_EQ(put(put_array, std::size_t{65536}), hex("dd00010000"));
  EXPECT_EQ(put(put_map, std::size_t{15}), hex("8f"));
  EXPECT_EQ(put(put_map, std::size_t{16}), hex("de0010"));
  EXPECT_EQ(put(put_map, std::size_t{65536}), hex("df00010000"));
}

TEST(MsgpackWrite, ExtensionsOfAllSizesReadBack) {
  for (const std::size_t size : {0u, 1u, 2u, 3u, 4u, 8u, 15u, 16u, 17u, 255u, 256u, 65536u}) {
    Bytes out;
    put_ext(out, 5, Bytes(size, 'x'));
    const auto view = MsgpackView::open(out);
    ASSERT_TRUE(view) << size;
    ASSERT_TRUE(view->as_ext()) << size;
    EXPECT_EQ(view->as_ext()->first, 5);
    EXPECT_EQ(view->as_ext()->second.size(), size);
    EXPECT_EQ(view->bytes().size(), out.size());
  }
}

TEST(MsgpackWrite, EventTimeIsThatOfTheProtocol) {
  Bytes out;
  put_event_time(out, WallTime{std::chrono::seconds{1700000000} + std::chrono::nanoseconds{123456789}});
  EXPECT_EQ(out, hex("d700 6553f100 075bcd15"));
}

TEST(MsgpackWrite, EventTimeOutsideItsRangeIsMovedToItsEnds) {
  Bytes early;
  put_event_time(early, WallTime{std::chrono::seconds{-5}});
  EXPECT_EQ(early, hex("d700 00000000 00000000"));
  Bytes late;
  put_event_time(late, WallTime{std::chrono::seconds{5'000'000'000}});
  EXPECT_EQ(late, hex("d700 ffffffff 3b9ac9ff"));
}

}  // namespace
}  // namespace tidegate
