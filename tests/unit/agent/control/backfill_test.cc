#include "agent/control/backfill.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/epoch_seconds.h"

namespace tidegate {
namespace {

Backfill sample_backfill() {
  return {7, "acme", Lane::techniques, epoch_seconds(1000), epoch_seconds(2000), BackfillState::paused, epoch_seconds(5000)};
}

}  // namespace

TEST(Backfill, ANoteIsReadBack) {
  for (const BackfillState state : {BackfillState::running, BackfillState::paused, BackfillState::done, BackfillState::cancelled}) {
    Backfill backfill = sample_backfill();
    backfill.state = state;
    backfill.connector = std::string(backfill_connector_bytes_max, '\xff');
    backfill.number = UINT32_MAX;
    Result<Backfill> read = backfill_from(note_of(backfill));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(*read, backfill);
  }
}

TEST(Backfill, NotesSortAsTheirNumbersDo) {
  Backfill first = sample_backfill();
  Backfill second = sample_backfill();
  first.number = 9;
  second.number = 10;
  EXPECT_LT(note_of(first).name, note_of(second).name);
  EXPECT_EQ(note_of(first).name, "backfill/0000000009");
}

TEST(Backfill, ANotesBytesAndNameAreBounded) {
  const Note note = note_of(sample_backfill());
  for (std::size_t bytes = 0; bytes < note.value.size(); ++bytes) {
    EXPECT_EQ(backfill_from({note.name, note.value.substr(0, bytes)}).error().code(), Code::corrupt) << bytes;
  }
  EXPECT_FALSE(backfill_from({note.name, note.value + "x"}));
  for (const auto& [byte, value] : {std::pair{0, '\2'}, std::pair{1, '\4'}, std::pair{2, '\4'}, std::pair{3, '\x7f'}}) {
    Note changed = note;
    changed.value[static_cast<std::size_t>(byte)] = value;
    EXPECT_FALSE(backfill_from(changed)) << byte;
  }
  for (const char* name : {"backfill/", "backfill/1", "backfill/0000000000", "backfill/9999999999", "backfill/00000000a1",
                           "gap/0000000001", "backfill/00000000011"}) {
    EXPECT_FALSE(backfill_from({name, note.value})) << name;
  }
}

TEST(Backfill, ItsFirstCursorIsOnePassOverTheInterval) {
  const Cursor cursor = cursor_of(sample_backfill());
  EXPECT_EQ(cursor, (Cursor{.settled = epoch_seconds(1000),
                            .through = epoch_seconds(1000),
                            .position = epoch_seconds(1000),
                            .pass_to = epoch_seconds(2000),
                            .window = {}}));
  EXPECT_EQ(sample_backfill().key(), (CursorKey{"acme", Lane::techniques, 7}));
}

TEST(Backfill, ProgressGoesFromNothingToAll) {
  Cursor cursor = cursor_of(sample_backfill());
  EXPECT_EQ(progress(sample_backfill(), cursor), 0);
  cursor.position = epoch_seconds(1250);
  EXPECT_EQ(progress(sample_backfill(), cursor), 0.25);
  cursor.position = epoch_seconds(2500);
  EXPECT_EQ(progress(sample_backfill(), cursor), 1);
  cursor.position = epoch_seconds(0);
  EXPECT_EQ(progress(sample_backfill(), cursor), 0);
  EXPECT_EQ(progress(sample_backfill(), std::nullopt), 0);
  Backfill done = sample_backfill();
  done.state = BackfillState::done;
  EXPECT_EQ(progress(done, std::nullopt), 1);
}

}  // namespace tidegate
