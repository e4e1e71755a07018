// Mutants of remote configuration.
#include <utility>

#include "tests/sim/mutant_makers.h"
#include "tests/sim/passing_ports.h"
#include "transport/signal.h"
#include "transport/task_group.h"

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

// How many documents a sensor has refused.
using RefusalCount = std::shared_ptr<std::uint64_t>;

class CountsRefusals final : public PassingKeeper {
 public:
  CountsRefusals(std::unique_ptr<ConfigKeeper> real, RefusalCount refusals)
      : PassingKeeper(std::move(real)), refusals_(std::move(refusals)) {}

  asio::awaitable<Result<void>> refuse(ConfigRefusal refusal) override {
    ++*refusals_;
    return real_->refuse(std::move(refusal));
  }

 private:
  RefusalCount refusals_;
};

asio::awaitable<Result<Bytes>> stand_still(Signal& never) {
  bool over = co_await stopped();  // a name of its own: g++ 12 lays out a frame wrong that begins with an awaited condition
  while (!over) {
    co_await never.wait();
    over = co_await stopped();
  }
  co_return Error{Code::cancelled, "stopped"};
}

// Nothing is said to be wrong and nothing is lost before the end; but what collected when a document was refused asks for nothing
// any more (P8). What is made later, for the next document or the check of one, does.
class StandsStillWhenRefused final : public PassingSource {
 public:
  StandsStillWhenRefused(std::unique_ptr<Source> real, RefusalCount refusals)
      : PassingSource(std::move(real)), refusals_(std::move(refusals)), refused_before_(*refusals_) {}

  asio::awaitable<Result<Bytes>> poll(const PageRequest& request) override {
    return *refusals_ == refused_before_ ? real_->poll(request) : stand_still(never_);
  }

 private:
  RefusalCount refusals_;
  std::uint64_t refused_before_;
  Signal never_;
};

}  // namespace

SensorMutant standing_still_when_refused() {
  const RefusalCount refusals = std::make_shared<std::uint64_t>(0);
  return {.source = [refusals](std::unique_ptr<Source> real) -> std::unique_ptr<Source> {
            return std::make_unique<StandsStillWhenRefused>(std::move(real), refusals);
          },
          .keeper = [refusals](std::unique_ptr<ConfigKeeper> real) -> std::unique_ptr<ConfigKeeper> {
            return std::make_unique<CountsRefusals>(std::move(real), refusals);
          }};
}

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
