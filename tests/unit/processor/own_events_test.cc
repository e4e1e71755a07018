// What the agent says of itself (tests/unit/agent/gaps_test.cc has the same record) is landed, indexed and found like any other
// record.
#include <gtest/gtest.h>

#include "processor/edges/sqlite_archive.h"
#include "processor/edges/stores.h"
#include "processor/pipeline/index_worker.h"
#include "processor/search.h"
#include "tests/unit/processor/records.h"

namespace tidegate {
namespace {

using test::noon_ms;
using test::put_pair;

// A chunk with one gap, as the agent's own-events lane ships it.
Chunk gap_chunk() {
  Chunk chunk = test::chunk("gap", {});
  chunk.tag = "tidegate.tidegate_own_events";
  chunk.records = 1;
  Bytes& entry = chunk.entries;
  put_array(entry, 2);
  put_event_time(entry, WallTime{std::chrono::milliseconds{noon_ms}});
  put_map(entry, 9);
  put_str(entry, "timestamp");
  put_int(entry, noon_ms);
  put_pair(entry, "record_id", to_hex(test::record_id(1)));
  put_pair(entry, "tenantid", "acme");
  put_pair(entry, "tenant_name", "ACME Corp");
  put_pair(entry, "msg_class", "tidegate_own_events");
  put_str(entry, "msg_origin");
  put_map(entry, 3);
  put_pair(entry, "source", "trendmicro_visionone");
  put_pair(entry, "vendor", "trendmicro");
  put_pair(entry, "category", "endpoint");
  put_pair(entry, "connector", "acme-v1");
  put_pair(entry, "sensor", "zurich-01");
  put_str(entry, "tidegate");
  put_map(entry, 6);
  put_pair(entry, "event", "gap");
  put_pair(entry, "content_type", "audit_logs");
  put_pair(entry, "from", "2023-11-14T22:13:20Z");
  put_pair(entry, "to", "2023-11-14T23:13:20Z");
  put_str(entry, "seconds");
  put_int(entry, 3600);
  put_pair(entry, "reason", "older than the API keeps");
  return chunk;
}

}  // namespace

TEST(OwnEvents, AGapIsIndexedOnceAndFound) {
  const TemporaryDirectory folder;
  const SystemClock clock;
  Log log{clock, LogFormat::text, Level::error, [](std::string_view) {}};
  Metrics metrics;
  Result<Stores> stores = open_stores(folder.path(), log, metrics);
  ASSERT_TRUE(stores) << stores.error().text();
  Chunk again = gap_chunk();
  again.id = "gap noted again";
  ASSERT_TRUE(stores->landing->land(std::vector{gap_chunk(), again, test::chunk("other", {{.number = 2}})}));
  IndexWorker worker{*stores->landing, *stores->index, log, metrics};
  ASSERT_TRUE(worker.step());

  Result<SqliteArchive> archive = SqliteArchive::open(index_directory(folder.path()));
  ASSERT_TRUE(archive) << archive.error().text();
  for (const char* query :
       {"msg_class: tidegate_own_events", "tidegate.event: gap AND connector: acme-v1", "tidegate.seconds: >=3600",
        "tidegate.content_type: audit_logs AND tidegate.reason: \"older than the API keeps\""}) {
    std::string output;
    const SearchOutcome outcome = run_search(*archive, {.query = query}, WallTime{std::chrono::milliseconds{noon_ms + 1000}},
                                             [&output](std::string_view piece) {
                                               output.append(piece);
                                               return true;
                                             });
    EXPECT_EQ(outcome.exit_code, 0) << query << ": " << outcome.message;
    EXPECT_TRUE(output.ends_with("1 of 1 records\n")) << query << "\n" << output;
  }
}

}  // namespace tidegate
