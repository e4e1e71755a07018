// A light Forward receiver for benchmarks: mutual TLS, an acknowledgement without a disk, and a count of the records by their
// ids. It costs the sender nothing but the network, so what is measured is the sender.
//
// Counting unpacks and walks every record, which takes longer than a fast drain does, and takes the sender's processors
// while it drains. So it can wait: chunks are then kept as they came, compressed, and counted after the receiver was
// stopped.
//
// It may be stopped and started again, and goes on counting. A chunk is counted or kept before it is acknowledged; one that comes
// again, because its acknowledgement was cut off, is acknowledged and left out, as a processor does.
//
// It runs on a thread of its own. Thread: start(), stop() and count_kept() from one; the counters from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "tests/support/test_pki.h"

namespace tidegate {

enum class Counting : std::uint8_t { at_once, later, never };

struct TimedRecord {
  WallTime time{};    // the record's own
  SteadyTime came{};  // first
};

struct ReceiverOptions {
  Counting counting = Counting::at_once;
  std::uint64_t kept_bytes_max = 4ull << 30;  // of chunks that wait to be counted; what comes beyond is counted at once
  // Chunks with this tag are counted at once whatever the others wait for, and of each of their records it is told when it came.
  std::string timed_tag{};
  const Clock* clock = nullptr;  // outlives the receiver; without one no time is told
};

class CountingReceiver {
 public:
  explicit CountingReceiver(ReceiverOptions options = {});
  // Stops.
  ~CountingReceiver();
  CountingReceiver(const CountingReceiver&) = delete;
  CountingReceiver& operator=(const CountingReceiver&) = delete;

  // Listens on 127.0.0.1 and serves from then on.   requires: stopped, or never started
  Result<void> start(std::uint16_t port, const Identity& identity, const std::filesystem::path& ca_file);
  // Closes what is open.
  void stop();
  // Counts what was kept.   requires: stopped
  void count_kept();

  // That came, repeats included but for those of a chunk that came again; of those that were counted.
  std::uint64_t records() const { return records_; }
  std::uint64_t distinct() const { return distinct_; }  // by their ids
  // Records of chunks without the timed tag, by the sender's word, each chunk once: how far it has come before they are counted.
  std::uint64_t announced() const { return announced_; }
  std::uint64_t chunks() const { return chunks_; }
  std::uint64_t wire_bytes() const { return wire_bytes_; }  // of entries, as they came
  // Chunks that could not be read; 0 in a good run.
  std::uint64_t refused() const { return refused_; }

  // When the first byte of a first chunk came, and the last of a chunk that brought `announced` further.
  std::optional<SteadyTime> first_byte() const { return told(first_byte_); }
  std::optional<SteadyTime> last_announced() const { return told(last_announced_); }
  // Of the records with the timed tag, each once: the latest of their own times, and all, in the order in which they came.
  std::optional<WallTime> latest_timed() const { return told(latest_timed_); }
  const std::vector<TimedRecord>& timed() const { return timed_; }  // requires: stopped

  // Of its thread so far.   requires: started, not stopped
  double cpu_seconds() const;

 private:
  struct Tally;  // of what came, as long as the receiver is
  struct Loop;   // from a start to the stop after it

  template <class Time>
  static std::optional<Time> told(const std::atomic<Time>& time) {
    const Time at = time;
    return at == Time{} ? std::nullopt : std::optional{at};
  }

  // For what is told; without a clock, nothing is.
  SteadyTime now() const { return options_.clock != nullptr ? options_.clock->steady() : SteadyTime{}; }

  ReceiverOptions options_;
  std::unique_ptr<Tally> tally_;
  std::unique_ptr<Loop> loop_;      // absent: stopped
  std::vector<TimedRecord> timed_;  // the loop's until it has stopped
  std::atomic<SteadyTime> first_byte_{SteadyTime{}};
  std::atomic<SteadyTime> last_announced_{SteadyTime{}};
  std::atomic<WallTime> latest_timed_{WallTime{}};
  std::atomic<std::uint64_t> announced_{0};
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> distinct_{0};
  std::atomic<std::uint64_t> chunks_{0};
  std::atomic<std::uint64_t> wire_bytes_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace tidegate
