#include "tests/support/vision_one_archive.h"

#include <map>

#include "base/check.h"
#include "base/id128.h"
#include "base/log.h"

namespace tidegate {
namespace {

// Each part of the archive draws from a seed of its own.
Seed part(Seed seed, std::uint64_t number) { return {seed.value ^ (number * 0x9E3779B97F4A7C15u)}; }

}  // namespace

SimArchive::SimArchive(const DataOptions& options, Seed seed)
    : schedule_(options, part(seed, 1)),
      prose_(part(seed, 2)),
      alerts_(schedule_, prose_, part(seed, 3)),
      audit_logs_(schedule_, prose_, part(seed, 4)),
      techniques_(schedule_, prose_, part(seed, 5)) {}

void SimArchive::append(Bytes& out, Feed feed, std::uint32_t record) const {
  switch (feed) {
    case Feed::alerts: {
      const std::size_t version = schedule_.alert(record).current(holdings_.now());
      TG_ASSERT(version != no_version, "only listed alerts are served");
      return alerts_.append(out, record, version);
    }
    case Feed::audit_logs: return audit_logs_.append(out, record);
    case Feed::techniques: return techniques_.append(out, record);
  }
}

void SimArchive::each_entry(WallTime now, const Visit& visit) const {
  each_alert(now, visit);
  if (schedule_.options().audit_uuid) each_event(Feed::audit_logs, now, visit);
  else each_nameless(now, visit);
  each_event(Feed::techniques, now, visit);
}

void SimArchive::each_alert(WallTime now, const Visit& visit) const {
  const std::uint32_t arrived = schedule_.arrived(Feed::alerts, now);
  for (std::uint32_t record = 0; record < arrived; ++record) {
    const AlertFacts facts = schedule_.alert(record);
    const std::size_t current = facts.current(now);
    if (current == no_version) continue;
    LedgerEntry entry;
    entry.id = alerts_.id(record);
    for (std::size_t version = 0; version <= current; ++version) {
      if (version < current && !facts.ever_listed(version)) continue;
      entry.version.clear();
      append_time(entry.version, facts.versions[version].updated);
      entry.superseded = version < current;
      visit(entry);
    }
  }
}

void SimArchive::each_event(Feed feed, WallTime now, const Visit& visit) const {
  const std::uint32_t arrived = schedule_.arrived(feed, now);
  LedgerEntry entry;
  entry.feed = feed;
  for (std::uint32_t record = 0; record < arrived; ++record) {
    if (schedule_.event(feed, record).visible > now) continue;
    entry.id = uuid_of(schedule_, feed, record);
    visit(entry);
  }
}

// Audit logs without uuid: known by their bytes, and counted where the bytes agree.
void SimArchive::each_nameless(WallTime now, const Visit& visit) const {
  const std::uint32_t arrived = schedule_.arrived(Feed::audit_logs, now);
  std::map<Id128, std::uint32_t> counts;
  Bytes bytes;
  for (std::uint32_t record = 0; record < arrived; ++record) {
    if (schedule_.event(Feed::audit_logs, record).visible > now) continue;
    bytes.clear();
    audit_logs_.append(bytes, record);
    ++counts[hash128(bytes)];
  }
  for (const auto& [id, count] : counts) visit({Feed::audit_logs, to_hex(id), {}, false, count});
}

void append_ledger_line(std::string& out, const LedgerEntry& entry) {
  out.append(R"({"content_type":")").append(content_type(entry.feed)).append(R"(","id":)");
  append_json_string(out, entry.id);
  out.append(R"(,"version":)");
  append_json_string(out, entry.version);
  if (entry.superseded) out.append(R"(,"superseded":true)");
  if (entry.count > 1) out.append(R"(,"count":)").append(std::to_string(entry.count));
  out.append("}\n");
}

std::string ledger_ndjson(const std::vector<LedgerEntry>& entries) {
  std::string text;
  for (const LedgerEntry& entry : entries) append_ledger_line(text, entry);
  return text;
}

}  // namespace tidegate
