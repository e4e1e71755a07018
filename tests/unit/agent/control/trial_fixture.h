// What the tests of configuration trials share: a world that remembers what a disk would, and dies when told to, before or after
// anything that it is asked for takes effect.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/control/config_trial.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_until.h"
#include "transport/task_group.h"

namespace tidegate {

// What survives a crash.
struct TrialDisk {
  KeptConfigs kept;
  std::uint64_t sequence = 0;
};

class TrialWorld final : public ConfigKeeper, public ConfigSealer, public ConfigTarget, public ConnectorCheck, public ControlLink {
 public:
  TrialWorld(TrialDisk& disk, Clock& clock, AgentConfig local) : disk_(disk), clock_(clock), running(std::move(local)) {}

  // The moments before and after each effect are numbered from 0; at this one everything ends.
  void die_at(std::size_t moment) { dies_at_ = moment; }
  bool dead() const { return dead_; }

  asio::awaitable<Result<KeptConfigs>> load() override {
    if (loads_to_fail > 0) {
      --loads_to_fail;
      co_return broken();
    }
    co_return disk_.kept;
  }
  asio::awaitable<Result<ConfigHead>> put_candidate(StoredConfig config) override {
    if (!lives() || fails("put_candidate")) co_return broken();
    if (config.head.sequence == 0) config.head.sequence = ++disk_.sequence;
    disk_.kept.candidate = config;
    if (!lives()) co_return broken();
    co_return config.head;
  }
  asio::awaitable<Result<void>> keep_candidate() override {
    if (!lives() || fails("keep_candidate")) co_return broken();
    disk_.kept.last_good = std::exchange(disk_.kept.candidate, std::nullopt);
    if (!lives()) co_return broken();
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> drop_candidate() override {
    if (!lives() || fails("drop_candidate")) co_return broken();
    disk_.kept.candidate.reset();
    if (!lives()) co_return broken();
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> refuse(ConfigRefusal refusal) override {
    if (!lives() || fails("refuse")) co_return broken();
    if (refusal.sequence == 0) refusal.sequence = ++disk_.sequence;
    disk_.kept.refusal = refusal;
    if (!lives()) co_return broken();
    co_return Result<void>{};
  }

  Result<Bytes> seal(const Secret& document) override { return "sealed:" + std::string{document.reveal()}; }
  Result<Secret> open(ByteView sealed) override {
    if (wrong_key) return Error{Code::denied, "sealed with another key"};
    return Secret{std::string{sealed.substr(7)}};
  }

  asio::awaitable<Result<void>> apply(AgentConfig config) override {
    if (!lives()) co_return broken();
    running = std::move(config);
    ++rebuilt;
    if (!lives()) co_return broken();
    if (fails("apply")) co_return broken();
    co_return Result<void>{};
  }

  asio::awaitable<Result<std::vector<UnfitConnector>>> check(std::vector<ConnectorConfig> connectors) override {
    if (!lives()) co_return broken();
    std::vector<UnfitConnector> all;
    for (const ConnectorConfig& connector : connectors) {
      checked.push_back(connector.name);
      if (const auto found = unfit.find(connector.name); found != unfit.end()) all.push_back({connector.name, found->second});
    }
    co_return all;
  }

  asio::awaitable<Result<void>> renew() override {
    if (!lives()) co_return broken();
    ++renewals;
    if (link_hangs) {
      co_await clock_.sleep_for(std::chrono::hours{1});
      co_return Error{Code::cancelled, "stopped"};
    }
    const bool cut_off = std::ranges::any_of(running.connectors, [](const auto& each) { return each.name == "cuts-link"; });
    if (cut_off || clock_.steady() < link_back_at) co_return Error{Code::unavailable, "connection refused"};
    if (!lives()) co_return broken();
    co_return Result<void>{};
  }
  asio::awaitable<Result<ControlEvent>> next() override { co_return broken(); }
  void publish(ControlReport) override {}
  Result<void> answer(CommandAnswer) override { return {}; }

 private:
  static Error broken() { return {Code::unavailable, "the disk fails"}; }
  bool lives() {
    dead_ = dead_ || (dies_at_ && moments_ == *dies_at_);
    ++moments_;
    return !dead_;
  }
  bool fails(const std::string& call) const { return failing == call; }

  TrialDisk& disk_;
  Clock& clock_;
  std::optional<std::size_t> dies_at_;
  std::size_t moments_ = 0;
  bool dead_ = false;

 public:
  AgentConfig running;
  std::size_t rebuilt = 0;
  std::size_t renewals = 0;
  std::vector<std::string> checked;
  std::map<std::string, Error> unfit;
  std::string failing;  // the call that fails
  std::size_t loads_to_fail = 0;
  SteadyTime link_back_at{};
  bool link_hangs = false;
  bool wrong_key = false;
};

inline ConnectorConfig local_connector(const std::string& name) {
  ConnectorConfig connector;
  connector.name = name;
  connector.type = "trendmicro_visionone";
  connector.tenant = {"acme", "ACME Corp"};
  connector.region = "us";
  connector.api_base_url = "https://api.xdr.trendmicro.com";
  connector.bearer_token = Secret{"local.secret.token"};
  return connector;
}

inline std::string entry(const std::string& name, const std::string& token = "planted.secret.token", const std::string& more = {}) {
  return "  - {name: " + name +
         ", type: trendmicro_visionone, tenant: {id: acme, name: ACME Corp}, region: eu, bearer_token: " + token + more + "}\n";
}

inline std::string document(std::uint64_t revision, const std::vector<std::string>& names) {
  std::string text = "revision: " + std::to_string(revision) + "\nconnectors:" + (names.empty() ? " []" : "") + "\n";
  for (const std::string& name : names) text += entry(name);
  return text;
}

class TrialTest : public testing::Test {
 protected:
  TrialTest() {
    local_.ship.receiver = Receiver::forward;
    local_.connectors.push_back(local_connector("local"));
  }
  ~TrialTest() override { stop(); }

  // A process begins, on what the last one left. What comes before the first offer is done when it returns.
  void start() {
    begin();
    settle();
  }
  // The same, up to where it first waits.
  void begin() {
    stop();
    random_ = Random{Seed{1}};  // the same number of attempts in each run, so that moments can be counted
    world_ = std::make_unique<TrialWorld>(disk_, clock_, local_);
    if (die_at_) world_->die_at(*std::exchange(die_at_, std::nullopt));
    if (prepare_) prepare_(*world_);
    statuses_.clear();
    trial_ = std::make_unique<ConfigTrial>(local_, TrialPorts{*world_, *world_, *world_, *world_, *world_},
                                           Surroundings{clock_, random_}, log_, metrics_,
                                           [this](const RemoteStatus& status) { statuses_.push_back(status); });
    tasks_ = std::make_unique<TaskGroup>(loop_.get_executor());
    tasks_->spawn("trial", trial_->run());
    poll();
  }

  void stop() {
    if (!tasks_) return;
    bool joined = false;
    asio::co_spawn(loop_, tasks_->join(), [&joined](const std::exception_ptr&) { joined = true; });
    tasks_->stop();
    EXPECT_TRUE(run_until(loop_, [&joined] { return joined; }));
    tasks_.reset();
    trial_.reset();
  }

  void poll() {
    loop_.restart();
    loop_.poll();
  }

  // Time goes on until nobody waits for it, or the world is dead.
  void settle() {
    poll();
    for (int step = 0; step < 1000 && !world_->dead(); ++step) {
      const std::optional<SteadyTime> next = clock_.next_deadline();
      if (!next || trial_->phase() == TrialPhase::idle) break;
      clock_.advance(*next - clock_.steady());
      poll();
    }
  }

  void offer(const std::string& hash, const std::string& text) {
    trial_->offer({hash, Secret{text}});
    settle();
  }

  std::vector<std::string> running() const {
    std::vector<std::string> names;
    for (const ConnectorConfig& connector : world_->running.connectors) names.push_back(connector.name);
    return names;
  }
  // "APPLYING h1, APPLIED h1"
  std::string told() const {
    std::string text;
    for (const RemoteStatus& status : statuses_)
      text += (text.empty() ? "" : ", ") + std::string{name(status.state)} + (status.hash.empty() ? "" : " " + status.hash);
    return text;
  }
  Bytes kept_hash() const { return disk_.kept.last_good ? disk_.kept.last_good->head.hash : Bytes{}; }

  AgentConfig local_;
  TrialDisk disk_;
  asio::io_context loop_;
  ManualClock clock_{WallTime{std::chrono::seconds{1'800'000'000}}};
  Random random_{Seed{1}};
  std::string lines_;
  Log log_{clock_, LogFormat::text, Level::debug, [this](std::string_view line) { lines_.append(line); }};
  Metrics metrics_;
  std::optional<std::size_t> die_at_;  // of the next process
  std::function<void(TrialWorld&)> prepare_;
  std::unique_ptr<TrialWorld> world_;
  std::unique_ptr<ConfigTrial> trial_;
  std::vector<RemoteStatus> statuses_;
  std::unique_ptr<TaskGroup> tasks_;
};

}  // namespace tidegate
