#include "bench/crash_disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <utility>

#include "base/check.h"
#include "tests/crash/disk_events.h"

namespace tidegate {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t page_bytes = 4096;
// As WatchedDisk names them.
constexpr const char* events_name = "disk-events";
constexpr const char* stash_name = "disk-stash";

std::string beginning_of(const MappedPart& part) {
  std::ifstream file{part.file, std::ios::binary};
  std::string bytes(part.bytes, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

// Some of the pages become again what was durable; gives back how many.
std::uint64_t lose_pages(const MappedPart& part, const std::string& durable, Random& random) {
  const std::string now = beginning_of(part);
  std::fstream file{part.file, std::ios::in | std::ios::out | std::ios::binary};
  std::uint64_t lost = 0;
  for (std::size_t at = 0; at < std::min(now.size(), durable.size()); at += page_bytes) {
    const std::string before = durable.substr(at, page_bytes);
    if (now.compare(at, before.size(), before) == 0 || random.chance(2)) continue;
    file.seekp(static_cast<std::streamoff>(at));
    file.write(before.data(), static_cast<std::streamsize>(before.size()));
    ++lost;
  }
  return lost;
}

}  // namespace

CrashDisk::CrashDisk(fs::path root, std::vector<MappedPart> mapped)
    : root_(std::move(root)), mapped_(std::move(mapped)), watched_(root_) {
  written_back();
}

void CrashDisk::written_back() {
  durable_.clear();
  for (const MappedPart& part : mapped_) durable_.push_back(beginning_of(part));
  std::string events;
  const auto note = [&events](std::initializer_list<std::string> parts) {
    for (const std::string& part : parts) events.append(part).push_back(disk_events::separator);
    events.back() = '\n';
  };
  note({"listed", root_.string()});
  std::error_code gone;  // what goes while it is looked at has nothing to lose
  for (fs::recursive_directory_iterator at{root_, gone}, end; !gone && at != end; at.increment(gone)) {
    const fs::path path = at->path();
    std::error_code absent;
    if (path == root_ / stash_name) {
      at.disable_recursion_pending();
    } else if (at->is_directory(absent)) {
      note({"listed", path.string()});
    } else if (at->is_regular_file(absent) && path != root_ / events_name) {
      const std::uintmax_t bytes = fs::file_size(path, absent);
      if (!absent) note({"synced", path.string(), std::to_string(bytes)});
    }
  }
  // Behind what the program notes meanwhile: one write to the end, as its own are.
  const int file = ::open((root_ / events_name).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const ssize_t noted = file < 0 ? -1 : ::write(file, events.data(), events.size());
  TG_ASSERT(noted == static_cast<ssize_t>(events.size()), "a watched disk has room for its notes");
  ::close(file);
}

Result<PowerCutFigures> CrashDisk::cut_power(Random& random) {
  Result<PowerCutFigures> figures = watched_.cut_power(random);
  if (!figures) return figures;
  for (std::size_t i = 0; i < mapped_.size(); ++i) figures->overwrites_undone += lose_pages(mapped_[i], durable_[i], random);
  written_back();
  return figures;
}

}  // namespace tidegate
