// Lander: the landing thread. Chunks of all connections wait in one bounded queue; whatever is there is landed together in
// one synced write, so that one sync serves many. Who offered a chunk is told when it is durable, never before (P4).
//
// Threads: offer() from any; the answers come on the landing thread (or out of step()), in the order of the offers.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "processor/ports.h"

namespace tidegate {

struct LanderLimits {
  std::size_t queue_bytes_max = 128u << 20;
  std::size_t queue_chunks_max = 4096;
  std::size_t batch_bytes_max = 32u << 20;
  std::size_t batch_chunks_max = 512;
};

class Lander {
 public:
  using Answer = Intake::Answer;

  // After each write that brought something new `watch` is told, which may be null, then `on_landed` is called, on the landing
  // thread.
  Lander(Landing& landing, Log& log, Metrics& metrics, std::function<void()> on_landed, LanderLimits limits = {},
         LandedWatch* watch = nullptr);
  // stop() if it was not called.
  ~Lander();
  Lander(const Lander&) = delete;
  Lander& operator=(const Lander&) = delete;

  void start();
  // Ends the thread after the write under way; what still waits is answered with `cancelled`.
  void stop();

  // Lands what waits, at most one batch, and says how many chunks it was. For those who have no thread for it.
  //   requires: start() was not called
  std::size_t step();

  // False when the queue is full or the lander stops: then the chunk is untouched and nobody is called.
  bool offer(Chunk& chunk, Answer answer);

  // Why nothing can be landed at the moment; absent when the last write was good. From any thread.
  std::optional<Error> status() const;

 private:
  struct Waiting {
    Chunk chunk;
    Answer answer;
  };

  void run();
  bool next_batch(std::vector<Chunk>& chunks, std::vector<Answer>& answers);
  void take_batch(std::vector<Chunk>& chunks, std::vector<Answer>& answers);
  void land(std::vector<Chunk>& chunks, const std::vector<Answer>& answers);

  Landing& landing_;
  Log& log_;
  std::function<void()> on_landed_;
  LanderLimits limits_;
  LandedWatch* watch_;
  Metric& landed_;
  Metric& duplicate_;
  Metric& failed_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Waiting> queue_;
  std::size_t queue_bytes_ = 0;
  std::optional<Error> error_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tidegate
