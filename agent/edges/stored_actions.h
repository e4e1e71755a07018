// StoredActions: the sensor's ledger of actions on the journal's thread. What its calls promise stands in storage/action_ledger.h
// and respond/ports.h. Its rows are runs as they are stored; its value is by what the sensor acts, sealed.
//
// Thread: the loop. The files are touched by the storage thread alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/action_ports.h"
#include "agent/control_ports.h"
#include "base/log.h"
#include "base/metrics.h"
#include "storage/action_ledger.h"
#include "transport/worker_thread.h"

namespace tidegate {

// Opens the ledger, says in the log what it found, and counts what was set aside.
//   `invalid`: no retry opens it: another version, no permission.
//   requires: the journal's lock is held; what is referred to outlives it
Result<std::unique_ptr<SensorLedger>> open_sensor_ledger(const StorePlace& place, const Id128& fresh_id, WorkerThread& thread,
                                                         ConfigSealer& sealer, Log& log, Metrics& metrics);

class StoredActions final : public SensorLedger {
 public:
  //   requires: what is referred to outlives this
  StoredActions(std::unique_ptr<ActionLedgerFiles> files, WorkerThread& thread, ConfigSealer& sealer, Log& log);

  const std::string& id() const override { return id_; }
  // `invalid`: the id of a run is none, two of them have the same one, or a run is larger than a row may be.   `corrupt`: what was
  // done under its id cannot be read any more.
  asio::awaitable<Result<void>> put(std::vector<ActionRun> runs) override;
  // `corrupt`: it was damaged. It is not absent: it must not be begun anew (P9).
  asio::awaitable<Result<ActionRun>> read(std::string id) override;
  asio::awaitable<Result<UnsettledRuns>> unsettled() override;

  // A run that would fill an answer by itself is told without its long texts, and says so.
  asio::awaitable<Result<SensorChanges>> changes_after(std::uint64_t change) override;
  asio::awaitable<Result<void>> keep_responders(Secret text) override;
  asio::awaitable<Result<Secret>> responders() override;

 private:
  Result<ActionRun> run_of(const std::string& id);
  Result<UnsettledRuns> unsettled_runs();
  Result<SensorChanges> changed_runs(std::uint64_t after);

  std::unique_ptr<ActionLedgerFiles> files_;
  std::string id_;
  WorkerThread& thread_;
  ConfigSealer& sealer_;
  Log& log_;
};

// Where the ledger cannot be opened: the sensor carries out nothing, and says why.
class NoSensorLedger final : public SensorLedger {
 public:
  explicit NoSensorLedger(Error why) : why_(std::move(why)) {}

  const std::string& id() const override { return none_; }
  asio::awaitable<Result<void>> put(std::vector<ActionRun>) override { co_return why_; }
  asio::awaitable<Result<ActionRun>> read(std::string) override { co_return why_; }
  asio::awaitable<Result<UnsettledRuns>> unsettled() override { co_return why_; }
  asio::awaitable<Result<SensorChanges>> changes_after(std::uint64_t) override { co_return why_; }
  asio::awaitable<Result<void>> keep_responders(Secret) override { co_return why_; }
  asio::awaitable<Result<Secret>> responders() override { co_return why_; }

 private:
  Error why_;
  std::string none_;
};

}  // namespace tidegate
