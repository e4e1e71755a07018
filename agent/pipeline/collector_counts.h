// The metrics of one collector.
#pragma once

#include <string>
#include <vector>

#include "base/metrics.h"
#include "storage/types.h"

namespace tidegate {

struct CollectorCounts {
  CollectorCounts(Metrics& metrics, const CursorKey& key, const std::vector<std::string>& filters)
      : CollectorCounts(metrics, Labels{{"connector", key.connector}, {"content_type", std::string{name(key.lane)}}}) {
    for (const std::string& filter : filters)
      filtered.push_back(
          &metrics.counter("tidegate_records_filtered_total", "Records that a log filter dropped.",
                           {{"connector", key.connector}, {"content_type", std::string{name(key.lane)}}, {"filter", filter}}));
  }

  CollectorCounts(Metrics& metrics, const Labels& labels)
      : collected(metrics.counter("tidegate_records_collected_total", "Records in the pages that were read.", labels)),
        duplicate(metrics.counter("tidegate_records_duplicate_total", "Records that had been read before.", labels)),
        quarantined(
            metrics.counter("tidegate_records_quarantined_total", "Records that were not understood; kept as they came.", labels)),
        committed(metrics.counter("tidegate_records_committed_total", "Records committed to the journal.", labels)),
        lag(metrics.gauge("tidegate_collector_lag_seconds", "The API's clock less the time up to which everything was read.",
                          labels)),
        gap_seconds(metrics.counter("tidegate_gap_seconds_total", "Time that could not be read, because the API no longer has it.",
                                    labels)) {}

  Metric& collected;
  Metric& duplicate;
  Metric& quarantined;
  Metric& committed;
  Metric& lag;
  Metric& gap_seconds;
  std::vector<Metric*> filtered{};  // by filter
};

}  // namespace tidegate
