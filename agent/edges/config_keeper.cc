#include "agent/edges/config_keeper.h"

namespace tidegate {

Result<std::unique_ptr<ConfigStore>> open_config_store(const StorePlace& place, Log& log, Metrics& metrics) {
  ConfigStoreReport report;
  Result<std::unique_ptr<ConfigStore>> store = ConfigStore::open(place, report);
  Metric& damaged = metrics.counter("tidegate_config_files_set_aside_total", "Damaged files of the configuration store.");
  for (std::size_t i = 0; i < report.set_aside.size(); ++i) {
    damaged.add();
    log.error("a file of the configuration store was damaged: it is set aside",
              {{"set_aside", report.set_aside[i]}, {"reason", i < report.reasons.size() ? report.reasons[i] : std::string{}}});
  }
  if (report.last_good_from_history) log.warning("the configuration that was kept is taken from the history", {});
  if (report.last_good_lost) log.error("the configuration that was kept is lost: the sensor's own file alone is in force", {});
  if (!report.history_flaw.empty())
    log.warning("the history of configurations cannot be written: what is kept is in force, and no other is taken before it can",
                {{"reason", report.history_flaw}});
  if (report.last_good_taken_back) log.warning("a configuration that was refused while it was kept is taken back", {});
  return store;
}

Result<KeptConfigs> StoredConfigKeeper::kept() const {
  KeptConfigs all;
  if (store_->last_good()) {
    Result<StoredConfig> config = store_->read_last_good();
    if (!config) return std::move(config).error().in("last good configuration");
    all.last_good = *std::move(config);
  }
  if (store_->candidate()) {
    Result<StoredConfig> config = store_->read_candidate();
    if (!config) return std::move(config).error().in("candidate configuration");
    all.candidate = *std::move(config);
  }
  all.refusal = store_->refusal();
  return all;
}

// The calls have names, because g++ 12 destroys a capturing lambda twice when it stands inside a co_await expression.
asio::awaitable<Result<KeptConfigs>> StoredConfigKeeper::load() {
  const std::function<Result<KeptConfigs>()> call = [this] { return kept(); };
  co_return co_await thread_.call(call);
}

asio::awaitable<Result<ConfigHead>> StoredConfigKeeper::put_candidate(StoredConfig config) {
  const std::function<Result<ConfigHead>()> call = [this, &config] { return store_->put_candidate(std::move(config)); };
  co_return co_await thread_.call(call);
}

asio::awaitable<Result<void>> StoredConfigKeeper::keep_candidate() {
  const std::function<Result<void>()> call = [this] { return store_->keep_candidate(); };
  co_return co_await thread_.call(call);
}

asio::awaitable<Result<void>> StoredConfigKeeper::drop_candidate() {
  const std::function<Result<void>()> call = [this] { return store_->drop_candidate(); };
  co_return co_await thread_.call(call);
}

asio::awaitable<Result<void>> StoredConfigKeeper::refuse(ConfigRefusal refusal) {
  const std::function<Result<void>()> call = [this, &refusal] { return store_->refuse(std::move(refusal)); };
  co_return co_await thread_.call(call);
}

}  // namespace tidegate
