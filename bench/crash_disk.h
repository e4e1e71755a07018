// The disk of a program whose power is cut in `bench crashes`: WatchedDisk (tests/crash/power_cut.h) with what programs need
// that go on writing to files of an earlier life, and that write to files through a mapping.
//
// - A file that is there at a start is durable as it is then; what is added to it is not, before it is synced.
// - A system writes back by itself, within half a minute; the lives here are shorter. written_back() is that moment.
// - Writing through a mapping is seen by nobody. Of each mapped page a cut leaves what the program wrote last, or what was
//   durable.
//
// Thread: the owner's.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "tests/crash/power_cut.h"

namespace tidegate {

// The beginning of a file that the program writes to through a mapping.
struct MappedPart {
  std::filesystem::path file;
  std::size_t bytes = 0;
};

class CrashDisk {
 public:
  // All that the program keeps is in folders below `root`, or in files there.
  CrashDisk(std::filesystem::path root, std::vector<MappedPart> mapped);

  // "NAME=value", for the program. `preload`: the library that notes.
  std::vector<std::string> environment(const std::filesystem::path& preload) const { return watched_.environment(preload); }

  // From now on everything that is there is durable. Also called before each start, while the program does not run.
  void written_back();
  // Takes what was not durable.   requires: the program is dead
  Result<PowerCutFigures> cut_power(Random& random);

 private:
  std::filesystem::path root_;
  std::vector<MappedPart> mapped_;
  std::vector<std::string> durable_;  // of each mapped part
  WatchedDisk watched_;
};

}  // namespace tidegate
