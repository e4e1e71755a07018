// The embedded stores of a state directory, opened: `landing/` and `index/` in it, mode 0700.
#pragma once

#include <filesystem>
#include <memory>

#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "processor/edges/rocks_landing.h"
#include "processor/edges/sqlite_index.h"

namespace tidegate {

std::filesystem::path landing_directory(const std::filesystem::path& state);
std::filesystem::path index_directory(const std::filesystem::path& state);

struct Stores {
  std::unique_ptr<RocksLanding> landing;
  std::unique_ptr<SqliteIndex> index;
};

// A landing that was damaged is reported and counted here, and is no error. Errors as RocksLanding::open and
// SqliteIndex::open.
Result<Stores> open_stores(const std::filesystem::path& state, Log& log, Metrics& metrics);

}  // namespace tidegate
