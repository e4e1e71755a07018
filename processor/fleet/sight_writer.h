// SightWriter: what many sensors say at once, into the store in few transactions. A sync for each of 10,000 sensors would take
// minutes; gathered for a fifth of a second they take a few.
//
// Promises: of each sensor the newest sight counts and, once told, its newest status; of each sensor and hash the newest report.
// What could not be written is kept, and tried again with what came meanwhile, so memory is bounded by the sensors. A crash loses
// what was gathered: sensors tell it again when they reconnect.
//
// Threads: saw(), reported() from any; the store is used by the writer's own thread between start() and stop(), else by whoever
// calls flush().
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "processor/fleet_ports.h"

namespace tidegate {

struct SightWriterLimits {
  std::chrono::milliseconds every{200};
  std::size_t rows_per_write_max = 2'000;  // of one transaction, so that nobody waits long for the store
  std::size_t reports_max = 200'000;       // beyond it they are dropped; the sensors' newest state is in memory
};

class SightWriter {
 public:
  //   requires: all of them outlive the writer
  SightWriter(FleetStore& store, Log& log, Metrics& metrics, SightWriterLimits limits = {});
  ~SightWriter();
  SightWriter(const SightWriter&) = delete;
  SightWriter& operator=(const SightWriter&) = delete;

  void start();
  // Writes what is left, then ends the thread.
  void stop();

  void saw(SensorSight sight);
  void reported(ConfigReport report);

  // Writes all of it.   requires: the thread does not run
  Result<void> flush();

 private:
  using Sights = std::map<std::string, SensorSight, std::less<>>;
  using Reports = std::map<std::pair<std::string, Bytes>, ConfigReport>;

  void run();
  Result<void> write();
  void keep_for_later(Sights& sights, Reports& reports);

  FleetStore& store_;
  Log& log_;
  SightWriterLimits limits_;
  Metric& failures_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  Sights sights_;
  Reports reports_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tidegate
