#include "processor/fleet/sight_writer.h"

#include <algorithm>
#include <span>
#include <tuple>
#include <vector>

#include "base/check.h"

namespace tidegate {
namespace {

void merge(SensorSight& known, SensorSight newer) {
  if (!newer.status) newer.status = std::move(known.status);
  known = std::move(newer);
}

// In parts of at most `most`.
template <class Row, class Write>
Result<void> in_parts(const std::vector<Row>& rows, std::size_t most, Write write) {
  for (std::size_t at = 0; at < rows.size(); at += most) {
    const Result<std::size_t> written = write(std::span<const Row>{rows}.subspan(at, std::min(most, rows.size() - at)));
    if (!written) return written.error();
  }
  return {};
}

template <class Map>
auto values_of(const Map& map) {
  std::vector<typename Map::mapped_type> rows;
  rows.reserve(map.size());
  for (const auto& each : map) rows.push_back(each.second);
  return rows;
}

}  // namespace

SightWriter::SightWriter(FleetStore& store, Log& log, Metrics& metrics, SightWriterLimits limits)
    : store_(store),
      log_(log),
      limits_(limits),
      failures_(metrics.counter("tidegate_fleet_write_failures_total", "Writes of the fleet's state that failed.")) {}

SightWriter::~SightWriter() { stop(); }

void SightWriter::start() {
  TG_ASSERT(!thread_.joinable(), "the writer's thread is started once");
  stopping_ = false;
  thread_ = std::thread{[this] { run(); }};
}

void SightWriter::stop() {
  if (!thread_.joinable()) return;
  {
    const std::unique_lock lock{mutex_};
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void SightWriter::saw(SensorSight sight) {
  const std::unique_lock lock{mutex_};
  const auto [at, fresh] = sights_.try_emplace(sight.sensor);
  merge(at->second, std::move(sight));
}

void SightWriter::reported(ConfigReport report) {
  const std::unique_lock lock{mutex_};
  std::pair<std::string, Bytes> key{report.sensor, report.hash};
  if (reports_.size() >= limits_.reports_max && !reports_.contains(key)) return;
  reports_.insert_or_assign(std::move(key), std::move(report));
}

Result<void> SightWriter::flush() {
  TG_ASSERT(!thread_.joinable(), "one thread at a time writes");
  return write();
}

void SightWriter::run() {
  bool last = false;
  while (!last) {
    {
      std::unique_lock lock{mutex_};
      changed_.wait_for(lock, limits_.every, [this] { return stopping_; });
      last = stopping_;
    }
    if (Result<void> written = write(); !written) {
      failures_.add();
      log_.error("the fleet's state cannot be written: it is tried again", {{"reason", written.error().text()}});
    }
  }
}

Result<void> SightWriter::write() {
  Sights sights;
  Reports reports;
  {
    const std::unique_lock lock{mutex_};
    sights.swap(sights_);
    reports.swap(reports_);
  }
  // By time, so that the newest report of a sensor is what stands in the end.
  std::vector<ConfigReport> told = values_of(reports);
  std::ranges::sort(told, {}, [](const ConfigReport& report) { return std::tie(report.at, report.sensor, report.hash); });
  Result<void> done = in_parts(values_of(sights), limits_.rows_per_write_max, [this](auto rows) { return store_.saw(rows); });
  if (done) done = in_parts(told, limits_.rows_per_write_max, [this](auto rows) { return store_.report(rows); });
  if (!done) keep_for_later(sights, reports);
  return done;
}

// What came meanwhile is newer.
void SightWriter::keep_for_later(Sights& sights, Reports& reports) {
  const std::unique_lock lock{mutex_};
  for (auto& [sensor, sight] : sights) {
    const auto [at, fresh] = sights_.try_emplace(sensor, std::move(sight));
    if (!fresh && !at->second.status) at->second.status = std::move(sight.status);
  }
  reports_.merge(reports);
}

}  // namespace tidegate
