// Metrics: counters and gauges with labels, and their Prometheus text. The code acts on the same numbers that it shows
// (P12), so a reader never sees a state of its own. An object, not a registry of the process: whoever counts is given one.
//
// Thread: a Counter or Gauge may be changed and read from any; creating one takes a lock, so keep the reference.
// Source of the format: Prometheus, "Text-based format", version 0.0.4.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate {

// One number. A counter only grows; a gauge is set.
class Metric {
 public:
  void add(std::int64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

using Labels = std::vector<std::pair<std::string, std::string>>;

class Metrics {
 public:
  // The metric of that name and labels, made at first use; stays valid as long as Metrics does. `help` of the first use
  // counts. Names end in the unit (`_bytes`, `_seconds`), counters in `_total`.
  Metric& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Metric& gauge(std::string_view name, std::string_view help, const Labels& labels = {});

  // All of them, sorted by name, then by labels.
  std::string text() const;

 private:
  struct Family {
    std::string help;
    bool counts = false;
    std::map<std::string, std::unique_ptr<Metric>> members;  // by rendered labels
  };

  Metric& find(std::string_view name, std::string_view help, const Labels& labels, bool counts);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace tidegate
