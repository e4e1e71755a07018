#include "tests/crash/power_cut.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <string_view>
#include <utility>

#include "tests/crash/disk_events.h"

namespace tidegate {
namespace {

namespace fs = std::filesystem;

struct Overwrite {
  std::uint64_t offset = 0;
  std::string before;
};
struct Extent {
  std::uint64_t synced = 0;
  std::vector<Overwrite> overwrites;  // since then
};
// How to undo what was done in a folder: `now` becomes `before`, or goes where there is none.
struct Change {
  std::string folder;
  std::string now;
  std::string before;
};

std::string parent_of(const std::string& path) { return fs::path{path}.parent_path().string(); }

std::vector<std::string> parts_of(const std::string& line) {
  std::vector<std::string> parts(1);
  for (const char c : line) {
    if (c == disk_events::separator) parts.emplace_back();
    else parts.back() += c;
  }
  return parts;
}

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    int byte = 0;
    std::from_chars(hex.data() + at, hex.data() + at + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::uint64_t size_of(const fs::path& path) {
  std::error_code gone;
  const std::uintmax_t size = fs::file_size(path, gone);
  return gone ? 0 : size;
}

// What is not durable, as the events tell it.
class Volatile {
 public:
  Result<void> read(const fs::path& file) {
    std::ifstream events{file, std::ios::binary};
    for (std::string line; std::getline(events, line);) {
      // The program died in the middle of this one: what it tells of was not done.
      if (events.eof()) break;
      if (!take(parts_of(line))) return Error{Code::corrupt, file.string() + ": not an event: " + line.substr(0, 200)};
    }
    return {};
  }

  PowerCutFigures lose(Random& random) {
    PowerCutFigures figures;
    for (auto& [path, extent] : extents_) {
      std::error_code gone;
      if (fs::exists(path, gone)) tear(path, extent, random, figures);
    }
    for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
      std::error_code ignored;  // what a later change undid is undone
      if (change->before.empty()) figures.changes_undone += fs::remove(change->now, ignored) ? 1 : 0;
      else if (fs::exists(change->now, ignored)) {
        fs::rename(change->now, change->before, ignored);
        ++figures.changes_undone;
      }
    }
    return figures;
  }

 private:
  bool take(const std::vector<std::string>& event) {
    const std::string& what = event[0];
    const auto is = [&](std::string_view name, std::size_t parts) { return what == name && event.size() == parts; };
    if (is("made", 2)) {
      extents_[event[1]] = {};
      changes_.push_back({parent_of(event[1]), event[1], ""});
    } else if (is("moved", 4)) {
      if (event[3] != disk_events::nothing) put_aside(event[2], event[3]);
      changes_.push_back({parent_of(event[2]), event[2], event[1]});
      if (const auto extent = extents_.extract(event[1])) extents_[event[2]] = extent.mapped();
    } else if (is("removed", 3)) {
      put_aside(event[1], event[2]);
    } else if (is("folder", 3)) {
      move_folder(event[1], event[2]);
    } else if (is("synced", 3)) {
      extents_[event[1]] = {number(event[2]), {}};
    } else if (is("listed", 2)) {
      std::erase_if(changes_, [&](const Change& change) { return change.folder == event[1]; });
    } else if (is("cut", 3)) {
      Extent& extent = extent_of(event[1]);
      extent.synced = std::min(extent.synced, number(event[2]));
    } else if (is("over", 4)) {
      extent_of(event[1]).overwrites.push_back({number(event[2]), bytes_of(event[3])});
    } else {
      return false;
    }
    return true;
  }

  // Of a file that was there before the events, everything is durable.
  Extent& extent_of(const std::string& path) {
    const auto [extent, fresh] = extents_.try_emplace(path);
    if (fresh) extent->second.synced = size_of(path);
    return extent->second;
  }

  void put_aside(const std::string& path, const std::string& stash) {
    changes_.push_back({parent_of(path), stash, path});
    if (const auto extent = extents_.extract(path)) extents_[stash] = extent.mapped();
  }

  void move_folder(const std::string& from, const std::string& to) {
    std::erase_if(changes_, [&](const Change& change) { return change.folder == from; });
    std::map<std::string, Extent> moved;
    for (auto& [path, extent] : extents_) {
      const bool inside = path.starts_with(from + "/");
      moved[inside ? to + path.substr(from.size()) : path] = std::move(extent);
    }
    extents_ = std::move(moved);
  }

  // Of what was written over, the last so many are undone; of what was added, so many bytes stay, perhaps not as they were.
  static void tear(const std::string& path, const Extent& extent, Random& random, PowerCutFigures& figures) {
    const std::uint64_t undone = random.below(extent.overwrites.size() + 1);
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    for (std::uint64_t back = 1; back <= undone; ++back) {
      const Overwrite& overwrite = extent.overwrites[extent.overwrites.size() - back];
      file.seekp(static_cast<std::streamoff>(overwrite.offset));
      file.write(overwrite.before.data(), static_cast<std::streamsize>(overwrite.before.size()));
    }
    figures.overwrites_undone += undone;
    const std::uint64_t written = size_of(path);
    if (written <= extent.synced) return;
    const std::uint64_t unsynced = written - extent.synced;
    const std::uint64_t kept = random.chance(3) ? 0 : random.below(unsynced + 1);
    if (kept > 0 && random.chance(2)) {
      const std::uint64_t at = random.below(kept);
      file.seekp(static_cast<std::streamoff>(extent.synced + at));
      file << std::string(std::min<std::uint64_t>(kept - at, 1 + random.below(4096)), '\0');
    }
    file.close();
    fs::resize_file(path, extent.synced + kept);
    ++figures.files_torn;
    figures.bytes_lost += unsynced - kept;
  }

  std::map<std::string, Extent> extents_;
  std::vector<Change> changes_;
};

}  // namespace

WatchedDisk::WatchedDisk(fs::path directory) : directory_(std::move(directory)) { fs::create_directories(stash()); }

std::vector<std::string> WatchedDisk::environment(const fs::path& preload) const {
  return {"LD_PRELOAD=" + preload.string(), std::string{disk_events::file_variable} + "=" + events_file().string(),
          std::string{disk_events::stash_variable} + "=" + stash().string() + "/"};
}

Result<PowerCutFigures> WatchedDisk::cut_power(Random& random) {
  Volatile written;
  if (Result<void> read = written.read(events_file()); !read) return std::move(read).error();
  const PowerCutFigures figures = written.lose(random);
  fs::remove_all(stash());
  fs::remove(events_file());
  fs::create_directories(stash());
  return figures;
}

}  // namespace tidegate
