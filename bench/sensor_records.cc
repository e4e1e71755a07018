#include "bench/sensor_records.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "agent/pipeline/encoder.h"
#include "base/check.h"
#include "transport/forward_entries.h"

namespace tidegate {
namespace {

constexpr std::uint32_t feed_records = 4'000'000;  // so many times are there to be had; more records begin anew
constexpr std::uint32_t records_of_page = 200;     // what the API serves at most

DataOptions data_before(WallTime newest) {
  DataOptions data;
  data.origin = newest;
  data.backlog_period = std::chrono::minutes{1};
  data.alerts.backlog = data.audit_logs.backlog = data.techniques.backlog = feed_records;
  return data;
}

// Entries stand back to back.
Result<void> cut_entries(const Bytes& payload, std::vector<Bytes>& into) {
  EntryReader entries{payload};
  for (std::size_t begin = 0;;) {
    const Result<std::optional<Entry>> entry = entries.next();
    if (!entry) return entry.error();
    if (!*entry) return {};
    const ByteView record = (*entry)->record;
    const auto end = static_cast<std::size_t>(record.data() - payload.data()) + record.size();
    into.push_back(payload.substr(begin, end - begin));
    begin = end;
  }
}

}  // namespace

SensorRecords::SensorRecords(std::string sensor, std::vector<std::string> tenants, WallTime newest, Seed seed)
    : sensor_(std::move(sensor)),
      tenants_(std::move(tenants)),
      newest_(newest),
      schedule_(data_before(newest), seed),
      prose_(Seed{seed.value + 1}),
      alerts_(schedule_, prose_, Seed{seed.value + 2}),
      audit_logs_(schedule_, prose_, Seed{seed.value + 3}),
      techniques_(schedule_, prose_, Seed{seed.value + 4}) {
  TG_ASSERT(!tenants_.empty(), "a record has a tenant");
}

Result<Bytes> SensorRecords::next(Lane lane) {
  Feeder& from = feeder(lane);
  if (from.made.empty()) {
    const std::string& tenant = tenants_[from.pages++ % tenants_.size()];
    Result<std::vector<Bytes>> entries = entries_of(lane, tenant, page_of(lane, from));
    if (!entries) return std::move(entries).error();
    if (entries->empty()) return Error{Code::corrupt, "a page of the simulator came out empty"};
    std::ranges::reverse(*entries);
    from.made = *std::move(entries);
  }
  Bytes entry = std::move(from.made.back());
  from.made.pop_back();
  return entry;
}

Result<std::vector<Bytes>> SensorRecords::entries_of(Lane lane, const std::string& tenant, Bytes page) {
  const Result<Page> parsed = feeder(lane).parser.parse(std::move(page), newest_);
  if (!parsed) return parsed.error();
  std::vector<std::uint32_t> chosen(parsed->records.size());
  std::iota(chosen.begin(), chosen.end(), 0u);
  std::vector<Id128> ids;
  for (const Record& record : parsed->records) ids.push_back(record.source_id);
  const Encoder encoder{Origin{tenant, tenant + " Corp", "v1-" + tenant, sensor_, lane}};
  std::vector<Bytes> entries;
  for (const Segment& segment : encoder.encode(*parsed, chosen, ids))
    if (Result<void> cut = cut_entries(segment.payload, entries); !cut) return std::move(cut).error();
  return entries;
}

Bytes SensorRecords::page_of(Lane lane, Feeder& feeder) const {
  Bytes page = R"({"items":[)";
  for (std::uint32_t i = 0; i < records_of_page; ++i) {
    const std::uint32_t record = feeder.records++ % feed_records;
    if (i > 0) page.push_back(',');
    if (lane == Lane::alerts) alerts_.append(page, record, 0);
    else if (lane == Lane::audit_logs) audit_logs_.append(page, record);
    else techniques_.append(page, record);
  }
  return page.append("]}");
}

}  // namespace tidegate
