#include "storage/store_files.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace tidegate {
namespace {

bool says(const rocksdb::Status& status, int cause) {
  return status.ToString().find(std::generic_category().message(cause)) != std::string::npos;
}

// The library names the cause in its text alone.
Error place_error(const rocksdb::Status& status, const std::filesystem::path& path) {
  const std::string where = path.string();
  if (says(status, EACCES) || says(status, EPERM)) {
    return Error{Code::invalid, "no permission to write in " + where + ": start as the user that owns it, or correct its owner"};
  }
  if (says(status, EROFS)) {
    return Error{Code::invalid, where + " is on a read-only file system: mount it for writing, or set sensor.state_directory"};
  }
  if (says(status, ENOTDIR) || says(status, EEXIST) || status.ToString().find("not a directory") != std::string::npos) {
    return Error{Code::invalid, where + " is not a directory: move what is there out of the way, or set sensor.state_directory"};
  }
  return error_from(status, where);
}

// "journal.damaged-12" beside "journal" → 12; 0 is no such name.
std::uint64_t set_aside_number(std::string_view file, std::string_view store) {
  const std::string prefix = std::string{store} + ".damaged-";
  if (!file.starts_with(prefix)) return 0;
  std::uint64_t number = 0;
  const auto [end, wrong] = std::from_chars(file.data() + prefix.size(), file.data() + file.size(), number);
  return wrong == std::errc{} && end == file.data() + file.size() ? number : 0;
}

Result<void> sync_directory(const StorePlace& place, const std::filesystem::path& path) {
  std::unique_ptr<rocksdb::Directory> directory;
  rocksdb::Status status = place.environment()->NewDirectory(path.string(), &directory);
  if (status.ok()) status = directory->Fsync();
  if (!status.ok()) return place_error(status, path);
  return {};
}

}  // namespace

Result<StoreFiles> look(const StorePlace& place) {
  std::vector<std::string> names;
  const rocksdb::Status status = place.environment()->GetChildren(place.directory.string(), &names);
  if (is_missing(status)) return StoreFiles{};
  if (!status.ok()) return place_error(status, place.directory);
  StoreFiles files;
  files.there = true;
  bool others = false;
  for (const std::string& file : names) {
    if (file == "." || file == ".." || file == "LOCK") continue;
    files.current |= file == "CURRENT";
    files.log |= file.ends_with(".log");
    files.data |= file.ends_with(".log") || file.ends_with(".sst") || file.ends_with(".blob") || file.starts_with("MANIFEST-");
    others = true;
  }
  files.foreign = others && !files.begun();
  return files;
}

Result<void> make_directory(const StorePlace& place) {
  std::filesystem::path path;
  for (const std::filesystem::path& part : place.directory) {
    path /= part;
    // The last one is always asked for: only so is a file in its place seen.
    const bool there = path != place.directory && place.environment()->FileExists(path.string()).ok();
    if (part.empty() || path == path.root_path() || there) continue;
    const rocksdb::Status status = place.environment()->CreateDirIfMissing(path.string());
    if (!status.ok()) return place_error(status, path);
  }
  if (!place.env) {
    std::error_code wrong;
    std::filesystem::permissions(place.directory, std::filesystem::perms::owner_all, wrong);
    if (wrong) return Error{Code::invalid, place.directory.string() + ": " + wrong.message() + ": correct its owner"};
  }
  return {};
}

Result<void> check_lock(const StorePlace& place) {
  rocksdb::FileLock* lock = nullptr;
  const rocksdb::Status status = place.environment()->LockFile((place.directory / "LOCK").string(), &lock);
  if (status.ok()) {
    place.environment()->UnlockFile(lock).PermitUncheckedError();
    return {};
  }
  if (says(status, EAGAIN) || status.ToString().find("lock hold by current process") != std::string::npos) {
    return Error{Code::unavailable, "another process holds " + place.directory.string() +
                                        ": stop the other agent, or give this one a state directory of its own"};
  }
  return place_error(status, place.directory);
}

Result<SetAside> find_set_aside(const StorePlace& place) {
  std::vector<std::string> names;
  const std::filesystem::path parent = place.directory.parent_path();
  const rocksdb::Status status = place.environment()->GetChildren(parent.string(), &names);
  if (!status.ok()) return place_error(status, parent);
  SetAside found;
  for (const std::string& file : names) {
    const std::uint64_t number = set_aside_number(file, place.directory.filename().string());
    if (number == 0) continue;
    found.oldest = found.count == 0 ? number : std::min(found.oldest, number);
    found.newest = std::max(found.newest, number);
    ++found.count;
  }
  return found;
}

std::filesystem::path set_aside_path(const StorePlace& place, std::uint64_t number) {
  return place.directory.string() + ".damaged-" + std::to_string(number);
}

StorePlace beginning_place(const StorePlace& place) { return {place.directory.string() + ".beginning", place.env}; }

Result<void> move_directory(const StorePlace& from, const std::filesystem::path& to) {
  const rocksdb::Status status = from.environment()->RenameFile(from.directory.string(), to.string());
  if (!status.ok()) return place_error(status, from.directory);
  return sync_directory(from, to.parent_path());
}

Result<void> remove_directory(const StorePlace& place) {
  std::vector<std::string> names;
  rocksdb::Status status = place.environment()->GetChildren(place.directory.string(), &names);
  if (is_missing(status)) return {};
  for (const std::string& file : names) {
    if (!status.ok()) break;
    if (file != "." && file != "..") status = place.environment()->DeleteFile((place.directory / file).string());
  }
  if (status.ok()) status = place.environment()->DeleteDir(place.directory.string());
  if (!status.ok()) return place_error(status, place.directory);
  return {};
}

}  // namespace tidegate
