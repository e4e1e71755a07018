#include "tests/support/temporary_directory.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/check.h"

namespace tidegate {

TemporaryDirectory::TemporaryDirectory() {
  std::error_code none;
  const std::filesystem::path memory{"/dev/shm"};
  const bool usable = std::filesystem::is_directory(memory, none) && ::access(memory.c_str(), W_OK) == 0;
  std::string name = ((usable ? memory : std::filesystem::temp_directory_path()) / "tidegate-XXXXXX").string();
  TG_ASSERT(::mkdtemp(name.data()) != nullptr, "a test can make its folder");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tidegate
