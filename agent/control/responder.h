// SensorResponder: response actions that this sensor carries out: it takes runs from the processor, does them by the responders
// that the processor gave it (respond/runner.h), and tells what changed.
//
// It promises:
// - A run is taken once by its id, however often it is handed over (P9). It is in the sensor's ledger when the answer says so, and
//   goes on over restarts and while the processor is away. One that was meant for another ledger is never taken.
// - Nothing is sent but by a responder that the sensor's own file permits (RemotePolicy). Hosts beside the known regions, requests
//   that are not encrypted or not verified, and proxies: only where the file names them. Files of the sensor, and tenants that are
//   not its own: never (P10). The policy is that of the start: what the file says of it later needs a restart.
// - Where the file does not accept remote control (remote.accept), nothing is taken: Control sees to that.
// - Secrets are kept sealed, and are in no answer, log or error.
//
// Thread: the loop.   Source: design, section 8 and P9.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/action_ports.h"
#include "agent/control/status.h"
#include "agent/ports.h"
#include "base/log.h"
#include "base/metrics.h"
#include "config/connectors_document.h"
#include "respond/runner.h"

namespace tidegate {

inline constexpr std::chrono::hours unknown_run_told_for{24};  // after its end
inline constexpr std::size_t unknown_runs_told_max = 100;

// What the sensor's own file says against acting by it, a line each, with the remedy; empty: nothing.
std::string not_permitted(const Responder& responder, const RemotePolicy& policy);

class SensorResponder final : public Responders {
 public:
  //   requires: what is referred to outlives this
  SensorResponder(std::string sensor, RemotePolicy policy, ActionPorts ports, asio::any_io_executor executor, Surroundings around,
                  Log& log, Metrics& metrics, RunnerLimits limits = {});

  // Reads what is kept, then carries runs out. Until cancelled.
  asio::awaitable<Error> run();

  // All of them, in place of those before; kept when it returns. `invalid`: with every reason, naming the responder; those before
  // stay. What was sent by one that is gone is not followed until it is back.
  asio::awaitable<Result<void>> take_responders(Secret text);
  // The run as it is now. One that is settled is only kept: it will never be done.
  //   `gone`: the ledger is another one.   `invalid`: the run is not for this sensor, or none that can be carried out, or cannot be
  //   read.   `denied`: it takes back a run that another one takes back already.   `corrupt`: it was taken, and its row is damaged:
  //   nobody knows what was done.   `full`, `unavailable`: ask again.
  asio::awaitable<Result<ActionRun>> take_run(std::string ledger, std::string stored);
  asio::awaitable<Result<SensorChanges>> changes_after(std::uint64_t change);
  // `absent`: there is no such responder here.
  asio::awaitable<Result<std::string>> test(std::string responder);

  // What is amiss now; empty: nothing (P12). Of runs that nobody knows the end of, those that ended since the start.
  std::vector<ActionTrouble> troubles() const;

  // A responder that is not here is `unavailable`: while a run of it is open the processor keeps it, and sends it again.
  Result<ResponderApi> api_for(const ActionRun& run) override;
  // Of a run whose responder is not here nothing can be said: api_for() holds it up.
  Result<void> permits(const ActionRun& run) override;
  bool may_send() const override { return in_force_.may_send; }

 private:
  struct Ready {
    Responder responder;
    ResponderApi api;
  };
  struct InForce {
    bool may_send = false;
    std::string digest;  // of their text; empty: there are none
    std::map<std::string, Ready, std::less<>> responders;
  };

  asio::awaitable<void> load();
  Result<void> usable() const;
  Result<InForce> made_of(const Secret& text) const;
  asio::awaitable<Result<ActionRun>> take_once(ActionRun run);
  asio::awaitable<Result<ActionRun>> take_undoing(ActionRun run);
  void note(const ActionRun& run);

  std::string sensor_;
  RemotePolicy policy_;
  ActionPorts ports_;
  Surroundings around_;
  Log& log_;
  bool loaded_ = false;
  std::string ledger_trouble_;      // why there is none; empty: there is one
  std::string responders_trouble_;  // why those that were kept are not in force
  InForce in_force_;
  bool changing_ = false;                    // other responders are being kept
  std::set<std::string> taking_;             // ids of runs
  std::map<std::string, WallTime> unknown_;  // ids of runs that ended so, and when
  ActionRunner runner_;
};

}  // namespace tidegate
