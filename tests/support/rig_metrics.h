// What a metrics page says, read back: the other half of base/metrics.h.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate {

class MetricsReading {
 public:
  // Lines that are no samples are skipped.
  explicit MetricsReading(std::string_view text);

  // The sum over every sample of that name whose labels hold all of `labels`; 0 where there is none.
  double sum(std::string_view name, const std::vector<std::pair<std::string, std::string>>& labels = {}) const;
  bool has(std::string_view name) const;

 private:
  struct Sample {
    std::string labels;  // `{a="b",c="d"}`, or empty
    double value = 0;
  };

  std::multimap<std::string, Sample, std::less<>> samples_;
};

}  // namespace tidegate
