#include "config/nearest.h"

#include <algorithm>
#include <vector>

namespace tidegate {
namespace {

constexpr std::size_t text_bytes_max = 128;

// Optimal string alignment distance, over three rows.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view text, std::span<const std::string_view> candidates) {
  if (text.empty() || text.size() > text_bytes_max) return std::nullopt;
  std::size_t least = std::max<std::size_t>(1, text.size() / 3) + 1;
  std::optional<std::string_view> found;
  for (std::string_view candidate : candidates) {
    if (candidate.size() > text_bytes_max) continue;
    const std::size_t apart = distance(text, candidate);
    if (apart < least) {
      least = apart;
      found = candidate;
    }
  }
  return found;
}

}  // namespace tidegate
