// The agent's receiver in `bench crashes`: Forward over mutual TLS, each chunk acknowledged at once, and records counted as a
// receiver keeps them that knows chunks by their ids. A chunk that comes again under its id is dropped, as every receiver of
// ours drops it; its records are counted as `resent`, apart from twins. A record that comes again under another id, or without
// one, is a twin: nobody would drop it.
//
// It runs on a thread of its own. Thread: start() and stop() from one; the counters from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "tests/support/test_pki.h"

namespace tidegate {

class ChunkReceiver {
 public:
  ChunkReceiver();
  // Stops.
  ~ChunkReceiver();
  ChunkReceiver(const ChunkReceiver&) = delete;
  ChunkReceiver& operator=(const ChunkReceiver&) = delete;

  // Listens on 127.0.0.1 and serves from then on, each connection on its own.
  Result<void> start(std::uint16_t port, const Identity& identity, const std::filesystem::path& ca_file);
  void stop();

  std::uint64_t distinct() const { return distinct_; }  // by their ids
  std::uint64_t twins() const { return twins_; }
  std::uint64_t resent() const { return resent_; }
  // Chunks that could not be read; 0 in a good run.
  std::uint64_t refused() const { return refused_; }

 private:
  struct Loop;

  std::unique_ptr<Loop> loop_;
  std::atomic<std::uint64_t> distinct_{0};
  std::atomic<std::uint64_t> twins_{0};
  std::atomic<std::uint64_t> resent_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace tidegate
