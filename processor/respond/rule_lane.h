// RuleLane: rules on the stream look at records as soon as they are landed, so that an index that is behind holds up no action.
//
// Promises: what it has no room for, cannot read or could not write down is left to the index thread, which looks at every chunk
// that was not looked at here before the landing lets go of it: nothing passes by the rules. What both look at is decided once (P9:
// rule_ports.h). It keeps at most queue_max chunks and queue_bytes_max of them, and remembers seen_max of those that it was through
// with.
//   tidegate_rule_chunks_total{looked}   ahead: of the index, here; behind: left to the index
//
// Threads: landed() the landing thread, seen() and take_seen() the index thread; it has one of its own, or step() in its place.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "processor/ports.h"
#include "processor/respond/rule_judge.h"

namespace tidegate {

struct RuleLaneLimits {
  std::size_t queue_max = 10'000;           // chunks
  std::size_t queue_bytes_max = 32u << 20;  // as they came, compressed
  std::size_t batch_bytes_max = 2u << 20;   // decompressed: a batch, one transaction, is closed by the chunk that reaches it
  std::size_t seen_max = 50'000;            // chunks
};

class RuleLane final : public LandedWatch, public RecordWatch {
 public:
  //   requires: all of them outlive it
  RuleLane(RuleJudge& judge, Log& log, Metrics& metrics, RuleLaneLimits limits = {});
  ~RuleLane() override;

  void start();
  // Ends the thread after the batch under way; what waits is left to the index.
  void stop();
  // Looks at one batch, and says how many chunks it was. For those who have no thread for it.
  std::size_t step();

  void landed(std::vector<Chunk> chunks) override;
  Result<void> seen(std::span<const IndexRecord> records) override { return judge_.seen(records); }
  bool take_seen(const Chunk& chunk) override;

 private:
  enum class Stage : std::uint8_t { waiting, looked };

  void run();
  std::optional<Chunk> next();
  void note(const std::deque<Chunk>& batch, const std::vector<bool>& looked);

  RuleJudge& judge_;
  Log& log_;
  RuleLaneLimits limits_;
  Metric& ahead_;
  Metric& behind_;
  bool failing_ = false;  // of the thread that looks

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Chunk> queue_;
  std::size_t queue_bytes_ = 0;
  std::unordered_map<std::string, Stage> stages_;  // by the sensor and the chunk's id
  std::deque<std::string> looked_;                 // of those, in the order of their looks
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tidegate
