// The embedded index: one SQLite file for each day, `syslog-2026-11-24.db`. A damaged file is set aside as
// `….damaged-<n>` and begun anew; the other days are untouched.
//
// Memory: at most files_open_max files open, each with a page cache of 32 MiB that it fills as it grows.
// Thread: the index thread.
#pragma once

#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "processor/edges/sqlite_day.h"
#include "processor/ports.h"

namespace tidegate {

// The file name of a day, and back; absent when the name is no day's.
std::string day_file_name(std::chrono::sys_days day);
std::optional<std::chrono::sys_days> day_of_file(std::string_view file_name);

class SqliteIndex final : public Index {
 public:
  static constexpr std::size_t files_open_max = 16;

  // Makes the directory where it is missing. `invalid`: it cannot be used.
  static Result<std::unique_ptr<SqliteIndex>> open(const std::filesystem::path& directory, Log& log, Metrics& metrics);

  Result<std::vector<Upserted>> upsert(std::span<const IndexRecord> records) override;

 private:
  struct OpenDay {
    std::chrono::sys_days day{};
    std::unique_ptr<SqliteDay> file;
  };

  SqliteIndex(std::filesystem::path directory, Log& log, Metrics& metrics);

  Result<std::vector<Upserted>> upsert_day(std::chrono::sys_days day, std::span<const IndexRecord* const> records);
  Result<SqliteDay*> open_day(std::chrono::sys_days day);
  Result<void> set_aside(std::chrono::sys_days day, const Error& why);

  std::filesystem::path directory_;
  Log& log_;
  Metric& damaged_;
  std::list<OpenDay> open_;  // the one used last comes first
};

}  // namespace tidegate
