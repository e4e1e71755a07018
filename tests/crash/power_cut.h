// What a power cut takes from a program that has been killed: the bytes behind the last sync of each file, or a random part of
// them, or it garbles them; what was written over since then; and what was made, moved and removed in a folder since that was
// synced.
//
// Thread: any, one at a time; the program must be dead.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace tidegate {

struct PowerCutFigures {
  std::uint64_t files_torn = 0;
  std::uint64_t bytes_lost = 0;
  std::uint64_t overwrites_undone = 0;
  std::uint64_t changes_undone = 0;  // of folders

  bool nothing() const { return files_torn + overwrites_undone + changes_undone == 0; }
};

// Where one program's events are noted (disk_events.h): below `directory`, which is its state directory.
class WatchedDisk {
 public:
  explicit WatchedDisk(std::filesystem::path directory);

  // "NAME=value", for the program. `preload`: the library that notes.
  std::vector<std::string> environment(const std::filesystem::path& preload) const;

  // Takes what was not synced. After it everything that is left is durable.
  Result<PowerCutFigures> cut_power(Random& random);

 private:
  std::filesystem::path events_file() const { return directory_ / "disk-events"; }
  std::filesystem::path stash() const { return directory_ / "disk-stash"; }

  std::filesystem::path directory_;
};

}  // namespace tidegate
