#include "transport/forward_entries.h"

#include <gtest/gtest.h>

#include "tests/unit/transport/msgpack_test_bytes.h"

namespace tidegate {
namespace {

using testkit::hex;

const WallTime sample_time{std::chrono::seconds{1700000000} + std::chrono::nanoseconds{123456789}};

TEST(EntryReader, ReadsEntriesOneByOne) {
  const Bytes entries = hex("92d7006553f100075bcd1581a16101 92d7006553f10000000000 80");
  EntryReader reader{entries};
  auto first = reader.next();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->time, sample_time);
  EXPECT_EQ((*first)->record, hex("81a16101"));
  auto second = reader.next();
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->record, hex("80"));
  auto end = reader.next();
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
}

TEST(EntryReader, TakesEveryFormOfTime) {
  const std::pair<const char*, WallTime> forms[] = {{"d7006553f100075bcd15", sample_time},
                                                    {"c708006553f100075bcd15", sample_time},
                                                    {"ce6553f100", WallTime{std::chrono::seconds{1700000000}}},
                                                    {"92d7006553f100075bcd15 81a16b01", sample_time},
                                                    {"00", WallTime{}}};
  for (const auto& [form, time] : forms) {
    const Bytes bytes = hex("92") + hex(form) + hex("80");
    EntryReader reader{bytes};
    auto entry = reader.next();
    ASSERT_TRUE(entry && *entry) << form;
    EXPECT_EQ((*entry)->time, time) << form;
  }
}

TEST(EntryReader, WhatIsNoEntryIsCorruptAndNumbered) {
  for (const char* bad : {"80", "91 00", "93 00 80 80", "92 cb0000000000000000 80", "92 ff 80", "92 cf0000000100000000 80",
                          "92 00 90", "92 d70000000001ffffffff 80", "92 00 81 a161", "92", "c1", "92 d6000000000080"}) {
    const Bytes bytes = hex("92 00 80") + hex(bad);
    EntryReader reader{bytes};
    ASSERT_TRUE(reader.next()) << bad;
    const auto second = reader.next();
    ASSERT_FALSE(second) << bad;
    EXPECT_EQ(second.error().code(), Code::corrupt);
    EXPECT_EQ(second.error().text().substr(0, 8), "entry 2:") << second.error().text();
  }
}

TEST(EntryReader, DepthIsBounded) {
  const auto entry_of_depth = [](std::size_t depth) { return hex("92 00 81 a161") + Bytes(depth - 2, '\x91') + hex("01"); };
  const Bytes fits = entry_of_depth(32);
  const Bytes too_deep = entry_of_depth(33);
  EXPECT_TRUE(EntryReader{fits}.next());
  EXPECT_FALSE(EntryReader{too_deep}.next());
}

}  // namespace
}  // namespace tidegate
