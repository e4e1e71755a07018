#include "tests/support/vision_one_packages.h"

#include <algorithm>

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr seconds span = 60s;
constexpr seconds built_within = 2s;

WallSeconds begin_of(std::int64_t minute) { return WallSeconds{minute * span}; }

WallSeconds creation_of(std::int64_t minute) { return begin_of(minute + 1) + built_within; }

// The first minute whose package is not created before `time`.
std::int64_t first_minute(WallSeconds time) {
  std::int64_t minute = (time - built_within).time_since_epoch() / span - 1;
  while (creation_of(minute) < time) ++minute;
  return minute;
}

// "2026-11-24T13:05:07Z" to "2026112413".
std::string hour_of(WallSeconds time) {
  const std::string iso = to_iso8601(time);
  return iso.substr(0, 4) + iso.substr(5, 2) + iso.substr(8, 2) + iso.substr(11, 2);
}

// A technique whose level no pipeline can ask for counts as the lowest.
bool wanted(const RiskLevels& levels, std::string_view level) { return levels.contains(level == "undefined" ? "info" : level); }

}  // namespace

SimPackage Packages::package_of(std::int64_t minute) const {
  const DataOptions& options = archive_.schedule().options();
  Random dice{Seed{seed_.value + static_cast<std::uint64_t>(minute) * 0x9E3779B97F4A7C15u}};
  SimPackage package;
  package.minute = minute;
  package.created = creation_of(minute);
  package.id = hour_of(package.created) + "-";
  append_uuid(package.id, dice);
  package.listed = package.created;
  if (dice.unit() < options.late_share)
    package.listed += seconds{pick(dice, static_cast<std::uint32_t>(options.late_max / 1s) + 1)};
  return package;
}

// Records are numbered by arrival, and visible late_max after it at the latest.
std::vector<std::uint32_t> Packages::records_of(std::int64_t minute, const RiskLevels& levels) const {
  const Schedule& schedule = archive_.schedule();
  const WallTime begin = begin_of(minute);
  const WallTime end = begin + span;
  std::vector<std::uint32_t> records;
  const std::uint32_t last = schedule.arrived(Feed::techniques, end);
  for (std::uint32_t i = schedule.arrived(Feed::techniques, begin - schedule.options().late_max - 1s); i < last; ++i) {
    const WallTime visible = schedule.event(Feed::techniques, i).visible;
    if (visible >= begin && visible < end && wanted(levels, archive_.techniques().risk_level(i))) records.push_back(i);
  }
  return records;
}

std::vector<SimPackage> Packages::between(WallSeconds from, WallSeconds to, WallTime now, const RiskLevels& levels) const {
  std::vector<SimPackage> packages;
  for (std::int64_t minute = first_minute(from); creation_of(minute) < to; ++minute) {
    SimPackage package = package_of(minute);
    if (package.listed > now || records_of(minute, levels).empty()) continue;
    packages.push_back(std::move(package));
  }
  std::sort(packages.begin(), packages.end(), [](const SimPackage& a, const SimPackage& b) { return a.id < b.id; });
  return packages;
}

std::optional<SimPackage> Packages::find(std::string_view id, WallTime now, const RiskLevels& levels) const {
  constexpr std::size_t hour_digits = 10;
  if (id.size() <= hour_digits || id.substr(0, hour_digits).find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  const std::string digits{id.substr(0, hour_digits)};
  const auto hour = parse_time(digits.substr(0, 4) + "-" + digits.substr(4, 2) + "-" + digits.substr(6, 2) + "T" +
                               digits.substr(8, 2) + ":00:00Z");
  if (!hour) return std::nullopt;
  const WallSeconds from = std::chrono::floor<seconds>(*hour);
  for (std::int64_t minute = first_minute(from); creation_of(minute) < from + 1h; ++minute) {
    SimPackage package = package_of(minute);
    if (package.id != id) continue;
    if (package.listed > now || records_of(minute, levels).empty()) break;
    return package;
  }
  return std::nullopt;
}

Bytes Packages::lines(const SimPackage& package, const RiskLevels& levels) const {
  Bytes out;
  for (const std::uint32_t record : records_of(package.minute, levels)) {
    archive_.techniques().append_line(out, record);
    out.push_back('\n');
  }
  return out;
}

}  // namespace tidegate
