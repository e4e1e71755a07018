// IndexWorker: the index thread. It reads the landed chunks in order, puts their records into the index, and only when
// those are durable, and whoever watches has written down what he makes of them (those that he has not looked at before), lets the
// landing forget the payloads. Who watches is asked what he has looked at when it is durable in the index, not before: while
// nothing can be indexed he goes on by himself. It can be killed at any point: what was indexed and not yet forgotten is indexed
// and told of again, and record_id keeps it single (P2).
//
// A chunk that cannot be read back is reported, counted and passed: it was acknowledged, so nothing can bring it back.
// Any other failure is tried again until it passes, and is seen in status() meanwhile (P12). Trying again may open a whole store
// again, so the waits grow.
//
// Threads: start(), stop(), wake() and status() from any; step() on the index thread, or by a test without one.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "processor/ports.h"

namespace tidegate {

struct IndexWorkerLimits {
  std::size_t batch_plain_bytes_max = 8u << 20;  // a batch is closed by the chunk that reaches it
  std::chrono::milliseconds gather_max{200};     // how long a small batch waits for more
  std::chrono::milliseconds retry_wait{1000};    // after the first failure; each further one doubles it
  std::chrono::milliseconds retry_wait_max{30'000};
  std::size_t msg_classes_max = 64;  // with a metric of their own; further ones are counted as "other"
};

class IndexWorker {
 public:
  //   requires: all of them outlive it; `watch` may be null
  IndexWorker(Landing& landing, Index& index, Log& log, Metrics& metrics, IndexWorkerLimits limits = {},
              RecordWatch* watch = nullptr);
  ~IndexWorker();
  IndexWorker(const IndexWorker&) = delete;
  IndexWorker& operator=(const IndexWorker&) = delete;

  void start();
  // Ends the thread after the batch under way.
  void stop();
  // Something was landed.
  void wake();

  // Indexes one batch and says how many chunks it was; 0: none is left. A failure is logged.
  Result<std::uint64_t> step();
  // How long to wait before the next step: zero, but for the failures since the last success.
  std::chrono::milliseconds wait_before_step() const;

  // Why nothing is indexed at the moment; absent when all is well.
  std::optional<Error> status() const;

 private:
  // Chunks read back and decoded, and the records that point into them. A deque, because it never moves what it holds.
  struct Piece {
    std::size_t landed;  // its index in there
    std::size_t begin;   // of its records
    std::size_t end;
  };
  struct Batch {
    std::deque<LandedChunk> landed;
    std::deque<Bytes> plain;
    std::vector<IndexRecord> records;
    std::vector<Piece> pieces;  // what of them came with which chunk
    std::size_t plain_bytes = 0;
    LandingPlace place;  // of the last chunk
    std::uint64_t chunks = 0;
  };

  void run();
  bool wait_for_work();
  Result<std::uint64_t> index_batch();
  Result<Batch> gather();
  // Adds one chunk. `corrupt` and `absent`: it is lost.
  Result<void> add_chunk(Batch& batch, std::uint64_t sequence);
  Result<void> tell(const Batch& batch);
  void count(const Batch& batch, const std::vector<Upserted>& answers);
  Metric& indexed(std::string_view msg_class);

  Landing& landing_;
  Index& index_;
  Log& log_;
  Metrics& metrics_;
  IndexWorkerLimits limits_;
  RecordWatch* watch_;
  Metric& again_;
  Metric& lost_;
  std::map<std::string, Metric*, std::less<>> by_class_;
  std::map<std::uint64_t, bool> seen_;  // what take_seen() has said of chunks, by sequence, until they are done

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool stopping_ = false;
  std::optional<Error> error_;
  std::chrono::milliseconds wait_{};
  std::thread thread_;
};

}  // namespace tidegate
