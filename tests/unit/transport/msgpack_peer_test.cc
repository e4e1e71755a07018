// Our msgpack against msgpack-c, an independent implementation, both ways.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <msgpack.hpp>

#include "base/random.h"
#include "transport/msgpack_json.h"
#include "transport/msgpack_view.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

TEST(MsgpackPeer, ReadsWhatWeWrite) {
  Bytes ours;
  put_map(ours, 9);
  put_str(ours, "nil");
  put_nil(ours);
  put_str(ours, "true");
  put_bool(ours, true);
  put_str(ours, "most");
  put_uint(ours, std::numeric_limits<std::uint64_t>::max());
  put_str(ours, "least");
  put_int(ours, std::numeric_limits<std::int64_t>::min());
  put_str(ours, "real");
  put_double(ours, 0.1);
  put_str(ours, "text");
  put_str(ours, std::string(70'000, 'x'));
  put_str(ours, "bin");
  put_bin(ours, "\xff\x00");
  put_str(ours, "list");
  put_array(ours, 2);
  put_int(ours, -33);
  put_int(ours, 128);
  put_str(ours, "ext");
  put_ext(ours, 1, "12345678901234567890123");

  const msgpack::object_handle handle = msgpack::unpack(ours.data(), ours.size());
  const auto map = handle.get().as<std::map<std::string, msgpack::object>>();
  EXPECT_TRUE(map.at("nil").is_nil());
  EXPECT_TRUE(map.at("true").as<bool>());
  EXPECT_EQ(map.at("most").as<std::uint64_t>(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(map.at("least").as<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(map.at("real").as<double>(), 0.1);
  EXPECT_EQ(map.at("text").as<std::string>().size(), 70'000u);
  EXPECT_EQ(map.at("list").as<std::vector<int>>(), (std::vector<int>{-33, 128}));
  EXPECT_EQ(map.at("ext").via.ext.type(), 1);
  EXPECT_EQ(std::string(map.at("ext").via.ext.data(), map.at("ext").via.ext.size), "12345678901234567890123");
}

TEST(MsgpackPeer, EveryIntegerHasTheSameBytes) {
  Random random{Seed{1}};
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random.next() >> random.below(64);
    Bytes ours;
    put_uint(ours, bits);
    put_int(ours, -static_cast<std::int64_t>(bits >> 1));
    msgpack::sbuffer theirs;
    msgpack::pack(theirs, bits);
    msgpack::pack(theirs, -static_cast<std::int64_t>(bits >> 1));
    ASSERT_EQ(ours, std::string(theirs.data(), theirs.size()));
  }
}

TEST(MsgpackPeer, WeReadWhatItWrites) {
  msgpack::sbuffer theirs;
  msgpack::packer<msgpack::sbuffer> packer{theirs};
  packer.pack_map(3);
  packer.pack(std::string{"numbers"});
  packer.pack(std::vector<double>{1.5, -2, 1e300});
  packer.pack(std::string{"single"});
  packer.pack(0.5F);
  packer.pack(std::string{"nested"});
  packer.pack(std::map<std::string, std::vector<std::string>>{{"a", {"b", "c"}}});
  const ByteView bytes{theirs.data(), theirs.size()};
  // It packs a double without a fraction as an integer; we never do.
  EXPECT_EQ(*to_json(bytes), R"({"numbers":[1.5,-2,1e+300],"single":0.5,"nested":{"a":["b","c"]}})");
  const auto view = MsgpackView::open(bytes);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->find("nested")->find("a")->size(), 2u);
}

}  // namespace
}  // namespace tidegate
