// ActionWorld: a process that runs response actions, an API that carries them out, and a net between them that loses requests,
// answers, or neither but the time. One thread, one clock, one seed. The running is the code as delivered (ActionRunner,
// VisionOneActions); API, net and ledger are simulated, the ledger keeping what it has promised to keep and nothing else.
//
// Thread: the loop, which is the world's own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/id128.h"
#include "base/log.h"
#include "base/metrics.h"
#include "respond/runner.h"
#include "tests/support/manual_clock.h"
#include "tests/support/vision_one_sim.h"
#include "tests/world/sensor_clock.h"
#include "transport/http_client.h"

namespace tidegate {

// One way to break the promise on purpose; empty parts change nothing.
struct ActionMutant {
  std::string_view name;
  std::string_view what;
  std::string_view seen;  // what a verdict says of it
  // What the ledger keeps in place of what it is given; false: it keeps nothing, and says that it did.
  std::function<bool(ActionRun& given, const ActionRun* kept)> keeps{};
  std::function<void(std::vector<ActionRun>& unsettled)> finds{};
  std::function<void(std::vector<TaskView>& tasks)> lists{};
  std::function<void(RunnerLimits& limits)> limits{};
};

// What the net does to one request.
struct ActionWeather {
  std::uint64_t lost = 0;        // of a hundred: the request never arrives
  std::uint64_t unanswered = 0;  // it arrives, its answer does not
  std::uint64_t late = 0;        // it arrives after whoever sent it has given up
};

class ActionWorld final : public Responders {
 public:
  ActionWorld(Seed seed, SimOptions api, const ActionMutant* mutant);
  ~ActionWorld() override;

  void start();
  // The process ends where it stands; what it does from here on leaves no trace.
  void kill();
  bool running() const { return process_ != nullptr; }
  // Kills it after so many turns of the loop, whatever it waits for just then.
  void kill_after(std::uint64_t turns) { kill_after_ = turns; }

  // What an operator asks for. It may be cut short by a kill; what was accepted is remembered.
  void submit(ActionRun run);
  void decide(const std::string& id, bool grant);
  void undo(const std::string& id);
  void set_may_send(bool may);

  void run_for(std::chrono::nanoseconds span);

  ActionWeather& weather() { return weather_; }
  bool& api_away() { return api_away_; }
  std::uint64_t& ledger_fails() { return ledger_fails_; }  // of a hundred writes
  SensorClock& clock() { return own_clock_; }
  VisionOneSim& api() { return api_; }
  SteadyTime now() const { return clock_.steady(); }
  WallTime wall() const { return clock_.wall(); }  // the API's
  std::size_t kills() const { return kills_; }

  // What the ledger has.
  const std::map<std::string, ActionRun>& kept() const { return kept_; }
  // Runs that were accepted, by id.
  const std::set<std::string>& accepted() const { return accepted_; }
  // All tasks of the API, past the net.
  std::vector<TaskView> tasks();

  void tell(const std::string& what);
  const std::vector<std::string>& story() const { return story_; }
  Id128 trace() const { return trace_; }

  Result<ResponderApi> api_for(const ActionRun& run) override;
  Result<void> permits(const ActionRun&) override { return {}; }
  bool may_send() const override { return may_send_; }

 private:
  class Ledger;
  class Api;
  struct Process;
  struct Late {
    SteadyTime at{};
    HttpRequest request;
  };

  asio::awaitable<Result<HttpResponse>> carry(HttpRequest request, std::chrono::nanoseconds deadline);
  std::unique_ptr<ActionApi> make_api(bool past_the_net);
  void deliver_late();
  void drain();
  void note(std::string_view what);

  ManualClock clock_;
  SensorClock own_clock_;
  Random random_;
  const ActionMutant* mutant_;
  asio::io_context loop_{1};
  VisionOneSim api_;
  ActionWeather weather_;
  bool api_away_ = false;
  std::uint64_t ledger_fails_ = 0;
  bool may_send_ = true;
  std::map<std::string, ActionRun> kept_;
  std::set<std::string> accepted_;
  std::vector<Late> late_;
  std::uint64_t kill_after_ = 0;
  std::size_t kills_ = 0;
  bool dead_ = false;  // the process that ends leaves no trace
  std::vector<std::string> story_;
  Id128 trace_;
  std::unique_ptr<Process> process_;
};

}  // namespace tidegate
