#include "processor/edges/sqlite_index.h"

#include <gtest/gtest.h>

#include <deque>
#include <fstream>

#include "processor/edges/sqlite.h"
#include "processor/edges/sqlite_archive.h"
#include "tests/unit/processor/records.h"

namespace tidegate {
namespace {

using test::Sample;

constexpr std::int64_t day_ms = 24 * 3600 * 1000;

class SqliteIndexTest : public testing::Test {
 protected:
  std::unique_ptr<SqliteIndex> open() {
    Result<std::unique_ptr<SqliteIndex>> index = SqliteIndex::open(folder_.path(), log_, metrics_);
    EXPECT_TRUE(index) << index.error().text();
    return *std::move(index);
  }

  std::vector<Upserted> upsert(SqliteIndex& index, const std::vector<Sample>& samples) {
    std::deque<Bytes> documents;
    std::vector<IndexRecord> records;
    for (const Sample& sample : samples) {
      documents.push_back(test::record(sample));
      records.push_back({*read_record(documents.back()), "zurich-01", WallTime{}});
    }
    const Result<std::vector<Upserted>> upserted = index.upsert(records);
    EXPECT_TRUE(upserted) << upserted.error().text();
    return upserted ? *upserted : std::vector<Upserted>{};
  }

  std::uint64_t count(const std::string& text) {
    const Result<Query> query = parse_query(text);
    EXPECT_TRUE(query);
    Result<SqliteArchive> archive = SqliteArchive::open(folder_.path());
    EXPECT_TRUE(archive);
    const Result<SearchEnd> end = archive->search({*query, {WallTime{}, WallTime::max()}, {}}, [](ByteView) { return true; });
    EXPECT_TRUE(end);
    EXPECT_TRUE(end->unreadable.empty()) << end->unreadable.front();
    return end->total;
  }

  std::size_t files() const {
    std::size_t found = 0;
    for (const auto& file : std::filesystem::directory_iterator{folder_.path()})
      found += day_of_file(file.path().filename().string()).has_value() ? 1 : 0;
    return found;
  }

  TemporaryDirectory folder_;
  SystemClock clock_;
  Log log_{clock_, LogFormat::text, Level::error, [this](std::string_view line) { logged_.append(line); }};
  Metrics metrics_;
  std::string logged_;
};

TEST_F(SqliteIndexTest, KeepsARecordOnceHoweverOftenItComes) {  // P2
  const auto index = open();
  EXPECT_EQ(upsert(*index, {{.number = 1}, {.number = 2}}), (std::vector{Upserted::fresh, Upserted::fresh}));
  EXPECT_EQ(upsert(*index, {{.number = 2}, {.number = 3}, {.number = 3}}),
            (std::vector{Upserted::again, Upserted::fresh, Upserted::again}));
  EXPECT_EQ(count("*"), 3u);
}

TEST_F(SqliteIndexTest, ARecordThatComesAgainChangedReplacesItselfAndItsWords) {
  const auto with_word = [](std::string word) {
    return [word = std::move(word)](Bytes& out) {
      put_map(out, 1);
      test::put_pair(out, "note", word);
    };
  };
  const auto index = open();
  upsert(*index, {{.number = 1, .payload = with_word("quiet")}});
  EXPECT_EQ(upsert(*index, {{.number = 1, .payload = with_word("loud")}}), std::vector{Upserted::again});
  EXPECT_EQ(count("*"), 1u);
  EXPECT_EQ(count("loud"), 1u);
  EXPECT_EQ(count("quiet"), 0u);
  EXPECT_EQ(count("trendmicro_visionone.note: loud"), 1u);
}

TEST_F(SqliteIndexTest, P10ARecordIsNotReplacedByAnotherTenantsOfTheSameId) {
  const auto index = open();
  upsert(*index, {{.number = 1, .tenant = "acme"}});
  EXPECT_EQ(upsert(*index, {{.number = 1, .tenant = "globex"}, {.number = 1, .tenant = "acme"}}),
            (std::vector{Upserted::fresh, Upserted::again}));
  EXPECT_EQ(count("tenantid: acme"), 1u);
  EXPECT_EQ(count("tenantid: globex"), 1u);
}

TEST_F(SqliteIndexTest, P10AFileThatDidNotTellTenantsApartDoesFromItsOpeningOn) {
  upsert(*open(), {{.number = 1, .tenant = "acme"}, {.number = 2, .tenant = "acme"}});
  for (const auto& file : std::filesystem::directory_iterator{folder_.path()}) {
    if (!day_of_file(file.path().filename().string())) continue;
    Result<SqliteDatabase> day = SqliteDatabase::open(file.path(), SqliteDatabase::Mode::write);
    ASSERT_TRUE(day);
    ASSERT_TRUE(day->execute(R"(
      BEGIN; DROP INDEX records_by_time; DROP INDEX records_by_class; ALTER TABLE records RENAME TO records_now;
      CREATE TABLE records (id INTEGER PRIMARY KEY, record_id BLOB NOT NULL UNIQUE, timestamp INTEGER NOT NULL, received INTEGER NOT NULL,
        tenantid TEXT NOT NULL, tenant_name TEXT NOT NULL, msg_class TEXT NOT NULL, connector TEXT NOT NULL, sensor TEXT NOT NULL);
      CREATE INDEX records_by_time ON records (timestamp);
      CREATE INDEX records_by_class ON records (msg_class, timestamp);
      INSERT INTO records SELECT * FROM records_now; DROP TABLE records_now; PRAGMA user_version = 1; COMMIT;)"));
  }
  EXPECT_EQ(count("tenantid: acme"), 2u) << "it can be searched as it is";
  const auto index = open();
  EXPECT_EQ(upsert(*index, {{.number = 1, .tenant = "globex"}, {.number = 2, .tenant = "acme"}}),
            (std::vector{Upserted::fresh, Upserted::again}));
  EXPECT_EQ(count("tenantid: acme"), 2u);
  EXPECT_EQ(count("tenantid: globex"), 1u);
  EXPECT_EQ(logged_, "");
}

TEST_F(SqliteIndexTest, EachDayHasItsFile) {
  const auto index = open();
  upsert(*index, {{.number = 1}, {.number = 2, .timestamp_ms = test::noon_ms + day_ms}, {.number = 3, .timestamp_ms = 0}});
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "syslog-2026-11-24.db"));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "syslog-2026-11-25.db"));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "syslog-1970-01-01.db"));
  EXPECT_EQ(count("*"), 3u);
}

TEST_F(SqliteIndexTest, MoreDaysThanMayBeOpenAreIndexedAllTheSame) {
  const auto index = open();
  std::vector<Sample> samples;
  for (std::uint64_t i = 0; i < 40; ++i)
    samples.push_back({.number = i, .timestamp_ms = test::noon_ms - static_cast<std::int64_t>(i % 20) * day_ms});
  upsert(*index, samples);
  EXPECT_EQ(upsert(*index, samples), std::vector<Upserted>(40, Upserted::again));
  EXPECT_EQ(files(), 20u);
  EXPECT_EQ(count("*"), 40u);
}

TEST_F(SqliteIndexTest, WhatWasUpsertedIsThereAfterAReopen) {
  upsert(*open(), {{.number = 1}});
  EXPECT_EQ(upsert(*open(), {{.number = 1}}), std::vector{Upserted::again});
  EXPECT_EQ(count("*"), 1u);
}

TEST_F(SqliteIndexTest, ADamagedDayIsSetAsideAndBegunAnewAndTheOthersAreUntouched) {  // P11
  {
    const auto index = open();
    upsert(*index, {{.number = 1}, {.number = 2, .timestamp_ms = test::noon_ms + day_ms}});
  }
  std::ofstream{folder_.path() / "syslog-2026-11-24.db", std::ios::trunc} << std::string(8192, 'x');
  const auto index = open();
  EXPECT_EQ(upsert(*index, {{.number = 3}, {.number = 2, .timestamp_ms = test::noon_ms + day_ms}}),
            (std::vector{Upserted::fresh, Upserted::again}));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "syslog-2026-11-24.db.damaged-1"));
  EXPECT_NE(logged_.find("set aside"), std::string::npos);
  EXPECT_NE(metrics_.text().find("tidegate_index_files_damaged_total 1"), std::string::npos);
  EXPECT_EQ(count("*"), 2u);
}

TEST_F(SqliteIndexTest, NamesItsFilesByTheirDay) {
  const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(*parse_time("2026-11-24T23:59:59Z"));
  EXPECT_EQ(day_file_name(day), "syslog-2026-11-24.db");
  EXPECT_EQ(day_of_file("syslog-2026-11-24.db"), day);
  for (const char* other : {"syslog-2026-11-24.db-wal", "syslog-2026-13-24.db", "alerts-2026-11-24.db", "syslog-.db", "syslog-.d"})
    EXPECT_FALSE(day_of_file(other)) << other;
}

}  // namespace
}  // namespace tidegate
