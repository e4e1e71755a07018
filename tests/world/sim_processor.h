// SimProcessor: the real data port, intake, lander, landing and index worker of a processor on the loop of a simulation, on a disk
// that forgets when told to. Only TLS and the threads are left out: the landing and the index take their turns on the loop, each
// after a time drawn from the seed. The index is a ModelIndex: what it has is durable at once and outlives the processor.
//
// Thread: the loop's; start(), kill() and cut_power() between its turns, not in them: what ends is ended by turning the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/metrics.h"
#include "processor/edges/forward_server.h"
#include "processor/edges/rocks_landing.h"
#include "processor/pipeline/index_worker.h"
#include "processor/pipeline/land.h"
#include "processor/pipeline/receive.h"
#include "tests/support/faulty_fs.h"
#include "tests/world/sim_net.h"
#include "transport/signal.h"
#include "transport/task_group.h"

namespace tidegate {

// Gives a processor its Landing on top of the real one: the simulation looks at it, and a mutant breaks it.
using MakeLanding = std::function<std::unique_ptr<Landing>(Landing& real)>;

struct SimProcessorPorts {
  Clock& clock;
  Random& random;
  SimNet& net;
  Index& index;  // one for the whole fleet
  MakeLanding make_landing;
  Log::Sink log;
};

class SimProcessor {
 public:
  // `directory`: of its own; made, and the caller's to remove.   requires: what the ports refer to, and the loop, outlive it
  SimProcessor(asio::io_context& loop, std::string place, std::filesystem::path directory, SimProcessorPorts ports);
  ~SimProcessor();
  SimProcessor(const SimProcessor&) = delete;
  SimProcessor& operator=(const SimProcessor&) = delete;

  // Opens the landing, and listens at its place in the net. False: the landing could not be opened; start again later.
  //   requires: not running
  bool start();
  // How its connections end: the peers are told, or are not.
  enum class Manner : std::uint8_t { with_resets, silently };
  // The process is killed: nothing more reaches its disk, what it wrote before stays. Where it is not running already, the disk
  // works again.
  void kill(Manner manner);
  // The same, and what was not synced is lost.
  void cut_power(TornTail tail, Manner manner);
  bool running() const { return server_ != nullptr; }
  // The disk has been switched off under it (FaultyFs::power_off_after), so it has to be killed.
  bool doomed() const { return disk_->is_off(); }

  const std::string& place() const { return place_; }
  FaultyFs& disk() { return *disk_; }
  // What the last start found. `damaged`: what was acknowledged may be missing (P4).
  const LandingReport& opened() const { return opened_; }
  //   requires: running
  LandingUsage usage() const { return real_landing_->usage(); }
  // Nothing that was landed still waits for the index.
  bool drained() const { return usage().chunks() == 0; }

 private:
  class Offers;

  void serve();
  asio::awaitable<Error> land_in_turn();
  asio::awaitable<Error> index_in_turn();
  asio::awaitable<void> take_turn(std::chrono::nanoseconds wait_max);
  void die(TornTail tail, Manner manner);
  void end();
  void drain();

  asio::io_context& loop_;
  std::string place_;
  std::filesystem::path directory_;
  SimProcessorPorts ports_;
  std::shared_ptr<FaultyFs> disk_;
  Log log_;
  Metrics metrics_;
  Signal landed_;
  LandingReport opened_;
  // Declared bottom up, destroyed top down: each part outlives those below it on the page.
  std::unique_ptr<RocksLanding> real_landing_;
  std::unique_ptr<Landing> landing_;
  std::unique_ptr<IndexWorker> worker_;
  std::unique_ptr<Lander> lander_;
  std::unique_ptr<ChunkIntake> intake_;
  std::unique_ptr<Offers> offers_;
  std::unique_ptr<ForwardServer> server_;
  std::unique_ptr<TaskGroup> tasks_;
};

}  // namespace tidegate
