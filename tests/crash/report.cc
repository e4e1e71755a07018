#include "tests/crash/report.h"

#include <cstdio>

namespace tidegate {

int report(const Result<VerdictFigures>& figures, const std::filesystem::path& directory, const std::string& again) {
  if (!figures) {
    std::printf("%s\nlogs in %s; again with %s\n", figures.error().text().c_str(), directory.c_str(), again.c_str());
    return 1;
  }
  for (const std::string& example : figures->examples) std::printf("%s\n", example.c_str());
  std::printf("foreign=%llu earlier_versions=%llu; again with %s\n%s\n", static_cast<unsigned long long>(figures->foreign),
              static_cast<unsigned long long>(figures->earlier_versions), again.c_str(), figures->line().c_str());
  if (!figures->ok()) return 1;
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return 0;
}

}  // namespace tidegate
