// StoredConfigKeeper: the configuration store as the trial's keeper, on the journal's thread. What its calls promise stands in
// storage/config_store.h.
//
// Thread: the loop. The store is touched by the storage thread alone.
#pragma once

#include <memory>

#include "agent/control_ports.h"
#include "base/log.h"
#include "base/metrics.h"
#include "storage/config_store.h"
#include "transport/worker_thread.h"

namespace tidegate {

// Opens the store and says in the log what it found.   requires: the journal's lock is held
Result<std::unique_ptr<ConfigStore>> open_config_store(const StorePlace& place, Log& log, Metrics& metrics);

class StoredConfigKeeper final : public ConfigKeeper {
 public:
  //   requires: the thread outlives this
  StoredConfigKeeper(std::unique_ptr<ConfigStore> store, WorkerThread& thread) : store_(std::move(store)), thread_(thread) {}

  asio::awaitable<Result<KeptConfigs>> load() override;
  asio::awaitable<Result<ConfigHead>> put_candidate(StoredConfig config) override;
  asio::awaitable<Result<void>> keep_candidate() override;
  asio::awaitable<Result<void>> drop_candidate() override;
  asio::awaitable<Result<void>> refuse(ConfigRefusal refusal) override;

 private:
  Result<KeptConfigs> kept() const;

  std::unique_ptr<ConfigStore> store_;
  WorkerThread& thread_;
};

// Where the store cannot be opened, for a reason that may go: the agent runs by its own file, and no offer is taken, since it could
// not be kept.
class NoConfigKeeper final : public ConfigKeeper {
 public:
  explicit NoConfigKeeper(Error why) : why_(std::move(why)) {}

  asio::awaitable<Result<KeptConfigs>> load() override { co_return KeptConfigs{}; }
  asio::awaitable<Result<ConfigHead>> put_candidate(StoredConfig) override { co_return why_; }
  asio::awaitable<Result<void>> keep_candidate() override { co_return why_; }
  asio::awaitable<Result<void>> drop_candidate() override { co_return Result<void>{}; }
  asio::awaitable<Result<void>> refuse(ConfigRefusal) override { co_return why_; }

 private:
  Error why_;
};

}  // namespace tidegate
