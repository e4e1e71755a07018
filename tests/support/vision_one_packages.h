// The packages of the data pipeline: which there are, when, and what they hold. Pure functions of the archive and a time, so that
// they need no memory.
//
// A package holds the techniques that became visible within one minute; a minute without any has none. It is created 2 s after the
// minute, and listed from then on, or as much later as the options' late_share and late_max say.
//
// Thread: any; nothing changes after construction.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/vision_one_archive.h"

namespace tidegate {

using RiskLevels = std::set<std::string, std::less<>>;

struct SimPackage {
  std::string id;  // "yyyymmddhh-<uuid>", the hour of its creation
  std::int64_t minute = 0;
  WallSeconds created{};
  WallTime listed{};
};

class Packages {
 public:
  //   requires: `archive` outlives this
  Packages(const SimArchive& archive, Seed seed) : archive_(archive), seed_(seed) {}

  // Those created in [from, to) and listed at `now`, ordered by id, as objects in a store are.
  std::vector<SimPackage> between(WallSeconds from, WallSeconds to, WallTime now, const RiskLevels& levels) const;
  std::optional<SimPackage> find(std::string_view id, WallTime now, const RiskLevels& levels) const;
  // JSON lines.
  Bytes lines(const SimPackage& package, const RiskLevels& levels) const;

 private:
  SimPackage package_of(std::int64_t minute) const;
  std::vector<std::uint32_t> records_of(std::int64_t minute, const RiskLevels& levels) const;

  const SimArchive& archive_;
  Seed seed_;
};

}  // namespace tidegate
