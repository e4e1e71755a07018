#include "processor/edges/sqlite_archive.h"

#include <algorithm>

#include "match/match.h"
#include "processor/edges/query_sql.h"
#include "processor/edges/sqlite.h"
#include "processor/edges/sqlite_index.h"

namespace tidegate {
namespace {

constexpr SearchRange all_time{WallTime::min(), WallTime::max()};

// The first millisecond that is not before `time`, so that half-open ranges of finer times stay exact.
std::int64_t ms_from(WallTime time) { return std::chrono::ceil<std::chrono::milliseconds>(time.time_since_epoch()).count(); }

// Absent: the file is being made at this moment and holds nothing yet.
Result<std::optional<SqliteDatabase>> open_day(const std::filesystem::path& file) {
  Result<SqliteDatabase> database = SqliteDatabase::open(file, SqliteDatabase::Mode::read);
  if (!database) return std::move(database).error();
  Result<SqliteStatement> version = database->prepare("PRAGMA user_version");
  if (!version) return std::move(version).error();
  const Result<bool> row = version->step();
  if (!row) return row.error();
  const std::int64_t format = version->integer(0);
  if (format > day_format) return Error{Code::invalid, "written by a newer version of the processor"};
  if (format == 0) return std::optional<SqliteDatabase>{};
  version->reset();
  return std::optional<SqliteDatabase>{*std::move(database)};
}

bool is_stopped(const Search& search) { return search.stop != nullptr && *search.stop; }
Error stopped_error() { return Error{Code::cancelled, "the search was stopped"}; }

// One search in one day file.
class DaySearch {
 public:
  DaySearch(const Search& search, const Matcher& matcher, const Narrowing& narrowing)
      : search_(search), matcher_(matcher), narrowing_(narrowing) {
    where_ = " FROM records r WHERE r.timestamp >= ? AND r.timestamp < ?";
    if (!search.tenant.empty()) where_.append(" AND r.tenantid = ?");
    if (!narrowing.condition.empty()) where_.append(" AND (").append(narrowing.condition).append(")");
    if (!narrowing.words.empty()) where_.append(" AND r.id IN (SELECT rowid FROM terms WHERE terms MATCH ?)");
  }

  // Adds to `total`. `wants_more` is turned off when `hit` has had enough.
  Result<void> run(SqliteDatabase& database, const std::function<bool(ByteView)>& hit, bool& wants_more, std::uint64_t& total) {
    if (!wants_more && narrowing_.exact) return count(database, total);
    // Within one transaction, so that the ids and the documents are of one moment.
    if (Result<void> begun = database.execute("BEGIN"); !begun) return begun;
    Result<SqliteStatement> ids = database.prepare("SELECT r.id" + where_ + " ORDER BY r.timestamp DESC, r.id DESC");
    if (!ids) return std::move(ids).error();
    Result<SqliteStatement> document = database.prepare("SELECT document FROM documents WHERE id = ?1");
    if (!document) return std::move(document).error();
    bind(*ids);
    const std::uint64_t before = total;
    while (true) {
      if (is_stopped(search_)) return stopped_error();
      const Result<bool> row = ids->step();
      if (!row) return row.error();
      if (!*row) return {};
      if (!wants_more && narrowing_.exact) {  // had enough in the middle of this day: its sum replaces what was counted
        total = before;
        return count(database, total);
      }
      document->bind(1, ids->integer(0));
      const Result<bool> found = document->step();
      if (!found) return found.error();
      if (!*found) return Error{Code::corrupt, "a record without its document"};
      if (narrowing_.exact || matcher_.matches(document->blob(0))) {
        ++total;
        if (wants_more) wants_more = hit(document->blob(0));
      }
      document->reset();
    }
  }

 private:
  Result<void> count(SqliteDatabase& database, std::uint64_t& total) const {
    Result<SqliteStatement> counted = database.prepare("SELECT count(*)" + where_);
    if (!counted) return std::move(counted).error();
    bind(*counted);
    const Result<bool> row = counted->step();
    if (!row) return row.error();
    total += static_cast<std::uint64_t>(counted->integer(0));
    return {};
  }

  void bind(SqliteStatement& statement) const {
    statement.bind(1, ms_from(search_.range.from));
    statement.bind(2, ms_from(search_.range.to));
    int next = 3;
    if (!search_.tenant.empty()) statement.bind_text(next++, search_.tenant);
    next = narrowing_.bind(statement, next);
    if (!narrowing_.words.empty()) statement.bind_text(next, narrowing_.words);
  }

  const Search& search_;
  const Matcher& matcher_;
  const Narrowing& narrowing_;
  std::string where_;
};

}  // namespace

Result<SqliteArchive> SqliteArchive::open(const std::filesystem::path& directory) {
  std::error_code failed;
  const bool there = std::filesystem::is_directory(directory, failed);
  if (failed && failed != std::errc::no_such_file_or_directory)
    return Error{Code::invalid, "cannot read " + directory.string() + ": " + failed.message()};
  if (!there) return Error{Code::absent, "there is no index at " + directory.string()};
  return SqliteArchive{directory};
}

Result<std::vector<std::chrono::sys_days>> SqliteArchive::days(const SearchRange& range) const {
  std::vector<std::chrono::sys_days> found;
  std::error_code failed;
  std::filesystem::directory_iterator files{directory_, failed};
  if (failed) return Error{Code::invalid, "cannot read " + directory_.string() + ": " + failed.message()};
  for (; files != std::filesystem::directory_iterator{}; files.increment(failed)) {
    const std::optional<std::chrono::sys_days> day = day_of_file(files->path().filename().string());
    if (day && *day < range.to && *day + std::chrono::days{1} > range.from) found.push_back(*day);
    if (failed) return Error{Code::invalid, "cannot read " + directory_.string() + ": " + failed.message()};
  }
  std::sort(found.begin(), found.end(), std::greater<>{});
  return found;
}

Result<std::optional<SearchRange>> SqliteArchive::extent() {
  const Result<std::vector<std::chrono::sys_days>> held = days(all_time);
  if (!held) return held.error();
  if (held->empty()) return std::optional<SearchRange>{};
  return std::optional{SearchRange{held->back(), held->front() + std::chrono::days{1}}};
}

Result<SearchFields> SqliteArchive::fields(const SearchRange& range) {
  const Result<std::vector<std::chrono::sys_days>> touched = days(range);
  if (!touched) return touched.error();
  SearchFields fields;
  for (const std::chrono::sys_days day : *touched) {
    const auto read = [&]() -> Result<void> {
      Result<std::optional<SqliteDatabase>> database = open_day(directory_ / day_file_name(day));
      if (!database) return std::move(database).error();
      if (!*database) return {};
      Result<SqliteStatement> rows = (*database)->prepare(
          "SELECT path FROM fields UNION ALL SELECT NULL FROM meta WHERE key = 'fields_complete' AND value = 0");
      if (!rows) return std::move(rows).error();
      while (true) {
        const Result<bool> row = rows->step();
        if (!row) return row.error();
        if (!*row) return {};
        if (rows->text(0).data() == nullptr) fields.complete = false;
        else fields.paths.emplace(rows->text(0));
      }
    };
    if (!read()) fields.complete = false;  // search() names the day that cannot be read
  }
  return fields;
}

Result<SearchEnd> SqliteArchive::search(const Search& search, const std::function<bool(ByteView document)>& hit) {
  const Result<Matcher> matcher = Matcher::make(search.query);
  if (!matcher) return matcher.error();
  const Result<std::vector<std::chrono::sys_days>> touched = days(search.range);
  if (!touched) return touched.error();
  const Narrowing narrowing = narrow(search.query);
  DaySearch day_search{search, *matcher, narrowing};
  SearchEnd end;
  bool wants_more = true;
  for (const std::chrono::sys_days day : *touched) {
    if (is_stopped(search)) return stopped_error();
    Result<std::optional<SqliteDatabase>> database = open_day(directory_ / day_file_name(day));
    if (database && *database) (*database)->stop_when(search.stop);
    Result<void> done;
    if (!database) done = std::move(database).error();
    else if (*database) done = day_search.run(**database, hit, wants_more, end.total);
    if (!done && done.error().code() == Code::cancelled) return stopped_error();
    if (!done) end.unreadable.push_back(day_file_name(day) + ": " + done.error().text());
  }
  return end;
}

}  // namespace tidegate
