#include "storage/rows.h"

#include <gtest/gtest.h>

#include "storage/row_bytes.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

CursorRow sample_cursor_row() {
  CursorRow row{.commits = 9, .pack_first = 3, .pack_next = 8, .packs = 2};
  row.cursor.settled = at(1'700'000'000);
  row.cursor.through = at(-5);
  row.cursor.position = at(1'700'000'100);
  row.cursor.pass_to = at(1'700'000'200);
  row.cursor.window = WindowProgress{.from = at(1),
                                     .to = at(2),
                                     .started = WallTime{std::chrono::nanoseconds{3}},
                                     .next_link = "https://api.example.net/v3.0/list?skipToken=abc",
                                     .pages = 4,
                                     .attempts = 5,
                                     .total_count = -1};
  return row;
}

// The row's bytes changed by `edit`, under a checksum that holds.
template <class Edit>
Bytes resealed(Bytes stored, Edit edit) {
  stored.resize(stored.size() - 4);
  edit(stored);
  seal(stored);
  return stored;
}

}  // namespace

TEST(Rows, LaneRowsAreReadBack) {
  const LaneRow row{5, 9, 1000, 20000, 400, 8000};
  Result<LaneRow> read = decode_lane_row(encode(row));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, row);
}

TEST(Rows, LaneRowsThatContradictThemselvesAreCorrupt) {
  EXPECT_FALSE(decode_lane_row(encode(LaneRow{0, 9, 1, 1, 0, 0})));
  EXPECT_FALSE(decode_lane_row(encode(LaneRow{11, 9, 1, 1, 0, 0})));
  EXPECT_FALSE(decode_lane_row(encode(LaneRow{1, UINT64_MAX, 1, 1, 0, 0})));
  EXPECT_FALSE(decode_lane_row(encode(LaneRow{1, 9, 1, 1, 2, 0})));
  EXPECT_FALSE(decode_lane_row(encode(LaneRow{1, 9, 1, 1, 0, 2})));
  EXPECT_TRUE(decode_lane_row(encode(LaneRow{10, 9, 1, 1, 1, 1})));
}

TEST(Rows, IndexRowsAreReadBack) {
  const IndexRow row{1000, 20000, WallTime{std::chrono::nanoseconds{-17}}, at(1234)};
  Result<IndexRow> read = decode_index_row(encode(row));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, row);
}

TEST(Rows, IndexRowsSayWhichBackFillReadsAgainAndOnlyThen) {
  const IndexRow live{1, 2, {}, at(3)};
  IndexRow back_fill = live;
  back_fill.job = 9;
  EXPECT_EQ(encode(live).size(), 36u) << "as in format 1";
  EXPECT_EQ(encode(back_fill).size(), 40u);
  EXPECT_EQ(*decode_index_row(encode(back_fill)), back_fill);
  EXPECT_FALSE(decode_index_row(resealed(encode(live), [](Bytes& row) { row.append(4, '\0'); }))) << "there is no back-fill 0";
  EXPECT_FALSE(decode_index_row(resealed(encode(live), [](Bytes& row) { row.append(3, '\1'); })));
  EXPECT_FALSE(decode_index_row(resealed(encode(live), [](Bytes& row) { row.append(5, '\1'); })));
}

TEST(Rows, IndexRowsOfWhatIsSetAsideSayWhereItWas) {
  IndexRow aside{1, 2, {}, at(3)};
  aside.origin = SegmentId{Lane::audit_logs, 7};
  EXPECT_EQ(encode(aside).size(), 49u);
  EXPECT_EQ(*decode_index_row(encode(aside)), aside);
  aside.job = 9;
  EXPECT_EQ(*decode_index_row(encode(aside)), aside);
  EXPECT_FALSE(decode_index_row(resealed(encode(aside), [](Bytes& row) { row[36] = '\4'; }))) << "there is no such lane";
  EXPECT_FALSE(decode_index_row(resealed(encode(aside), [](Bytes& row) { row.pop_back(); })));
  EXPECT_FALSE(decode_index_row(resealed(encode(aside), [](Bytes& row) { row.push_back('x'); })));
}

TEST(Rows, NotesAreReadBackAndBounded) {
  for (const Bytes& value : {Bytes{"x"}, Bytes(note_value_bytes_max, '\0')}) EXPECT_EQ(*decode_note(encode_note(value)), value);
  const Bytes stored = encode_note("value");
  EXPECT_FALSE(decode_note(stored.substr(1)));
  EXPECT_FALSE(decode_note(resealed(stored, [](Bytes& row) { row.clear(); })));
  EXPECT_FALSE(decode_note(resealed(stored, [](Bytes& row) { row.assign(note_value_bytes_max + 1, 'x'); })));
}

TEST(Rows, CursorRowsAreReadBackInAndOutsideOfASweep) {
  CursorRow row = sample_cursor_row();
  Result<CursorRow> read = decode_cursor_row(encode(row));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, row);
  row.cursor.window.reset();
  read = decode_cursor_row(encode(row));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, row);
}

TEST(Rows, RowsCutAnywhereAreCorrupt) {
  const Bytes stored = encode(sample_cursor_row());
  for (std::size_t bytes = 0; bytes < stored.size(); ++bytes) EXPECT_FALSE(decode_cursor_row(stored.substr(0, bytes))) << bytes;
  EXPECT_FALSE(decode_lane_row(encode(LaneRow{}).substr(1)));
  const Bytes index = encode(IndexRow{.job = 3});
  for (std::size_t bytes = 0; bytes < index.size(); ++bytes) EXPECT_FALSE(decode_index_row(index.substr(0, bytes))) << bytes;
}

TEST(Rows, RowsUnderAGoodChecksumAreStillBounded) {
  const Bytes stored = encode(sample_cursor_row());
  EXPECT_FALSE(decode_cursor_row(resealed(stored, [](Bytes& row) { row.push_back('x'); })));
  EXPECT_FALSE(decode_cursor_row(resealed(stored, [](Bytes& row) { row.pop_back(); })));
  EXPECT_FALSE(decode_cursor_row(resealed(stored, [](Bytes& row) { row[60] = '\2'; })));     // the sweep's flag
  EXPECT_FALSE(decode_cursor_row(resealed(stored, [](Bytes& row) { row[101] = '\x7f'; })));  // the link's length
  EXPECT_FALSE(decode_cursor_row(encode(CursorRow{.pack_first = 2, .pack_next = 1})));
}

}  // namespace tidegate
