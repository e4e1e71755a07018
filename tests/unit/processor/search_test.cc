#include "processor/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <fstream>
#include <thread>

#include "base/random.h"
#include "match/match.h"
#include "processor/edges/query_sql.h"
#include "processor/edges/sqlite_archive.h"
#include "processor/edges/sqlite_index.h"
#include "tests/unit/processor/records.h"
#include "transport/msgpack_view.h"

namespace tidegate {
namespace {

using test::put_pair;
using test::Sample;

constexpr std::int64_t hour_ms = 3600 * 1000;
const WallTime searched_at{std::chrono::milliseconds{test::noon_ms + hour_ms}};

class SearchTest : public testing::Test {
 protected:
  void index(const std::vector<Sample>& samples) {
    Result<std::unique_ptr<SqliteIndex>> index = SqliteIndex::open(folder_.path(), log_, metrics_);
    ASSERT_TRUE(index);
    std::vector<IndexRecord> records;
    for (const Sample& sample : samples) {
      documents_.push_back(test::record(sample));
      records.push_back({*read_record(documents_.back()), "zurich-01", WallTime{}});
    }
    ASSERT_TRUE((*index)->upsert(records));
  }

  SearchOutcome search(const SearchOptions& options) {
    output_.clear();
    Result<SqliteArchive> archive = SqliteArchive::open(folder_.path());
    EXPECT_TRUE(archive);
    return run_search(*archive, options, searched_at, [this](std::string_view piece) {
      output_.append(piece);
      return true;
    });
  }

  TemporaryDirectory folder_;
  SystemClock clock_;
  Log log_{clock_, LogFormat::text, Level::error, [](std::string_view) {}};
  Metrics metrics_;
  std::deque<Bytes> documents_;
  std::string output_;
};

TEST_F(SearchTest, PlainAnswersEchoTheRangeAndGiveTheNewestFirst) {
  index({{.number = 1},
         {.number = 2, .timestamp_ms = test::noon_ms + 1500},
         {.number = 3, .timestamp_ms = test::noon_ms - 24 * hour_ms}});
  EXPECT_EQ(search({.query = "trendmicro_visionone.severity: high", .limit = 2}).exit_code, 0);
  const std::size_t second = output_.find("2026-11-24T12:00:01.500Z acme trendmicro_visionone_alerts {");
  const std::size_t first = output_.find("2026-11-24T12:00:00Z acme trendmicro_visionone_alerts {");
  EXPECT_TRUE(output_.starts_with("range: 2026-11-23T00:00:00Z to 2026-11-25T00:00:00Z\n")) << output_;
  ASSERT_NE(second, std::string::npos) << output_;
  EXPECT_LT(second, first);
  EXPECT_TRUE(output_.ends_with("2 of 3 records\n")) << output_;
}

TEST_F(SearchTest, JsonAnswersAreOneDocumentWithRecordsInFullAndNumbersExact) {
  index({{.number = 1, .payload = [](Bytes& out) {
            put_map(out, 4);
            put_str(out, "max");
            put_uint(out, UINT64_MAX);
            put_str(out, "tenth");
            put_double(out, 0.1);
            put_str(out, "whole");
            put_double(out, 5);
            put_str(out, "big");
            put_ext(out, ext_decimal, "12345678901234567890123");
          }}});
  EXPECT_EQ(search({.query = "*", .from = "2026-11-24T11:00:00Z", .to = "now", .json = true}).exit_code, 0);
  EXPECT_EQ(output_,
            "{\"query\":\"*\",\"from\":\"2026-11-24T11:00:00Z\",\"to\":\"2026-11-24T13:00:00Z\",\"hits\":[\n"
            "{\"timestamp\":1795521600000,\"record_id\":\"" +
                to_hex(test::record_id(1)) +
                "\",\"tenantid\":\"acme\",\"tenant_name\":\"ACME Corp\",\"msg_class\":\"trendmicro_visionone_alerts\","
                "\"msg_origin\":{\"vendor\":\"trendmicro\"},\"connector\":\"acme-visionone\",\"sensor\":\"zurich-01\","
                "\"trendmicro_visionone\":{\"max\":18446744073709551615,\"tenth\":0.1,\"whole\":5.0,"
                "\"big\":12345678901234567890123}}\n],\"total\":1,\"unreadable\":[]}\n");
}

TEST_F(SearchTest, TheRangeIsHalfOpenAndMayBeRelative) {
  index({{.number = 1, .timestamp_ms = test::noon_ms}, {.number = 2, .timestamp_ms = test::noon_ms + hour_ms / 2}});
  EXPECT_EQ(search({.query = "*", .from = "2026-11-24T12:00:00Z", .to = "2026-11-24T12:30:00Z"}).exit_code, 0);
  EXPECT_TRUE(output_.ends_with("1 of 1 records\n"));
  EXPECT_EQ(search({.query = "*", .from = "-30min"}).exit_code, 0);
  EXPECT_TRUE(output_.ends_with("1 of 1 records\n")) << output_;
  EXPECT_EQ(search({.query = "*", .from = "-10min"}).exit_code, 1) << "nothing found";
  EXPECT_TRUE(output_.ends_with("0 of 0 records\n"));
}

TEST_F(SearchTest, AWrongTimeAQueryThatDoesNotParseAndAnEmptyRangeAreWrongUsage) {
  index({{}});
  EXPECT_EQ(search({.query = "*", .from = "soon"}).exit_code, 2);
  EXPECT_EQ(search({.query = "a: ("}).exit_code, 2);
  EXPECT_EQ(search({.query = "*", .from = "now", .to = "-1h"}).exit_code, 2);
  EXPECT_TRUE(output_.empty());
}

TEST_F(SearchTest, AFieldThatNoRecordHasIsAnErrorThatNamesTheNearest) {
  index({{}});
  const SearchOutcome mistyped = search({.query = "trendmicro_visionone.severty: high"});
  EXPECT_EQ(mistyped.exit_code, 2);
  EXPECT_NE(mistyped.message.find("'trendmicro_visionone.severity'"), std::string::npos) << mistyped.message;
  const SearchOutcome shortened = search({.query = "severity: high"});
  EXPECT_EQ(shortened.exit_code, 2);
  EXPECT_NE(shortened.message.find("'trendmicro_visionone.severity'"), std::string::npos) << shortened.message;
  EXPECT_EQ(search({.query = "_exists_: trendmicro_visionone"}).exit_code, 0) << "a map is known by what is in it";
}

TEST_F(SearchTest, OnlyRecordsOfTheTenantAreFound) {
  index({{.number = 1}, {.number = 2, .tenant = "umbrella"}});
  EXPECT_EQ(search({.query = "*", .tenant = "umbrella"}).exit_code, 0);
  EXPECT_TRUE(output_.ends_with("1 of 1 records\n"));
  EXPECT_EQ(search({.query = "*", .tenant = "nobody"}).exit_code, 1);
}

TEST_F(SearchTest, TheLimitBoundsWhatIsShownAndNotWhatIsCounted) {
  std::vector<Sample> samples;
  for (std::uint64_t i = 0; i < 120; ++i)
    samples.push_back({.number = i, .timestamp_ms = test::noon_ms - static_cast<std::int64_t>(i) * hour_ms});
  index(samples);
  for (const char* query : {"*", "msg_class: trendmicro_visionone_alerts", "trendmicro_visionone.severity: high"}) {
    EXPECT_EQ(search({.query = query}).exit_code, 0);
    EXPECT_TRUE(output_.ends_with("50 of 120 records\n")) << query << output_.substr(output_.size() - 40);
    EXPECT_EQ(search({.query = query, .limit = 0}).exit_code, 0);
    EXPECT_TRUE(output_.ends_with("120 of 120 records\n")) << query;
  }
}

TEST_F(SearchTest, ADayThatCannotBeReadIsNamedAndTheRestIsFound) {
  index({{.number = 1}, {.number = 2, .timestamp_ms = test::noon_ms - 24 * hour_ms}});
  std::ofstream{folder_.path() / "syslog-2026-11-23.db", std::ios::trunc} << std::string(8192, 'x');
  const SearchOutcome outcome = search({.query = "*", .json = true});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.message.find("syslog-2026-11-23.db"), std::string::npos) << outcome.message;
  EXPECT_NE(output_.find("\"total\":1,\"unreadable\":[\"syslog-2026-11-23.db"), std::string::npos) << output_;
}

// The index narrows and the matcher decides: whatever the query, both together find what the matcher alone finds.
TEST_F(SearchTest, NarrowingNeverLosesARecord) {
  Random random{Seed{11}};
  const std::vector<std::string> words{"web-01",   "web 01", "Web", "a1.ps1", "01", "5", "5.0", "x-web", std::string(100, 'k'),
                                       "\u00fcber"};
  std::vector<Sample> samples;
  for (std::uint64_t i = 0; i < 60; ++i) {
    const std::string one = words[random.below(words.size())];
    const std::string two = words[random.below(words.size())];
    const double number = random.chance(2) ? 5 : 0.5;
    samples.push_back({.number = i,
                       .tenant = random.chance(2) ? "acme" : "umbrella",
                       .msg_class = random.chance(3) ? "other" : "trendmicro_visionone_alerts",
                       .payload = [=](Bytes& out) {
                         put_map(out, 3);
                         put_pair(out, "one", one);
                         put_str(out, "list");
                         put_array(out, 2);
                         put_str(out, two);
                         put_str(out, one + " " + two);
                         put_str(out, "number");
                         put_double(out, number);
                       }});
  }
  index(samples);
  const std::vector<std::string> leaves{"trendmicro_visionone.one: web-01",
                                        "trendmicro_visionone.one: web*",
                                        "trendmicro_visionone.list: *01",
                                        "trendmicro_visionone.list: \"web 01\"",
                                        "trendmicro_visionone.number: 5",
                                        "trendmicro_visionone.number: 5.0",
                                        "trendmicro_visionone.number: 0.5",
                                        "web",
                                        "w?b",
                                        "\"01 web\"",
                                        "kkk*",
                                        std::string(100, 'k'),
                                        std::string(90, 'k') + "*",
                                        "\u00fcber",
                                        "msg_class: other",
                                        "msg_class: trend*",
                                        "tenantid: acme",
                                        "record_id: " + to_hex(test::record_id(7)),
                                        "*",
                                        "trendmicro_visionone.number: >1",
                                        "_exists_: trendmicro_visionone.list"};
  Result<SqliteArchive> archive = SqliteArchive::open(folder_.path());
  ASSERT_TRUE(archive);
  const auto leaf = [&] { return (random.chance(3) ? "NOT " : "") + leaves[random.below(leaves.size())]; };
  std::uint64_t found = 0;
  for (int i = 0; i < 600; ++i) {
    const char* joint = random.chance(2) ? " AND " : " OR ";
    const std::string text =
        random.chance(3) ? leaf() : "(" + leaf() + joint + leaf() + ")" + (random.chance(2) ? " AND " : " OR ") + leaf();
    const Result<Query> query = parse_query(text);
    ASSERT_TRUE(query) << text << query.error().text();
    const Result<Matcher> matcher = Matcher::make(*query);
    ASSERT_TRUE(matcher);
    const auto expected =
        std::count_if(documents_.begin(), documents_.end(), [&](const Bytes& document) { return matcher->matches(document); });
    const Result<SearchEnd> end = archive->search({*query, {WallTime{}, WallTime::max()}, {}}, [](ByteView) { return true; });
    ASSERT_TRUE(end && end->unreadable.empty()) << text << (end ? end->unreadable.front() : end.error().text());
    EXPECT_EQ(end->total, static_cast<std::uint64_t>(expected)) << text;
    found += end->total;
  }
  EXPECT_GT(found, 1000u) << "the queries are not all empty";
}

TEST_F(SearchTest, ASearchThatIsStoppedEndsAtTheNextRecordOrDay) {
  index({{.number = 1}, {.number = 2}, {.number = 3, .timestamp_ms = test::noon_ms - 24 * hour_ms}});
  Result<SqliteArchive> archive = SqliteArchive::open(folder_.path());
  ASSERT_TRUE(archive);
  for (const char* text : {"trendmicro_visionone.severity: high", "msg_class: trendmicro_visionone_alerts"}) {
    const Result<Query> query = parse_query(text);
    ASSERT_TRUE(query);
    for (const bool wants_more : {true, false}) {
      std::atomic<bool> stop{false};
      const Search search{*query, {WallTime{}, WallTime::max()}, {}, &stop};
      EXPECT_EQ(archive->search(search, [](ByteView) { return true; })->total, 3u);
      int hits = 0;
      const Result<SearchEnd> end = archive->search(search, [&](ByteView) {
        ++hits;
        stop = true;
        return wants_more;
      });
      ASSERT_FALSE(end) << text;
      EXPECT_EQ(end.error().code(), Code::cancelled) << "it is no day that cannot be read";
      EXPECT_EQ(hits, 1);
      EXPECT_EQ(archive->search(search, [](ByteView) { return true; }).error().code(), Code::cancelled);
    }
  }
}

TEST_F(SearchTest, AStatementThatIsStoppedEndsThoughItGivesNoRow) {
  Result<SqliteDatabase> database = SqliteDatabase::open(folder_.path() / "any.db", SqliteDatabase::Mode::write);
  ASSERT_TRUE(database);
  std::atomic<bool> stop{false};
  database->stop_when(&stop);
  Result<SqliteStatement> endless =
      database->prepare("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c");
  ASSERT_TRUE(endless);
  std::thread stopper{[&stop] { stop = true; }};
  const Result<bool> row = endless->step();
  stopper.join();
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().code(), Code::cancelled);
}

TEST(SearchMoment, IsAbsoluteOrLiesBack) {
  EXPECT_EQ(parse_moment("now", searched_at), searched_at);
  EXPECT_EQ(parse_moment("-1h", searched_at), searched_at - std::chrono::hours{1});
  EXPECT_EQ(parse_moment("2026-11-24", searched_at), parse_time("2026-11-24T00:00:00Z"));
  EXPECT_EQ(parse_moment("2026-11-24 13:05:07", searched_at), parse_time("2026-11-24T13:05:07Z"));
  for (const char* wrong : {"", "soon", "-", "-5", "24h", "2026-13-01", "-99999999d"})
    EXPECT_FALSE(parse_moment(wrong, searched_at)) << wrong;
}

}  // namespace
}  // namespace tidegate
