#include "processor/respond/rule_lane.h"

#include "base/check.h"
#include "processor/chunk_records.h"

namespace tidegate {
namespace {

// An id belongs to its sensor: none can say of another's chunk that it was seen.
std::string key_of_chunk(const Chunk& chunk) { return chunk.sensor + '\0' + *chunk.id; }

Metric& chunks_counter(Metrics& metrics, const std::string& looked) {
  return metrics.counter("tidegate_rule_chunks_total", "Chunks that rules on the stream have looked at.", {{"looked", looked}});
}

}  // namespace

RuleLane::RuleLane(RuleJudge& judge, Log& log, Metrics& metrics, RuleLaneLimits limits)
    : judge_(judge),
      log_(log),
      limits_(limits),
      ahead_(chunks_counter(metrics, "ahead")),
      behind_(chunks_counter(metrics, "behind")) {}

RuleLane::~RuleLane() { stop(); }

void RuleLane::start() {
  TG_ASSERT(!thread_.joinable(), "the lane of rules is started once");
  thread_ = std::thread{[this] { run(); }};
}

void RuleLane::stop() {
  {
    const std::unique_lock lock{mutex_};
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void RuleLane::landed(std::vector<Chunk> chunks) {
  if (!judge_.looks_at_stream()) return;
  const std::unique_lock lock{mutex_};
  for (Chunk& chunk : chunks) {
    // Of one without an id nobody could say later that it was seen.
    const bool room = queue_.size() < limits_.queue_max && queue_bytes_ + chunk.entries.size() <= limits_.queue_bytes_max;
    if (!chunk.id || !room) continue;
    queue_bytes_ += chunk.entries.size();
    stages_.insert_or_assign(key_of_chunk(chunk), Stage::waiting);
    queue_.push_back(std::move(chunk));
  }
  changed_.notify_one();
}

void RuleLane::run() {
  while (true) {
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
    }
    (void)step();
  }
}

// The next one that the index has not come to before.
std::optional<Chunk> RuleLane::next() {
  const std::unique_lock lock{mutex_};
  while (!queue_.empty()) {
    Chunk chunk = std::move(queue_.front());
    queue_.pop_front();
    queue_bytes_ -= chunk.entries.size();
    if (stages_.contains(key_of_chunk(chunk))) return chunk;
  }
  return std::nullopt;
}

std::size_t RuleLane::step() {
  std::deque<Chunk> batch;  // as the next one, it never moves what the records point into
  std::deque<Bytes> plain;
  std::vector<IndexRecord> records;
  std::vector<bool> looked;
  for (std::size_t bytes = 0; bytes < limits_.batch_bytes_max; bytes += plain.back().size()) {
    std::optional<Chunk> chunk = next();
    if (!chunk) break;
    batch.push_back(*std::move(chunk));
    looked.push_back(read_chunk(batch.back(), plain.emplace_back(), records).has_value());
  }
  const Result<void> decided = judge_.seen(records);
  if (!decided) {
    if (!failing_)
      log_.warning("rules cannot decide ahead of the index, which tries it again", {{"reason", decided.error().text()}});
    looked.assign(looked.size(), false);
  }
  failing_ = !decided;
  note(batch, looked);
  return batch.size();
}

void RuleLane::note(const std::deque<Chunk>& batch, const std::vector<bool>& looked) {
  const std::unique_lock lock{mutex_};
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto found = stages_.find(key_of_chunk(batch[i]));
    if (found == stages_.end()) continue;  // the index has come to it meanwhile, and looks itself
    if (!looked[i]) {
      stages_.erase(found);
      continue;
    }
    found->second = Stage::looked;
    looked_.push_back(found->first);
    ahead_.add();
  }
  while (looked_.size() > limits_.seen_max) {
    stages_.erase(looked_.front());
    looked_.pop_front();
  }
}

bool RuleLane::take_seen(const Chunk& chunk) {
  if (!judge_.looks_at_stream()) return true;  // nobody would look
  if (!chunk.id) return false;
  const std::unique_lock lock{mutex_};
  const auto found = stages_.find(key_of_chunk(chunk));
  const bool looked = found != stages_.end() && found->second == Stage::looked;
  if (found != stages_.end()) stages_.erase(found);
  if (!looked) behind_.add();
  return looked;
}

}  // namespace tidegate
