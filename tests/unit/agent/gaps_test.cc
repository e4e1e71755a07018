#include "agent/gaps.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/agent/epoch_seconds.h"
#include "transport/forward_entries.h"
#include "transport/msgpack_json.h"

namespace tidegate {
namespace {

const Origin audit_logs_origin{
    .tenant_id = "acme", .tenant_name = "ACME Corp", .connector = "acme-v1", .sensor = "zurich-01", .lane = Lane::audit_logs};

Gap sample_gap(std::int64_t from = 1'700'000'000) {
  return {"acme-v1",
          Lane::audit_logs,
          epoch_seconds(from),
          epoch_seconds(from + 3600),
          "older than the API keeps",
          epoch_seconds(from + 90'000)};
}

GapCommit commit_of(const Gap& gap, const std::vector<Note>& kept = {}) {
  Result<GapCommit> commit = gap_commit(gap, audit_logs_origin, kept);
  EXPECT_TRUE(commit) << commit.error().text();
  return *std::move(commit);
}

std::string record_of(const Segment& segment) {
  EntryReader reader{segment.payload};
  auto entry = reader.next();
  EXPECT_TRUE(entry && *entry);
  return *to_json((*entry)->record);
}

std::string field(const std::string& json, const std::string& name) {
  const std::size_t begin = json.find("\"" + name + "\":\"");
  return begin == std::string::npos
             ? ""
             : json.substr(begin + name.size() + 4, json.find('"', begin + name.size() + 4) - begin - name.size() - 4);
}

}  // namespace

TEST(Gaps, TheRecordHasTheEnvelopeOfEveryOtherAndSaysWhatIsMissing) {
  const Segment segment = commit_of(sample_gap()).own_event;
  EXPECT_EQ(segment.tag, "tidegate.tidegate_own_events");
  EXPECT_EQ(segment.records, 1u);
  EXPECT_EQ(segment.compression, Compression::none);
  EXPECT_EQ(segment.plain_bytes, segment.payload.size());
  EXPECT_EQ(segment.oldest, epoch_seconds(1'700'090'000));
  const std::string record = record_of(segment);
  EXPECT_EQ(record, R"({"timestamp":1700090000000,"record_id":")" + field(record, "record_id") +
                        R"(","tenantid":"acme","tenant_name":"ACME Corp","msg_class":"tidegate_own_events",)"
                        R"("msg_origin":{"source":"trendmicro_visionone","vendor":"trendmicro","category":"endpoint"},)"
                        R"("connector":"acme-v1","sensor":"zurich-01","tidegate":{"event":"gap","content_type":"audit_logs",)"
                        R"("from":"2023-11-14T22:13:20Z","to":"2023-11-14T23:13:20Z","seconds":3600,)"
                        R"("reason":"older than the API keeps"}})");
}

TEST(Gaps, TheSameGapNotedLaterIsTheSameRecordAndNote) {  // P2
  Gap later = sample_gap();
  later.noted += std::chrono::hours{3};
  const GapCommit first = commit_of(sample_gap());
  const GapCommit second = commit_of(later);
  EXPECT_EQ(field(record_of(first.own_event), "record_id"), field(record_of(second.own_event), "record_id"));
  EXPECT_EQ(first.notes[0].name, second.notes[0].name);
}

TEST(Gaps, GapsThatDifferInAnythingElseAreRecordsAndNotesOfTheirOwn) {
  std::vector<Gap> gaps(4, sample_gap());
  gaps[1].to += std::chrono::seconds{1};
  gaps[2].reason = "another";
  gaps[3].lane = Lane::alerts;
  std::set<std::string> ids;
  std::set<std::string> names;
  for (const Gap& gap : gaps) {
    const GapCommit commit = commit_of(gap);
    ids.insert(field(record_of(commit.own_event), "record_id"));
    names.insert(commit.notes[0].name);
  }
  EXPECT_EQ(ids.size(), gaps.size());
  EXPECT_EQ(names.size(), gaps.size());
}

TEST(Gaps, ANoteIsReadBackWhateverTheConnectorIsCalled) {
  for (const std::string& connector : {std::string{"a/b c"}, std::string(255, '\xe4')}) {
    Gap gap = sample_gap();
    gap.connector = connector;
    Origin named = audit_logs_origin;
    named.connector = connector;
    Result<GapCommit> commit = gap_commit(gap, named, {});
    ASSERT_TRUE(commit) << commit.error().text();
    const Note& note = commit->notes[0];
    EXPECT_TRUE(note.name.starts_with(gap_notes_prefix_of(connector, gap.lane))) << note.name;
    EXPECT_LE(note.name.size(), note_name_bytes_max);
    Result<Gap> read = gap_from(note);
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(*read, gap);
  }
}

TEST(Gaps, ANotesBytesAreBounded) {
  const Note note = commit_of(sample_gap()).notes[0];
  for (std::size_t bytes = 0; bytes < note.value.size(); ++bytes) {
    EXPECT_FALSE(gap_from({note.name, note.value.substr(0, bytes)})) << bytes;
  }
  EXPECT_FALSE(gap_from({note.name, note.value + "x"}));
  for (const auto& [byte, value] :
       {std::pair{0, '\2'}, std::pair{25, '\4'}, std::pair{1, '\x7f'}, std::pair{9, '\xff'}, std::pair{17, '\xff'}}) {
    Note changed = note;
    changed.value[static_cast<std::size_t>(byte)] = value;
    EXPECT_EQ(gap_from(changed).error().code(), Code::corrupt) << byte;
  }
}

TEST(Gaps, AReasonIsCutWhereItIsTooLongOrNoText) {
  Gap gap = sample_gap();
  gap.reason = std::string(gap_reason_bytes_max - 1, 'x') + "\xc3\xa4 and more";
  EXPECT_EQ(gap_from(commit_of(gap).notes[0])->reason, std::string(gap_reason_bytes_max - 1, 'x'));
  gap.reason = "quoted \xff bytes";
  EXPECT_EQ(gap_from(commit_of(gap).notes[0])->reason, "quoted ");
}

TEST(Gaps, AnIntervalThatIsNoneIsInvalid) {
  for (const auto& [from, to] : {std::pair{5, 5}, std::pair{6, 5}, std::pair{-1, 5}}) {
    Gap gap = sample_gap();
    gap.from = epoch_seconds(from);
    gap.to = epoch_seconds(to);
    EXPECT_EQ(gap_commit(gap, audit_logs_origin, {}).error().code(), Code::invalid);
  }
  Gap gap = sample_gap();
  gap.to = gap_time_max + std::chrono::seconds{1};
  EXPECT_EQ(gap_commit(gap, audit_logs_origin, {}).error().code(), Code::invalid);
}

TEST(Gaps, NotesDoNotPileUp) {
  std::vector<Note> kept;
  for (std::int64_t i = 0; i < 120; ++i) {
    // Noted in the order opposite to what they are about: the oldest is the one noted first.
    Gap gap = sample_gap(2'000'000'000 - 10'000 * i);
    gap.noted = epoch_seconds(1'000'000 + i);
    for (const Note& note : commit_of(gap, kept).notes) {
      std::erase_if(kept, [&](const Note& old) { return old.name == note.name; });
      if (!note.value.empty()) kept.push_back(note);
    }
    EXPECT_EQ(kept.size(), static_cast<std::size_t>(std::min<std::int64_t>(i + 1, gap_notes_max)));
  }
  const std::vector<Gap> gaps = gaps_from(kept);
  ASSERT_EQ(gaps.size(), gap_notes_max);
  EXPECT_EQ(gaps.back().noted, WallTime{epoch_seconds(1'000'020)});
  EXPECT_LT(gaps.front().from, gaps.back().from);
}

TEST(Gaps, TooManyNotesAreErasedAFewAtATimeAndThoseThatNobodyCanReadFirst) {
  std::vector<Note> kept;
  for (std::int64_t i = 0; i < 150; ++i) kept.push_back(commit_of(sample_gap(1'000'000 * (i + 1))).notes[0]);
  kept[77].value = "garbage";
  const GapCommit commit = commit_of(sample_gap(), kept);
  ASSERT_EQ(commit.notes.size(), 1 + gap_notes_erased_max);
  EXPECT_EQ(commit.notes[1], (Note{kept[77].name, {}}));
  EXPECT_EQ(commit.notes[2], (Note{kept[0].name, {}}));
  EXPECT_EQ(gaps_from(kept).size(), 149u);
}

}  // namespace tidegate
