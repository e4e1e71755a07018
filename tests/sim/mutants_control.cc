// Mutants of remote configuration.
#include <utility>

#include "tests/sim/mutant_makers.h"

namespace tidegate {
namespace {

class PassingKeeper : public ConfigKeeper {
 public:
  explicit PassingKeeper(std::unique_ptr<ConfigKeeper> real) : real_(std::move(real)) {}

  asio::awaitable<Result<KeptConfigs>> load() override { return real_->load(); }
  asio::awaitable<Result<ConfigHead>> put_candidate(StoredConfig config) override {
    return real_->put_candidate(std::move(config));
  }
  asio::awaitable<Result<void>> keep_candidate() override { return real_->keep_candidate(); }
  asio::awaitable<Result<void>> drop_candidate() override { return real_->drop_candidate(); }
  asio::awaitable<Result<void>> refuse(ConfigRefusal refusal) override { return real_->refuse(std::move(refusal)); }

 protected:
  std::unique_ptr<ConfigKeeper> real_;
};

// What was tried and has failed is kept instead of dropped: it is in force after the next start, and before it another one is than
// the disk says (P8).
class KeepsWhatFailed final : public PassingKeeper {
 public:
  using PassingKeeper::PassingKeeper;

  asio::awaitable<Result<ConfigHead>> put_candidate(StoredConfig config) override {
    Result<ConfigHead> stored = co_await real_->put_candidate(std::move(config));
    tried_ = stored.has_value();
    co_return stored;
  }
  asio::awaitable<Result<void>> keep_candidate() override {
    tried_ = false;
    return real_->keep_candidate();
  }
  asio::awaitable<Result<void>> refuse(ConfigRefusal refusal) override {
    if (!std::exchange(tried_, false)) return real_->refuse(std::move(refusal));
    return real_->keep_candidate();
  }

 private:
  bool tried_ = false;
};

// The sensor runs by its own file until it is offered a document: the processor wants the one that it has reported, and waits (P8).
class ForgetsWhatWasKept final : public PassingKeeper {
 public:
  using PassingKeeper::PassingKeeper;

  asio::awaitable<Result<KeptConfigs>> load() override {
    Result<KeptConfigs> all = co_await real_->load();
    if (all) all->last_good.reset();
    co_return all;
  }
};

// A token that has expired comes into force, and a host where nobody answers (P8).
class TrustsEveryConnector final : public ConnectorCheck {
 public:
  asio::awaitable<Result<std::vector<UnfitConnector>>> check(std::vector<ConnectorConfig>) override {
    std::vector<UnfitConnector> none;
    co_return none;
  }
};

}  // namespace

std::unique_ptr<ConfigKeeper> keeping_what_failed(std::unique_ptr<ConfigKeeper> real) {
  return std::make_unique<KeepsWhatFailed>(std::move(real));
}
std::unique_ptr<ConfigKeeper> forgetting_what_was_kept(std::unique_ptr<ConfigKeeper> real) {
  return std::make_unique<ForgetsWhatWasKept>(std::move(real));
}
std::unique_ptr<ConnectorCheck> trusting_every_connector(std::unique_ptr<ConnectorCheck>) {
  return std::make_unique<TrustsEveryConnector>();
}

}  // namespace tidegate
