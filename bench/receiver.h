// A light Forward receiver for benchmarks: mutual TLS, an acknowledgement at once and without a disk, and then a count of
// the records by their ids. It costs the sender nothing but the network, so what is measured is the sender.
//
// It runs on a thread of its own. Thread: start() and stop() from one; the counters from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "tests/support/test_pki.h"

namespace tidegate {

class CountingReceiver {
 public:
  CountingReceiver();
  // Stops.
  ~CountingReceiver();
  CountingReceiver(const CountingReceiver&) = delete;
  CountingReceiver& operator=(const CountingReceiver&) = delete;

  // Listens on 127.0.0.1 and serves from then on.
  Result<void> start(std::uint16_t port, const Identity& identity, const std::filesystem::path& ca_file);
  void stop();

  std::uint64_t records() const { return records_; }    // that came, repeats included
  std::uint64_t distinct() const { return distinct_; }  // by their ids
  std::uint64_t chunks() const { return chunks_; }
  std::uint64_t wire_bytes() const { return wire_bytes_; }  // of entries, as they came
  // Chunks that could not be read; 0 in a good run.
  std::uint64_t refused() const { return refused_; }

 private:
  struct Loop;

  std::unique_ptr<Loop> loop_;
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> distinct_{0};
  std::atomic<std::uint64_t> chunks_{0};
  std::atomic<std::uint64_t> wire_bytes_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace tidegate
