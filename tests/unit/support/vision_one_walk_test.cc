// What a careful reader of the simulator's lists gets, against the ledger; and what a careless one loses.
#include <algorithm>

#include "tests/unit/support/vision_one_probe.h"

namespace tidegate {
namespace {

using namespace probe;

SimOptions lively() {
  SimOptions options = options_of(80, 200, 400);
  options.data.live = 600s;
  options.data.alerts.per_second = 0.3;
  options.data.audit_logs.per_second = 2;
  options.data.techniques.per_second = 5;
  options.data.updates_share = 0.5;
  options.data.late_share = 0.2;
  options.data.late_max = 90s;
  return options;
}

TEST(VisionOneWalk, EveryListHoldsWhatTheLedgerSaysAtAnyTime) {
  VisionOneSim sim{lively(), Seed{11}};
  for (const WallTime now : {origin - 3h, origin, origin + 77s, origin + 300s, origin + 2h}) {
    const std::vector<LedgerEntry> ledger = sim.ledger(now);
    EXPECT_EQ(keys_of(walk(sim, std::string{all_alerts}, now)), current_keys(ledger, Feed::alerts));
    EXPECT_EQ(keys_of(walk(sim, std::string{all_audit_logs}, now)), current_keys(ledger, Feed::audit_logs));
    // The exclusive end leaves out the second that is just passing.
    if (now == origin + 2h) {
      EXPECT_EQ(keys_of(walk(sim, techniques_until(now), now)), current_keys(ledger, Feed::techniques));
    }
  }
}

TEST(VisionOneWalk, AllThatIsToComeHasComeInTheEnd) {
  VisionOneSim sim{lively(), Seed{12}};
  const std::vector<LedgerEntry> ledger = sim.ledger(origin + 1h);
  EXPECT_EQ(current_keys(ledger, Feed::alerts).size(), 80u + 180u);
  EXPECT_EQ(current_keys(ledger, Feed::audit_logs).size(), 200u + 1200u);
  EXPECT_EQ(current_keys(ledger, Feed::techniques).size(), 400u + 3000u);
  EXPECT_EQ(sim.ledger(origin + 10h), ledger) << "nothing arrives or changes after the live time";
}

TEST(VisionOneWalk, NothingIsListedBeforeItsTime) {
  VisionOneSim sim{lively(), Seed{13}};
  for (int step = 0; step < 60; ++step) {
    const WallTime now = origin + step * 7s;
    for (const Item& item : page_of(get(sim, "/v3.0/workbench/alerts?orderBy=updatedDateTime%20desc", now)).items)
      EXPECT_LE(item.version, to_iso8601(now));
  }
}

TEST(VisionOneWalk, LateRecordsAppearInWindowsThatWereReadBefore) {
  VisionOneSim sim{lively(), Seed{14}};
  const std::string window =
      "/v3.0/audit/logs?startDateTime=2026-11-24T12:00:00Z&endDateTime=2026-11-24T12:01:00Z&dateTimeTarget=ingestedDateTime"
      "&orderBy=ingestedDateTime%20asc&top=200";
  const KeySet at_once = keys_of(walk(sim, window, origin + 60s));
  const KeySet later = keys_of(walk(sim, window, origin + 60s + 90s));
  EXPECT_GT(later.size(), at_once.size());
  EXPECT_TRUE(std::includes(later.begin(), later.end(), at_once.begin(), at_once.end()));
  EXPECT_EQ(keys_of(walk(sim, window, origin + 1h)), later) << "no record is later than the bound";
}

TEST(VisionOneWalk, AnUpdatedAlertMovesToItsNewTimeAndIsSupersededInTheLedger) {
  SimOptions options = options_of(40, 0, 0);
  options.data.live = 600s;
  options.data.updates_share = 1;
  VisionOneSim sim{options, Seed{15}};
  std::map<std::string, std::string> versions;
  for (const Item& item : walk(sim, std::string{all_alerts}, origin)) versions[item.id] = item.version;
  std::size_t moved = 0;
  for (const Item& item : walk(sim, std::string{all_alerts}, origin + 1h)) {
    if (versions[item.id] == item.version) continue;
    ++moved;
    EXPECT_GT(item.version, versions[item.id]);
    EXPECT_NE(item.raw.find("firstInvestigatedDateTime"), std::string::npos);
  }
  EXPECT_GT(moved, 10u);
  std::size_t superseded = 0;
  const std::vector<LedgerEntry> ledger = sim.ledger(origin + 1h);
  for (const LedgerEntry& entry : ledger) superseded += entry.superseded && versions[entry.id] == entry.version ? 1u : 0u;
  EXPECT_EQ(superseded, moved);
  EXPECT_EQ(current_keys(ledger, Feed::alerts).size(), 40u);
}

TEST(VisionOneWalk, WithoutUpdatesThereIsOneVersionEach) {
  SimOptions options = options_of(50, 0, 0);
  options.data.updates_share = 0;
  VisionOneSim sim{options, Seed{16}};
  for (const LedgerEntry& entry : sim.ledger(origin + 1h)) EXPECT_FALSE(entry.superseded);
}

TEST(VisionOneWalk, PagesShiftWhenRecordsArriveWhileTheyAreRead) {
  SimOptions options = options_of(0, 0, 300);
  options.data.live = 600s;
  options.data.techniques.per_second = 20;
  VisionOneSim sim{options, Seed{17}};
  // Newest first, read when the window has just closed: what is still being ingested pushes later pages back.
  std::string target =
      "/v3.0/oat/detections?detectedStartDateTime=2026-11-24T12:00:00Z&detectedEndDateTime=2026-11-24T12:02:00Z&top=50";
  std::vector<Item> items;
  for (WallTime now = origin + 2min; !target.empty(); now += 2s) {
    const ProbedPage page = page_of(get(sim, target, now));
    items.insert(items.end(), page.items.begin(), page.items.end());
    target = page.next.empty() ? "" : target_of(page.next);
  }
  const KeySet keys = keys_of(items);
  const std::set<std::pair<std::string, std::string>> distinct(keys.begin(), keys.end());
  EXPECT_LT(distinct.size(), keys.size());
}

TEST(VisionOneWalk, AnAlertThatLeavesTheWindowShiftsAnotherOutOfTheReadersSight) {
  SimOptions options = options_of(200, 0, 0);
  options.data.live = 600s;
  options.data.updates_share = 1;
  VisionOneSim sim{options, Seed{18}};
  const std::string window =
      "/v3.0/workbench/alerts?startDateTime=2026-11-23T00:00:00Z&endDateTime=2026-11-24T12:00:00Z"
      "&dateTimeTarget=updatedDateTime&orderBy=updatedDateTime%20asc";
  const KeySet read = keys_of(walk(sim, window, origin, 20s));
  const KeySet left = keys_of(walk(sim, window, origin + 10min));
  std::size_t unseen = 0;
  for (const auto& key : left) unseen += read.contains(key) ? 0u : 1u;
  EXPECT_GT(unseen, 0u) << "records that never changed and yet were on no page of the sweep";
}

TEST(VisionOneWalk, ABurstSharesOneSecond) {
  SimOptions options = options_of(0, 0, 1000);
  options.data.technique_burst = 250;
  VisionOneSim sim{options, Seed{19}};
  simdjson::ondemand::parser parser;
  std::map<std::string, std::size_t> per_second;
  for (const Item& item : walk(sim, techniques_until(origin), origin)) ++per_second[text_of(parser, item.raw, "ingestedDateTime")];
  ASSERT_EQ(per_second.size(), 4u);
  for (const auto& [second, count] : per_second) EXPECT_EQ(count, 250u) << second;
}

TEST(VisionOneWalk, AuditLogsWithoutUuidAreKnownByTheHashOfTheirBytes) {
  SimOptions options = options_of(0, 120, 0);
  options.data.audit_uuid = false;
  VisionOneSim sim{options, Seed{20}};
  KeySet hashes;
  for (const Item& item : walk(sim, std::string{all_audit_logs}, origin)) {
    EXPECT_EQ(item.raw.find("\"uuid\""), std::string::npos);
    hashes.insert({to_hex(hash128(item.raw)), ""});
  }
  EXPECT_EQ(current_keys(sim.ledger(origin), Feed::audit_logs), hashes);
}

TEST(VisionOneWalk, TheSameSeedServesTheSameBytesAndAnotherSeedOthers) {
  VisionOneSim first{lively(), Seed{21}};
  VisionOneSim second{lively(), Seed{21}};
  VisionOneSim other{lively(), Seed{22}};
  for (const std::string& target : {std::string{all_alerts}, std::string{all_audit_logs}, techniques_until(origin)}) {
    const SimResponse answer = get(first, target, origin);
    // The second one has been asked for other things before, at other times: it makes no difference.
    (void)get(second, "/v3.0/workbench/alerts", origin - 5h);
    EXPECT_EQ(get(second, target, origin).body, answer.body);
    EXPECT_NE(get(other, target, origin).body, answer.body);
  }
  EXPECT_EQ(first.ledger(origin + 1h), second.ledger(origin + 1h));
}

TEST(VisionOneWalk, TheLedgerIsOneJsonObjectALine) {
  const std::vector<LedgerEntry> entries{{Feed::alerts, "WB-1", "2026-11-24T12:00:00Z", true, 1},
                                         {Feed::audit_logs, "ab", "", false, 2}};
  EXPECT_EQ(ledger_ndjson(entries),
            "{\"content_type\":\"alerts\",\"id\":\"WB-1\",\"version\":\"2026-11-24T12:00:00Z\",\"superseded\":true}\n"
            "{\"content_type\":\"audit_logs\",\"id\":\"ab\",\"version\":\"\",\"count\":2}\n");
  VisionOneSim sim{options_of(3, 3, 3), Seed{1}};
  EXPECT_EQ(get(sim, "/sim/ledger", origin + 1h).body, ledger_ndjson(sim.ledger(origin + 1h)));
}

}  // namespace
}  // namespace tidegate
