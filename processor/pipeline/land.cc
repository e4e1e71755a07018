#include "processor/pipeline/land.h"

#include <algorithm>

namespace tidegate {

Lander::Lander(Landing& landing, Log& log, Metrics& metrics, std::function<void()> on_landed, LanderLimits limits,
               LandedWatch* watch)
    : landing_(landing),
      log_(log),
      on_landed_(std::move(on_landed)),
      limits_(limits),
      watch_(watch),
      landed_(metrics.counter("tidegate_chunks_landed_total", "Chunks that were made durable.")),
      duplicate_(
          metrics.counter("tidegate_chunks_duplicate_total", "Chunks that had been landed before: acknowledged and dropped.")),
      failed_(metrics.counter("tidegate_landing_failures_total", "Writes to the landing that failed; their chunks got no ack.")) {}

Lander::~Lander() { stop(); }

void Lander::start() {
  TG_ASSERT(!thread_.joinable(), "the landing thread is started once");
  thread_ = std::thread{[this] { run(); }};
}

void Lander::stop() {
  std::deque<Waiting> left;
  {
    const std::unique_lock lock{mutex_};
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  {
    const std::unique_lock lock{mutex_};
    left.swap(queue_);
    queue_bytes_ = 0;
  }
  for (const Waiting& waiting : left) waiting.answer(Error{Code::cancelled, "landing: the processor stops"});
}

bool Lander::offer(Chunk& chunk, Answer answer) {
  const std::unique_lock lock{mutex_};
  const bool room = queue_.empty() ||
                    (queue_.size() < limits_.queue_chunks_max && queue_bytes_ + chunk.entries.size() <= limits_.queue_bytes_max);
  if (stopping_ || !room) return false;
  queue_bytes_ += chunk.entries.size();
  queue_.push_back({std::move(chunk), std::move(answer)});
  changed_.notify_one();
  return true;
}

std::optional<Error> Lander::status() const {
  const std::unique_lock lock{mutex_};
  return error_;
}

void Lander::run() {
  std::vector<Chunk> chunks;
  std::vector<Answer> answers;
  while (next_batch(chunks, answers)) land(chunks, answers);
}

bool Lander::next_batch(std::vector<Chunk>& chunks, std::vector<Answer>& answers) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (stopping_) return false;
  take_batch(chunks, answers);
  return true;
}

// The mutex is held.
void Lander::take_batch(std::vector<Chunk>& chunks, std::vector<Answer>& answers) {
  chunks.clear();
  answers.clear();
  std::size_t bytes = 0;
  while (!queue_.empty() && chunks.size() < limits_.batch_chunks_max && (chunks.empty() || bytes < limits_.batch_bytes_max)) {
    bytes += queue_.front().chunk.entries.size();
    chunks.push_back(std::move(queue_.front().chunk));
    answers.push_back(std::move(queue_.front().answer));
    queue_.pop_front();
  }
  queue_bytes_ -= bytes;
}

std::size_t Lander::step() {
  TG_ASSERT(!thread_.joinable(), "either a thread lands, or its owner does");
  std::vector<Chunk> chunks;
  std::vector<Answer> answers;
  {
    const std::unique_lock lock{mutex_};
    take_batch(chunks, answers);
  }
  if (!chunks.empty()) land(chunks, answers);
  return chunks.size();
}

void Lander::land(std::vector<Chunk>& chunks, const std::vector<Answer>& answers) {
  const Result<std::vector<Landed>> landed = landing_.land(chunks);
  {
    const std::unique_lock lock{mutex_};
    error_ = landed ? std::nullopt : std::optional{landed.error()};
  }
  if (!landed) {
    failed_.add();
    log_.error("chunks could not be landed: their senders keep them and send them again", {{"reason", landed.error().text()}});
    for (const Answer& answer : answers) answer(landed.error());
    return;
  }
  TG_ASSERT(landed->size() == chunks.size(), "an ack means durable: every chunk that was landed has its own answer (P4)");
  const auto fresh = std::count(landed->begin(), landed->end(), Landed::fresh);
  landed_.add(fresh);
  duplicate_.add(static_cast<std::int64_t>(landed->size()) - fresh);
  for (std::size_t i = 0; i < answers.size(); ++i) answers[i]((*landed)[i]);
  if (fresh == 0) return;
  if (watch_ != nullptr) {
    std::vector<Chunk> told;
    for (std::size_t i = 0; i < chunks.size(); ++i)
      if ((*landed)[i] == Landed::fresh) told.push_back(std::move(chunks[i]));
    watch_->landed(std::move(told));
  }
  on_landed_();
}

}  // namespace tidegate
