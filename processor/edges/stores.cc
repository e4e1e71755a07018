#include "processor/edges/stores.h"

namespace tidegate {

std::filesystem::path landing_directory(const std::filesystem::path& state) { return state / "landing"; }
std::filesystem::path index_directory(const std::filesystem::path& state) { return state / "index"; }

Result<Stores> open_stores(const std::filesystem::path& state, Log& log, Metrics& metrics) {
  std::error_code failed;
  std::filesystem::create_directories(state, failed);
  if (!failed) std::filesystem::permissions(state, std::filesystem::perms::owner_all, failed);
  if (failed) return Error{Code::invalid, "cannot use " + state.string() + ": " + failed.message()};

  Stores stores;
  LandingReport report;
  Result<std::unique_ptr<RocksLanding>> landing = RocksLanding::open(landing_directory(state), report);
  if (!landing) return std::move(landing).error();
  stores.landing = *std::move(landing);
  Metric& damaged = metrics.counter("tidegate_landing_damaged_total", "Starts that found the landing damaged.");
  if (report.damaged) {
    damaged.add();
    log.error("the landing was damaged: chunks that were acknowledged and not yet indexed may be lost",
              {{"reason", report.reason}, {"set_aside", report.set_aside}});
  }
  Result<std::unique_ptr<SqliteIndex>> index = SqliteIndex::open(index_directory(state), log, metrics);
  if (!index) return std::move(index).error();
  stores.index = *std::move(index);
  return stores;
}

}  // namespace tidegate
