// World: one sensor (sim_sensor.h) on one thread under a clock of ours, between the simulated Vision One API and a simulated
// processor. One seed is one run.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/vision_one_sim.h"
#include "tests/world/processor_sim.h"
#include "tests/world/sim_sensor.h"

namespace tidegate {

struct WorldOptions {
  SimOptions sim;             // origin and token are the world's
  ConnectorConfig connector;  // name, tenant, type and URL are the world's
  std::uint64_t budget = 1ull << 30;
};

// A small tenant: every content type, a few hours of backlog, some of it late, some of it updated.
WorldOptions small_tenant();

class World final {
 public:
  World(Seed seed, WorldOptions options);
  ~World();

  void start_agent();
  // Stops the agent where it stands, closes the journal and forgets everything that is not on disk.
  void stop_agent();
  void restart_agent() {
    stop_agent();
    start_agent();
  }

  // The power goes: what was not synced is lost or torn, and the agent starts again on what is left.
  void cut_power(TornTail tail);

  // The connector as it is from now on.
  void reconfigure(ConnectorConfig connector);

  // The running agent, for what operators ask of it.
  Agent& agent() { return sensor_->agent(); }
  // Runs what an operator asks for to its end, while time passes.
  template <class T>
  T ask(asio::awaitable<T> work) {
    std::optional<T> result;
    const auto store = [](asio::awaitable<T> its_work, std::optional<T>& into) -> asio::awaitable<void> {
      into.emplace(co_await std::move(its_work));
    };
    asio::co_spawn(loop_, store(std::move(work), result), [](const std::exception_ptr&) {});
    run_until([&result] { return result.has_value(); }, std::chrono::minutes{10});
    TG_ASSERT(result.has_value(), "an operator is answered");
    return *std::move(result);
  }

  // Lets time pass: every sleeper is woken in its turn.
  void run_for(std::chrono::nanoseconds span);
  // The same until `done`, at most for `span`. True when it is done.
  bool run_until(const std::function<bool()>& done, std::chrono::nanoseconds span);

  // True when every record that the API must have served by now was received.
  bool complete();
  // The API's clock, which no step of the sensor's moves.
  WallTime api_time() const { return origin_ + (clock.steady() - began_); }
  // Records that the API has served or may have by now; of an alert, all versions.
  std::size_t held() { return ledger().size(); }
  // What the API holds and the processor lacks; what the processor has twice or the API never had. Each as text.
  std::vector<std::string> missing();
  std::vector<std::string> twins();

  AgentStatus status() const { return sensor_->agent().status(); }
  std::string metrics_text() const { return sensor_->metrics_text(); }
  std::filesystem::path journal_directory() const { return sensor_->journal_directory(); }

  ManualClock clock;
  Random random;
  std::unique_ptr<VisionOneSim> api;
  std::unique_ptr<ProcessorSim> processor;
  bool api_away = false;             // nobody answers
  std::vector<SteadyTime> requests;  // when each was made
  std::vector<HttpRequest> asked;    // and what it was
  // Changes an answer before the agent sees it.
  std::function<void(const HttpRequest&, HttpResponse&)> twist;
  AgentConfig config;  // its connectors may be changed until the agent is started
  std::vector<std::string> log_lines;

 private:
  asio::awaitable<Result<HttpResponse>> serve(HttpRequest request);
  SimSensorPorts ports();
  void drain();
  using Counts = std::vector<std::uint32_t>;  // of each kind, the largest first
  bool is_nameless(const LedgerEntry& entry) const;
  // At the source, and at the processor.
  std::pair<Counts, Counts> nameless_counts();
  std::vector<LedgerEntry> ledger() { return api->ledger(api_time()); }

  WallTime origin_;
  SteadyTime began_;
  WorldOptions options_;
  TemporaryDirectory directory_;
  Id128 epoch_;  // of the journal; the processor looks at it
  asio::io_context loop_{1};
  std::unique_ptr<SimSensor> sensor_;
};

}  // namespace tidegate
