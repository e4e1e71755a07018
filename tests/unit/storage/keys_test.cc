#include "storage/keys.h"

#include <gtest/gtest.h>

namespace tidegate {

TEST(Keys, SegmentKeysSortByLaneAndThenBySequence) {
  EXPECT_LT(segment_key({Lane::alerts, 255}), segment_key({Lane::alerts, 256}));
  EXPECT_LT(segment_key({Lane::alerts, UINT64_MAX}), segment_key({Lane::audit_logs, 1}));
}

TEST(Keys, ALanesEndLiesBetweenItAndTheNext) {
  for (const Lane lane : all_lanes) EXPECT_LT(segment_key({lane, UINT64_MAX}), lane_end(lane));
  EXPECT_LE(lane_end(Lane::alerts), segment_key({Lane::audit_logs, 0}));
}

TEST(Keys, SegmentKeysAreReadBack) {
  const SegmentId id{Lane::techniques, 0x0102030405060708};
  Result<SegmentId> read = segment_id_from(segment_key(id));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, id);
}

TEST(Keys, ForeignSegmentKeysAreCorrupt) {
  for (const Bytes& key : {Bytes{}, Bytes(8, '\0'), Bytes(10, '\0'), Bytes(9, '\5')}) {
    Result<SegmentId> read = segment_id_from(key);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), Code::corrupt);
  }
}

TEST(Keys, CursorKeysAreReadBackWhateverTheName) {
  for (const std::string& connector : {std::string{}, std::string{"acme"}, std::string(connector_bytes_max, '\xff')}) {
    Result<CursorKey> read = cursor_key_from(cursor_key({connector, Lane::audit_logs}));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, (CursorKey{connector, Lane::audit_logs}));
  }
  EXPECT_FALSE(cursor_key_from(""));
  EXPECT_FALSE(cursor_key_from("\xff"));
  EXPECT_FALSE(cursor_key_from(Bytes(2 + connector_bytes_max, '\0')));
}

TEST(Keys, KeysOfTheLiveReadingAreThoseOfFormat1) {
  EXPECT_EQ(cursor_key({"acme", Lane::techniques}), Bytes{"\2acme"});
  EXPECT_EQ(pack_key({"acme", Lane::techniques}, 7), (Bytes{"\2\4acme\0\0\0\0\0\0\0\7", 14}));
}

TEST(Keys, KeysOfABackFillAreReadBackAndMeetNoOther) {
  for (const std::string& connector : {std::string{}, std::string{"acme"}, std::string(connector_bytes_max, '\xff')}) {
    const CursorKey job{connector, Lane::audit_logs, 0x01020304};
    Result<CursorKey> read = cursor_key_from(cursor_key(job));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(*read, job);
    EXPECT_FALSE(is_note_key(cursor_key(job)));
    EXPECT_NE(cursor_key(job), cursor_key({connector, Lane::audit_logs, 5}));
    EXPECT_GT(pack_key(job, 0), pack_key({connector, Lane::own_events}, UINT64_MAX));
  }
  EXPECT_EQ(cursor_key({"acme", Lane::audit_logs, 258}), (Bytes{"\x81\0\0\1\2acme", 9}));
  EXPECT_FALSE(cursor_key_from(Bytes{"\x81\0\0\0\0acme", 9})) << "there is no back-fill 0";
  EXPECT_FALSE(cursor_key_from(Bytes{"\x81\0\0\0", 4}));
  EXPECT_FALSE(cursor_key_from(Bytes{"\x84\0\0\0\1", 5}));
  EXPECT_FALSE(cursor_key_from(Bytes{"\x81\0\0\0\1", 5} + Bytes(1 + connector_bytes_max, 'a')));
}

TEST(Keys, NotesStandAmongTheCursorsAndAreNone) {
  const Bytes key = note_key("gap/acme");
  EXPECT_TRUE(is_note_key(key));
  EXPECT_FALSE(is_note_key(cursor_key({"@acme", Lane::alerts})));
  EXPECT_FALSE(is_note_key(""));
  EXPECT_EQ(*note_name_from(key), "gap/acme");
  EXPECT_FALSE(cursor_key_from(key));
  EXPECT_LT(Bytes{cursors_begin}, key);
  EXPECT_LT(cursor_key({std::string(connector_bytes_max, '\xff'), Lane::own_events, UINT32_MAX}), Bytes{cursors_end});
}

TEST(Keys, ARangeOfNotesHoldsAllThatBeginSoAndNoOther) {
  const auto [from, to] = note_range("gap/");
  for (const char* inside : {"gap/", "gap/a", "gap/~"}) {
    EXPECT_LE(from, note_key(inside)) << inside;
    EXPECT_GT(to, note_key(inside)) << inside;
  }
  EXPECT_GT(from, note_key("gap"));
  EXPECT_LE(to, note_key("gap0"));
}

TEST(Keys, NamesOfNotesArePrintable) {
  EXPECT_TRUE(check_name(std::string(note_name_bytes_max, '~')));
  for (const std::string& bad :
       {std::string{}, std::string(note_name_bytes_max + 1, 'a'), std::string{"tab\t"}, std::string{"\xc3\xa4"}}) {
    EXPECT_EQ(check_name(bad).error().code(), Code::invalid) << bad;
    EXPECT_FALSE(note_name_from(Bytes{"@"} + bad));
  }
}

TEST(Keys, PacksOfOneConnectorDoNotMixWithThoseOfAnother) {
  const CursorKey shorter{"acme", Lane::alerts};
  const CursorKey longer{Bytes{"acme"} + Bytes(9, '\0'), Lane::alerts};
  EXPECT_LT(pack_key(shorter, UINT64_MAX), pack_key(longer, 0));
  EXPECT_LT(pack_key(shorter, 255), pack_key(shorter, 256));
  EXPECT_EQ(pack_number(pack_key(longer, 77)), 77u);
}

}  // namespace tidegate
