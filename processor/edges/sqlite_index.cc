#include "processor/edges/sqlite_index.h"

#include <algorithm>
#include <map>
#include <vector>

namespace tidegate {
namespace {

constexpr std::string_view prefix = "syslog-";
constexpr std::string_view suffix = ".db";

}  // namespace

std::string day_file_name(std::chrono::sys_days day) {
  const std::string iso = to_iso8601(day);
  return std::string{prefix} + iso.substr(0, iso.find('T')) + std::string{suffix};
}

std::optional<std::chrono::sys_days> day_of_file(std::string_view file_name) {
  if (!file_name.starts_with(prefix) || !file_name.ends_with(suffix) || file_name.size() < prefix.size() + suffix.size())
    return std::nullopt;
  const std::string_view date = file_name.substr(prefix.size(), file_name.size() - prefix.size() - suffix.size());
  const std::optional<WallTime> time = parse_time(std::string{date} + "T00:00:00Z");
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(*time);
}

Result<std::unique_ptr<SqliteIndex>> SqliteIndex::open(const std::filesystem::path& directory, Log& log, Metrics& metrics) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return Error{Code::invalid, "index: cannot make " + directory.string() + ": " + failed.message()};
  return std::unique_ptr<SqliteIndex>{new SqliteIndex{directory, log, metrics}};
}

SqliteIndex::SqliteIndex(std::filesystem::path directory, Log& log, Metrics& metrics)
    : directory_(std::move(directory)),
      log_(log),
      damaged_(metrics.counter("tidegate_index_files_damaged_total", "Day files of the index that were set aside.")) {}

Result<std::vector<Upserted>> SqliteIndex::upsert(std::span<const IndexRecord> records) {
  struct OfDay {
    std::vector<const IndexRecord*> records;  // in the order they came: of two versions under one id the later one stays
    std::vector<std::size_t> places;          // in the answer
  };
  std::map<std::chrono::sys_days, OfDay> days;
  for (std::size_t i = 0; i < records.size(); ++i) {
    OfDay& day = days[records[i].record.day()];
    day.records.push_back(&records[i]);
    day.places.push_back(i);
  }
  std::vector<Upserted> answers(records.size());
  for (const auto& [day, of_day] : days) {
    const Result<std::vector<Upserted>> upserted = upsert_day(day, of_day.records);
    if (!upserted) return upserted.error();
    for (std::size_t i = 0; i < upserted->size(); ++i) answers[of_day.places[i]] = (*upserted)[i];
  }
  return answers;
}

Result<std::vector<Upserted>> SqliteIndex::upsert_day(std::chrono::sys_days day, std::span<const IndexRecord* const> records) {
  const auto attempt = [&]() -> Result<std::vector<Upserted>> {
    const Result<SqliteDay*> file = open_day(day);
    if (!file) return file.error();
    return (*file)->upsert(records);
  };
  Result<std::vector<Upserted>> upserted = attempt();
  if (!upserted && upserted.error().code() == Code::corrupt) {
    if (Result<void> moved = set_aside(day, upserted.error()); !moved) return std::move(moved).error();
    upserted = attempt();
  }
  if (!upserted) return std::move(upserted).error().in("index " + day_file_name(day));
  return upserted;
}

Result<SqliteDay*> SqliteIndex::open_day(std::chrono::sys_days day) {
  const auto found = std::find_if(open_.begin(), open_.end(), [day](const OpenDay& open) { return open.day == day; });
  if (found != open_.end()) {
    open_.splice(open_.begin(), open_, found);
    return open_.front().file.get();
  }
  Result<std::unique_ptr<SqliteDay>> file = SqliteDay::open(directory_ / day_file_name(day));
  if (!file) return std::move(file).error();
  if (open_.size() >= files_open_max) open_.pop_back();
  open_.push_front({day, *std::move(file)});
  return open_.front().file.get();
}

Result<void> SqliteIndex::set_aside(std::chrono::sys_days day, const Error& why) {
  open_.remove_if([day](const OpenDay& open) { return open.day == day; });
  const std::filesystem::path file = directory_ / day_file_name(day);
  std::error_code failed;
  std::filesystem::path aside;
  for (int n = 1;; ++n) {
    aside = file;
    aside += ".damaged-" + std::to_string(n);
    if (!std::filesystem::exists(aside, failed)) break;
  }
  for (const char* part : {"", "-wal", "-shm"}) {
    std::filesystem::path from = file;
    from += part;
    std::filesystem::path to = aside;
    to += part;
    if (!std::filesystem::exists(from, failed)) continue;
    std::filesystem::rename(from, to, failed);
    if (failed) return Error{Code::unavailable, "cannot move the damaged " + from.string() + ": " + failed.message()};
  }
  damaged_.add();
  log_.error("a day of the index is damaged: it was set aside and begun anew; what it held is no longer found by search",
             {{"file", aside.string()}, {"reason", why.text()}});
  return {};
}

}  // namespace tidegate
