#include "agent/control/spool.h"

#include <algorithm>
#include <cmath>

#include "base/json_writer.h"

namespace tidegate {
namespace {

constexpr std::size_t samples_max = 61;  // an hour between the first and the last
constexpr std::chrono::minutes recent{5};
constexpr std::chrono::seconds shown_max{std::chrono::years{100}};

std::uint64_t bytes_ever(const JournalUsage& usage) {
  std::uint64_t bytes = 0;
  for (const LaneUsage& lane : usage.lanes) bytes += lane.bytes_ever;
  return bytes;
}

double per_second(std::uint64_t from, std::uint64_t to, std::chrono::nanoseconds span) {
  // A journal that was begun anew counts from nothing.
  return to <= from ? 0 : static_cast<double>(to - from) / std::chrono::duration<double>{span}.count();
}

std::optional<std::chrono::seconds> time_for(std::uint64_t amount, double rate) {
  if (rate <= 0) return std::nullopt;
  const double seconds = std::min(static_cast<double>(amount) / rate, static_cast<double>(shown_max.count()));
  return std::chrono::seconds{static_cast<std::int64_t>(seconds)};
}

// With one decimal; by hand, since a locale may choose another decimal point.
std::string hours(std::chrono::seconds span) {
  const std::int64_t tenths = span.count() / 360;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string amount_text(std::uint64_t records, std::uint64_t bytes) {
  return std::to_string(records) + " records, " + std::to_string(bytes) + " bytes";
}

std::int64_t age(const LaneUsage& lane, WallTime now) {
  if (lane.empty()) return 0;
  return std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(now - lane.oldest).count());
}

void write_hours(ObjectWriter& object, std::string_view name, const std::optional<std::chrono::seconds>& span) {
  object.key(name).append(span ? hours(*span) : "null");
}

}  // namespace

std::optional<std::chrono::seconds> SpoolView::capacity() const { return time_for(usage.budget, read_bytes_per_s); }

std::optional<std::chrono::seconds> SpoolView::left() const {
  return time_for(usage.budget - std::min(usage.bytes, usage.budget), read_bytes_per_s);
}

std::optional<std::chrono::seconds> SpoolView::drained_in(Lane lane) const {
  const LaneUsage& kept = usage.lane(lane);
  if (kept.empty()) return std::chrono::seconds{0};
  const LaneRates& rates = recent[index_of(lane)];
  return time_for(kept.records, rates.shipped_per_s - rates.read_per_s);
}

void SpoolMeter::sample(SteadyTime now, const JournalUsage& usage) {
  samples_.push_back({now, usage});
  if (samples_.size() > samples_max) samples_.pop_front();
}

SpoolView SpoolMeter::view(SteadyTime now, WallTime wall, const JournalUsage& usage) const {
  SpoolView view;
  view.now = wall;
  view.usage = usage;
  if (samples_.empty() || samples_.front().at >= now) return view;
  const Sample& hour_ago = samples_.front();
  view.over = std::chrono::floor<std::chrono::seconds>(now - hour_ago.at);
  view.read_bytes_per_s = per_second(bytes_ever(hour_ago.usage), bytes_ever(usage), now - hour_ago.at);
  // The youngest that is old enough; while there is none, the oldest.
  const auto young = std::ranges::find_if(samples_, [now](const Sample& sample) { return now - sample.at < recent; });
  const Sample& before = young == samples_.begin() ? hour_ago : *std::prev(young);
  for (const Lane lane : all_lanes) {
    const LaneUsage& then = before.usage.lane(lane);
    const LaneUsage& kept = usage.lane(lane);
    view.recent[index_of(lane)] = {
        .read_per_s = per_second(then.records_ever, kept.records_ever, now - before.at),
        .shipped_per_s = per_second(then.records_ever - then.records, kept.records_ever - kept.records, now - before.at)};
  }
  return view;
}

std::string spool_text(const SpoolView& view) {
  std::string out;
  for (const Lane lane : all_lanes) {
    const LaneUsage& kept = view.usage.lane(lane);
    out.append(name(lane)).append("  ");
    if (kept.empty()) {
      out.append("empty\n");
      continue;
    }
    const std::optional<std::chrono::seconds> drained = view.drained_in(lane);
    out.append(amount_text(kept.records, kept.bytes)).append(", the oldest ").append(std::to_string(age(kept, view.now)));
    out.append(" s old, ").append(drained ? "drained in " + std::to_string(drained->count()) + " s" : "not shrinking").append("\n");
  }
  if (const LaneUsage& aside = view.usage.set_aside; !aside.empty()) {
    out.append("set aside  ").append(std::to_string(aside.last - aside.first + 1)).append(" chunks, ");
    out.append(amount_text(aside.records, aside.bytes)).append("; `tidegate-agent queue resend` sends them again\n");
  }
  out.append("spool  ").append(std::to_string(view.usage.bytes)).append(" of ").append(std::to_string(view.usage.budget));
  out.append(" bytes (storage.budget)");
  const std::optional<std::chrono::seconds> capacity = view.capacity();
  if (!capacity) return out + "; how long it lasts is not known: nothing was read in the last hour\n";
  out.append("; lasts ").append(hours(*capacity)).append(" h, of which ").append(hours(*view.left())).append(" h are left, at ");
  return out + std::to_string(std::llround(view.read_bytes_per_s)) + " bytes/s as in the last " +
         std::to_string(view.over.count()) + " s\n";
}

std::string spool_json(const SpoolView& view) {
  std::string out;
  {
    ObjectWriter object{out};
    object.time("now", view.now);
    std::string& lanes = object.key("lanes");
    lanes.push_back('[');
    for (const Lane lane : all_lanes) {
      if (lane != all_lanes.front()) lanes.push_back(',');
      const LaneUsage& kept = view.usage.lane(lane);
      ObjectWriter row{lanes};
      row.text("lane", name(lane));
      row.number("records", static_cast<std::int64_t>(kept.records));
      row.number("bytes", static_cast<std::int64_t>(kept.bytes));
      row.number("oldest_seconds", age(kept, view.now));
      const std::optional<std::chrono::seconds> drained = view.drained_in(lane);
      row.key("drain_seconds").append(drained ? std::to_string(drained->count()) : "null");
    }
    lanes.push_back(']');
    {
      const LaneUsage& aside = view.usage.set_aside;
      ObjectWriter row{object.key("set_aside")};
      row.number("chunks", static_cast<std::int64_t>(aside.last + 1 - aside.first));
      row.number("records", static_cast<std::int64_t>(aside.records));
      row.number("bytes", static_cast<std::int64_t>(aside.bytes));
      row.number("oldest_seconds", age(aside, view.now));
    }
    ObjectWriter spool{object.key("spool")};
    spool.number("bytes", static_cast<std::int64_t>(view.usage.bytes));
    spool.number("budget_bytes", static_cast<std::int64_t>(view.usage.budget));
    spool.number("read_bytes_per_second", std::llround(view.read_bytes_per_s));
    write_hours(spool, "capacity_hours", view.capacity());
    write_hours(spool, "left_hours", view.left());
  }
  return out + "\n";
}

}  // namespace tidegate
