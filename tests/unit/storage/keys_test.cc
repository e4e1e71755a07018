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
  for (const Bytes& key : {Bytes{}, Bytes(8, '\0'), Bytes(10, '\0'), Bytes(9, '\4')}) {
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

TEST(Keys, PacksOfOneConnectorDoNotMixWithThoseOfAnother) {
  const CursorKey shorter{"acme", Lane::alerts};
  const CursorKey longer{Bytes{"acme"} + Bytes(9, '\0'), Lane::alerts};
  EXPECT_LT(pack_key(shorter, UINT64_MAX), pack_key(longer, 0));
  EXPECT_LT(pack_key(shorter, 255), pack_key(shorter, 256));
  EXPECT_EQ(pack_number(pack_key(longer, 77)), 77u);
}

}  // namespace tidegate
