// Rollouts: a change of many sensors that is carried out stage by stage, first on a few; what fails there keeps it from the rest.
//
// Promises:
// - All documents are checked before anything is pushed, as `connector apply` checks one, and every error is told at once.
// - A stage begins when all of the one before have answered (or are away), and, where settling is asked for, are connected and as
//   healthy as before it, so long afterwards. More failures than are allowed pause it, and an operator says how it goes on.
// - It goes on after a restart of the processor: what is to be done is written before it is done, and a push is found again by its
//   author, which names the roll-out.
// - A sensor is in one roll-out that is not over at most. One that is away is neither a failure nor a success: its push stays
//   offered, and what it answers is noted whenever that is, also when the roll-out is over.
// - Rolling back gives each sensor the document that it had before, unless something else was pushed to it since.
//
// Errors: `invalid`: the file, with every reason; `absent`: no such roll-out; `denied`: its state does not allow it; `full`: too
// many are kept that are not over. Else the stores'.
//
// Thread: the loop.   Source: design, sections 6.1 and 8.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "config/sealed.h"
#include "processor/fleet/connector_file.h"
#include "processor/fleet/connectors.h"
#include "processor/fleet/sensor_desk.h"
#include "processor/fleet_ports.h"
#include "processor/rollout_ports.h"
#include "transport/signal.h"

namespace tidegate {

struct RolloutsLimits {
  std::size_t pushing_max = 16;       // of one roll-out, at once
  std::size_t away_looks_max = 64;    // sensors that are away, of one roll-out, in one look
  std::size_t bad_sensors_max = 100;  // whose errors are told
  std::chrono::nanoseconds look_every{std::chrono::milliseconds{500}};
  std::chrono::nanoseconds away_after{std::chrono::seconds{90}};  // of one that left after its push: a trial breaks its connection
  std::chrono::nanoseconds answer_wait{std::chrono::minutes{5}};  // of one that is connected
  std::chrono::nanoseconds restart_wait{std::chrono::seconds{90}};  // until sensors have come back to a processor that was started
};

struct RolloutOrder {
  std::string_view yaml{};  // outlives the call
  std::string file_name{};
  std::vector<std::uint32_t> stages{};  // percent, rising, the last is 100
  std::uint64_t failures_allowed = 0;
  std::chrono::nanoseconds settle{};
  bool dry_run = false;
};

struct PlannedTarget {
  std::string sensor;
  std::size_t stage = 1;
  std::vector<ConnectorChange> changes;
};

struct RolloutPlan {
  std::string id;  // empty: a dry run
  std::size_t stages = 0;
  std::vector<PlannedTarget> targets;
};

enum class FailedOnes : std::uint8_t { stay, again };

// How many sensors are reached with each stage: rising, at least one more in each, the last all of them. Stages that nothing is
// left for are not there.   requires: percents rise and end with 100
std::vector<std::size_t> stage_ends(std::size_t sensors, const std::vector<std::uint32_t>& percents);

// "running 1 0,3,12,…": differs when anything was done.
std::string progress_of(const RolloutSummary& summary);

class Rollouts {
 public:
  struct Parts {
    RolloutStore& store;
    FleetStore& fleet;
    SensorDesk& desk;
    Connectors& connectors;
    Clock& clock;
    Log& log;
    Entropy entropy;
  };

  //   requires: all of them outlive this, and this whatever it returns
  Rollouts(asio::any_io_executor executor, Parts parts, RolloutsLimits limits = {});
  Rollouts(const Rollouts&) = delete;
  Rollouts& operator=(const Rollouts&) = delete;
  ~Rollouts();

  // Takes up those that are not over.
  Result<void> load();
  // Looks again and again, until cancelled.   requires: load() was ok
  asio::awaitable<Error> run();
  // One look: notes what sensors have answered, and does what is to be done next.   requires: no other one is under way
  asio::awaitable<void> look();

  asio::awaitable<Result<RolloutPlan>> begin(RolloutOrder order);
  Result<std::vector<RolloutSummary>> list();
  Result<Rollout> show(const std::string& id);
  // Returns when its progress is not `seen` (progress_of), or after the limit at the latest.
  asio::awaitable<Result<RolloutSummary>> follow(std::string id, std::string seen, std::chrono::nanoseconds limit);
  // A paused one goes on; a stage that is through is followed by the next.
  Result<RolloutSummary> resume(const std::string& id, FailedOnes failed);
  // What was pushed stays.
  Result<RolloutSummary> cancel(const std::string& id);
  Result<RolloutSummary> roll_back(const std::string& id);

 private:
  // One that is not over, or whose sensors may still answer.
  struct Live {
    explicit Live(Rollout loaded, SteadyTime now) : rollout(std::move(loaded)), asked(rollout.targets.size(), now) {}

    RolloutHead& head() { return rollout.head; }
    RolloutTarget& target(std::size_t place) { return rollout.targets[place]; }

    Rollout rollout;
    std::vector<SteadyTime> asked;  // when each was pushed, or taken up again
    std::set<std::size_t> late;     // taken back, and away
    std::set<std::size_t> unwritten;
    bool head_unwritten = false;
    bool dropped = false;                  // the store has it no more
    std::optional<SteadyTime> settled_at;  // of a stage that is through
    std::size_t away_next = 0;
  };
  struct FileCheck;

  // rollouts.cc
  void adopt(Live& live, std::size_t place);
  void observe(Live& live);
  void observe(Live& live, std::size_t place);
  void judge_silence(Live& live, std::size_t place, const SensorView& now);
  bool may_be_asked(const std::string& sensor);
  asio::awaitable<void> go_on(Live& live);
  asio::awaitable<void> push(Live& live, std::size_t place);
  void take(Live& live, std::size_t place, const Result<ConnectorsOutcome>& outcome);
  std::vector<std::size_t> next_places(const Live& live, TargetState state) const;
  void end_stage(Live& live);
  std::string unsettled(const Live& live);
  bool save(Live& live);
  void fail(Live& live, std::size_t place, std::string why);
  void set(Live& live, std::size_t place, TargetState state, std::string reasons = {});
  void set(Live& live, RolloutState state, std::string why = {});
  std::uint64_t before(const std::string& sensor, std::uint64_t revision);

  // rollouts_back.cc
  static bool store_in_the_way(const Error& error);  // an operator hears of it, rather than that it is tried again in silence
  asio::awaitable<void> go_back(Live& live);
  asio::awaitable<void> revert(Live& live, std::size_t place);
  void keep(Live& live, std::size_t place, const std::string& why);

  // rollouts_asked.cc
  asio::awaitable<void> check(FileCheck& check, FileDocument document, std::string file_name);
  void check_free(FileCheck& check);
  Result<std::string> draw_id() const;
  Result<Live*> live_of(const std::string& id);
  Result<RolloutSummary> summary_of(const std::string& id);
  Result<RolloutSummary> changed(Live& live);

  asio::any_io_executor executor_;
  Parts parts_;
  RolloutsLimits limits_;
  SteadyTime started_;
  std::map<std::string, std::unique_ptr<Live>> live_;  // look() alone takes any out
  std::shared_ptr<Signal> moved_;                      // shared with the alarms of those who follow
};

}  // namespace tidegate
