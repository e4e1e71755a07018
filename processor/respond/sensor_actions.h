// SensorActions: runs that a sensor carries out. The history has them like all others; here they are handed to the sensor's own
// ledger, what became of them is read from there, and the sensor is given the responders that it acts by.
//
//   accepted, approved ─ handed_to written ─ POST /actions/run ─▶ the sensor's ledger ─ GET /actions/changes ─▶ the history
//
// It promises:
// - A run is handed to one ledger of one sensor, known by its id, however often it is handed over; which one is written down before
//   the first time (P9). Where the sensor has lost that ledger, what may have been sent is `unknown`, and needs a person.
// - What no sensor took within hand_over_within is refused, also while the sensor is away, and will not be done later, when nobody
//   wants it any more: a sensor that may have been handed it takes it as refused. What takes harm back has no such limit.
// - A sensor's word counts for its own runs alone: those that were handed to it, and what takes them back in time (P10).
// - While the kill switch is on nothing is handed over, and the sensor sends nothing new.
// - Of a sensor that was revoked what was not handed over is refused, and what may have been sent is `unknown`; what was limited in
//   time is a person's to take back.
// - A run that is not taken holds up no other. One that the sensor says nothing of is asked for again; where it has lost it, what
//   may have been done is `unknown`.
//
// Thread: the loop.   Source: design, section 8 and P9.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/secret.h"
#include "processor/respond_ports.h"
#include "respond/runner.h"
#include "respond/sensor_messages.h"
#include "transport/signal.h"
#include "transport/task_group.h"

namespace tidegate {

// A request to a sensor that is there.
struct SensorRequest {
  std::string method;
  std::string target;
  Secret body;
};
struct SensorReply {
  unsigned status = 0;  // as HTTP's
  std::string body;
};
// `unavailable`: it is away. `timeout`: it may have done it.
using AskSensor = std::function<asio::awaitable<Result<SensorReply>>(std::string sensor, SensorRequest request)>;

struct SensorActionsPorts {
  ActionRunner& runner;
  ActionHistory& history;
  AskSensor ask;
  std::function<bool(std::string_view sensor)> present;
  std::function<bool(std::string_view sensor)> revoked;
  // By what it is to act. An error: a credential is missing.
  std::function<Result<SensorResponders>(std::string_view sensor)> responders;
  // The names of the sensors that carry out any responder's runs.
  std::function<std::set<std::string>()> sensors;
  // Of all that there are: one may hold what it has nothing to do with any more, from before this process began. An error: once
  // more at the next start.
  std::function<Result<std::set<std::string>>()> enrolled;
};

struct SensorActionsLimits {
  std::chrono::seconds look_every{2};  // while a run is open; more seldom the longer nothing has changed
  std::chrono::seconds look_most{60};
  std::chrono::minutes hand_over_within{60};  // since it was made, or approved
  std::chrono::minutes ask_again_after{60};   // of a run that the sensor has, and says nothing of
  std::size_t rounds_max = 64;                // at once
};

class SensorActions {
 public:
  //   requires: what is referred to outlives this
  SensorActions(SensorActionsPorts ports, asio::any_io_executor executor, Clock& clock, Log& log, SensorActionsLimits limits = {});

  // Until cancelled.
  asio::awaitable<Error> run();
  // Of each run that ActionRunner::on_change tells.
  void changed(const ActionRun& run);
  // Responders, a credential or the kill switch have changed: the sensors are told.
  void tell_all();

 private:
  // What is known of a sensor; of its ledger only since the start of the process.
  struct Sensor {
    std::set<std::string> open;              // ids of its runs that are not settled
    std::map<std::string, SteadyTime> seen;  // ids that its ledger has, and when it said so last
    std::string ledger;
    std::uint64_t through = 0;  // the change up to which it was read
    bool told = false;          // it acts by what it should
    bool acts = false;          // it has responders, as far as is known
    bool busy = false;
    bool moved = false;  // in this round: something of its runs has changed
    SteadyTime due{};
    SteadyTime late_due{};     // while it is away
    SteadyTime quiet_since{};  // nothing has changed
    std::string trouble;       // that was logged last
  };

  enum class TimeLimit : std::uint8_t { stays, lapses };

  asio::awaitable<void> be_woken();
  void wake();
  Sensor& known(const std::string& name);
  asio::awaitable<Error> look_at(std::string name);
  asio::awaitable<Error> look_past(std::string name);
  void let_go(Sensor& sensor);
  asio::awaitable<Result<void>> round(const std::string& name, Sensor& sensor);
  asio::awaitable<Result<void>> refuse_late(const std::string& name, Sensor& sensor);
  // What it acts by, as it says.
  asio::awaitable<Result<std::string>> read_changes(const std::string& name, Sensor& sensor);
  asio::awaitable<Result<void>> tell_responders(const std::string& name, Sensor& sensor, const std::string& has);
  asio::awaitable<Result<void>> hand_over(const std::string& name, Sensor& sensor, std::string id);
  asio::awaitable<Result<void>> take(const std::string& name, ActionRun reported);
  Result<std::optional<ActionRun>> known_run(const std::string& id) const;
  asio::awaitable<Result<void>> forget(Sensor& sensor);
  asio::awaitable<Result<void>> end(std::string id, ResponseState state, std::string reason, TimeLimit limit);
  bool expired(const ActionRun& run) const;
  std::string late_words(const std::string& name) const;
  void note(const std::string& name, Sensor& sensor, const Result<void>& outcome);

  SensorActionsPorts ports_;
  asio::any_io_executor executor_;
  Clock& clock_;
  Log& log_;
  SensorActionsLimits limits_;
  std::map<std::string, Sensor, std::less<>> sensors_;  // by name
  std::size_t rounds_ = 0;                              // under way
  bool again_ = false;                                  // something has changed since the sensors were gone through
  Signal woken_;
  TaskGroup tasks_;  // last
};

}  // namespace tidegate
