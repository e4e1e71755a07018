#include "tests/support/rig_metrics.h"

#include <algorithm>
#include <cstdlib>

namespace tidegate {

MetricsReading::MetricsReading(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t space = line.rfind(' ');
    if (line.empty() || line.front() == '#' || space == std::string_view::npos) continue;
    const std::string_view series = line.substr(0, space);
    const std::size_t brace = std::min(series.find('{'), series.size());
    samples_.emplace(series.substr(0, brace),
                     Sample{std::string{series.substr(brace)}, std::strtod(std::string{line.substr(space + 1)}.c_str(), nullptr)});
  }
}

double MetricsReading::sum(std::string_view name, const std::vector<std::pair<std::string, std::string>>& labels) const {
  double total = 0;
  const auto [first, last] = samples_.equal_range(name);
  for (auto at = first; at != last; ++at) {
    const bool matches = std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
      return at->second.labels.find(label.first + "=\"" + label.second + "\"") != std::string::npos;
    });
    if (matches) total += at->second.value;
  }
  return total;
}

bool MetricsReading::has(std::string_view name) const { return samples_.find(name) != samples_.end(); }

}  // namespace tidegate
