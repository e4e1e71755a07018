// The floors and the rooms: who may include whom. The build keeps the floors as well; this says it by name, and keeps
// what the build cannot: siblings within a floor, cycles, and a pipeline that names no library.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/tidy/tree.h"

namespace tidegate::tidy {
namespace {

const std::map<std::string, std::set<std::string>>& floors() {
  static const std::map<std::string, std::set<std::string>> may_include{
      {"base", {"base"}},
      {"config", {"base", "config"}},
      {"storage", {"base", "storage"}},
      {"transport", {"base", "transport"}},
      {"match", {"base", "config", "transport", "match"}},
      {"respond", {"base", "config", "transport", "respond"}},
      {"manual", {"base", "config", "manual"}},
      // The build lets their tools alone see the manual's.
      {"agent", {"base", "config", "storage", "transport", "match", "manual", "respond", "agent"}},
      {"processor", {"base", "config", "transport", "match", "manual", "respond", "processor"}},
  };
  return may_include;
}

std::string floor_of(const std::string& path) { return path.substr(0, path.find('/')); }

// "agent/edges" → "edges"; empty for a file that stands on the floor itself.
std::string room_of(const std::string& path) {
  const std::string folder = folder_of(path);
  const std::size_t slash = folder.find('/');
  return slash == std::string::npos ? std::string{} : folder.substr(slash + 1);
}

TEST(Floors, AnIncludeRunsDownNeverUpOrAcross) {
  for (const SourceFile& file : tree()) {
    const auto floor = floors().find(floor_of(file.path));
    if (floor == floors().end()) continue;
    for (const Include& include : file.includes) {
      if (include.quoted) {
        EXPECT_TRUE(floor->second.contains(floor_of(include.path))) << file.path << " includes " << include.path;
      }
    }
  }
}

TEST(Floors, SiblingRoomsNeverIncludeOneAnother) {
  for (const SourceFile& file : tree()) {
    const std::string floor = floor_of(file.path);
    const std::string room = room_of(file.path);
    if ((floor != "agent" && floor != "processor") || room.empty()) continue;
    for (const Include& include : file.includes) {
      if (!include.quoted || floor_of(include.path) != floor) continue;
      const std::string other = room_of(include.path);
      EXPECT_TRUE(other.empty() || other == room) << file.path << " includes " << include.path;
    }
  }
}

TEST(Floors, StagesNameNoLibraryNoFileAndNoThread) {
  const std::regex asio{R"(boost/asio/(any_io_executor|awaitable|this_coro|use_awaitable|as_tuple|cancellation_\w+|co_spawn|)"
                        R"(error|experimental/(awaitable_operators|channel|concurrent_channel))\.hpp)"};
  const std::set<std::string> unwanted{"fstream", "filesystem",         "iostream",    "thread",
                                       "mutex",   "condition_variable", "shared_mutex"};
  for (const SourceFile& file : tree()) {
    if (!starts_with_any(file.path, {"agent/pipeline/", "agent/control/"})) continue;
    for (const Include& include : file.includes) {
      if (include.quoted) continue;
      const bool library = include.path.find('/') != std::string::npos || include.path.ends_with(".h");
      EXPECT_TRUE(!library || std::regex_match(include.path, asio)) << file.path << " includes " << include.path;
      EXPECT_FALSE(unwanted.contains(include.path)) << file.path << " includes " << include.path;
    }
  }
}

// Walks down the includes; `path` holds the way that led here.
class CycleSearch {
 public:
  void visit(const std::string& file) {
    if (done_.contains(file)) return;
    path_.push_back(file);
    for (const std::string& next : graph_[file]) {
      const auto at = std::find(path_.begin(), path_.end(), next);
      if (at == path_.end()) {
        visit(next);
        continue;
      }
      std::string cycle;
      for (auto step = at; step != path_.end(); ++step) cycle.append(*step).append(" → ");
      ADD_FAILURE() << "include cycle: " << cycle << next;
    }
    path_.pop_back();
    done_.insert(file);
  }
  void add(const SourceFile& file) {
    for (const Include& include : file.includes) {
      if (include.quoted) graph_[file.path].push_back(include.path);
    }
  }

 private:
  std::map<std::string, std::vector<std::string>> graph_;
  std::vector<std::string> path_;
  std::set<std::string> done_;
};

// What links floors together takes the first definition of an inline function that it meets: two classes of one name then share a
// destructor, and neither is told.
TEST(Floors, AClassHasItsNameForItselfInAllThatIsLinkedTogether) {
  const std::regex opens{
      R"(^namespace( [A-Za-z0-9_:]+)? \{$|^(?:class|struct|enum class) ([A-Za-z0-9]+)(?:| final)(?:| :.*) \{.*$)"};
  std::map<std::string, std::string> places;
  for (const SourceFile& file : tree()) {
    const bool linked = floors().contains(floor_of(file.path)) ||
                        starts_with_any(file.path, {"bench/", "tests/support/", "tests/world/", "tests/sim/"});
    if (!linked || !is_cxx(file.path)) continue;
    std::vector<std::string> spaces;
    std::istringstream lines{file.text};
    for (std::string line; std::getline(lines, line);) {
      std::smatch found;
      if (!std::regex_match(line, found, opens)) {
        if (line.starts_with("}  // namespace") && !spaces.empty()) spaces.pop_back();
        continue;
      }
      if (found[2].matched) {
        const bool hidden = std::ranges::find(spaces, std::string{}) != spaces.end();
        std::string name;
        for (const std::string& space : spaces) name.append(space).append("::");
        const auto [at, fresh] = places.emplace(name + found[2].str(), file.path);
        EXPECT_TRUE(hidden || fresh || at->second == file.path)
            << name << found[2].str() << " is a class in " << at->second << " and in " << file.path;
        if (hidden && fresh) places.erase(at);
      } else {
        spaces.push_back(found[1].matched ? found[1].str().substr(1) : std::string{});
      }
    }
  }
  EXPECT_GT(places.size(), 300u) << "the rule sees no classes";
}

TEST(Floors, NoIncludeRunsInACircle) {
  CycleSearch search;
  for (const SourceFile& file : tree()) search.add(file);
  for (const SourceFile& file : tree()) search.visit(file.path);
}

TEST(Floors, EveryIncludeOfOursNamesAFileThatIsThere) {
  for (const SourceFile& file : tree()) {
    for (const Include& include : file.includes) {
      if (include.quoted) {
        EXPECT_TRUE(std::filesystem::exists(root() / include.path)) << file.path << " includes " << include.path;
      }
    }
  }
}

}  // namespace
}  // namespace tidegate::tidy
