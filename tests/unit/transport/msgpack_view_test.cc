#include "transport/msgpack_view.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/transport/msgpack_test_bytes.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

using testkit::hex;

Bytes sample_map() {
  Bytes out;
  put_map(out, 5);
  put_str(out, "name");
  put_str(out, "alpha");
  put_str(out, "list");
  put_array(out, 3);
  put_int(out, -7);
  put_uint(out, std::numeric_limits<std::uint64_t>::max());
  put_bool(out, true);
  put_str(out, "real");
  put_double(out, 0.25);
  put_str(out, "inner");
  put_map(out, 1);
  put_str(out, "deep");
  put_nil(out);
  put_str(out, "when");
  put_event_time(out, WallTime{std::chrono::seconds{1700000000} + std::chrono::nanoseconds{5}});
  return out;
}

TEST(MsgpackView, FindsFieldsByTheirKey) {
  const Bytes bytes = sample_map();
  const auto view = MsgpackView::open(bytes);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->size(), 5u);
  EXPECT_EQ(view->find("name")->as_str(), "alpha");
  EXPECT_EQ(view->find("real")->as_real(), 0.25);
  EXPECT_TRUE(view->find("inner")->find("deep")->is_nil());
  EXPECT_EQ(view->find("when")->as_time(), WallTime{std::chrono::seconds{1700000000} + std::chrono::nanoseconds{5}});
  EXPECT_FALSE(view->find("missing"));
  EXPECT_FALSE(view->find("name")->find("x"));
}

TEST(MsgpackView, NumbersThatDoNotFitAreAbsent) {
  const Bytes bytes = sample_map();
  MsgpackItems items = MsgpackView::open(bytes)->find("list")->items();
  EXPECT_EQ(items.next()->as_int(), -7);
  const auto large = items.next();
  EXPECT_FALSE(large->as_int());
  EXPECT_EQ(large->as_uint(), std::numeric_limits<std::uint64_t>::max());
  const auto flag = items.next();
  EXPECT_EQ(flag->as_bool(), true);
  EXPECT_FALSE(flag->as_int());
  EXPECT_FALSE(items.next());
}

TEST(MsgpackView, KeysThatAreNoTextAreSteppedOver) {
  const Bytes bytes = hex("83 01 a1 61  91c0 02  a1 6b 03");
  EXPECT_EQ(MsgpackView::open(bytes)->find("k")->as_int(), 3);
}

TEST(MsgpackView, OpensOnlyWhatIsWhole) {
  const Bytes bytes = sample_map();
  for (std::size_t size = 0; size < bytes.size(); ++size) ASSERT_FALSE(MsgpackView::open(ByteView{bytes}.substr(0, size))) << size;
  EXPECT_EQ(MsgpackView::open(bytes + "tail")->bytes(), bytes);
}

TEST(MsgpackView, ATimeWithImpossibleNanosecondsIsNone) {
  EXPECT_FALSE(MsgpackView::open(hex("d700 00000001 3b9aca00"))->as_time());
  EXPECT_TRUE(MsgpackView::open(hex("c70800 00000001 3b9ac9ff"))->as_time());
}

}  // namespace
}  // namespace tidegate
