// A directory of one's own, removed with all that is in it: in memory where the system has a place for that, since what is tested
// is order, not the disk.
#pragma once

#include <filesystem>

namespace tidegate {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tidegate
