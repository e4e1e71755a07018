// What the tests of response actions on a sensor have in common: a ledger in memory with the responders beside it, an API that
// answers as it is told, a policy, and a process that ends and begins.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/control/responder.h"
#include "respond/run_store_form.h"
#include "tests/unit/respond/runner_rig.h"
#include "transport/signal.h"

namespace tidegate {

class MemorySensorLedger final : public SensorLedger {
 public:
  asio::awaitable<Result<void>> put(std::vector<ActionRun> runs) override {
    std::vector<std::string> ids;
    for (const ActionRun& run : runs) ids.push_back(run.id);
    const Result<void> written = co_await rows.put(std::move(runs));
    if (written)
      for (const std::string& id : ids) change_of[id] = ++last_change;
    co_return written;
  }
  asio::awaitable<Result<ActionRun>> read(std::string id) override {
    ++reads;
    while (slow) co_await released.wait();
    if (read_error) co_return *read_error;
    co_return co_await rows.read(std::move(id));
  }
  asio::awaitable<Result<UnsettledRuns>> unsettled() override { co_return co_await rows.unsettled(); }
  const std::string& id() const override { return ledger_id; }
  asio::awaitable<Result<SensorChanges>> changes_after(std::uint64_t change) override {
    if (ledger_id.empty()) co_return Error{Code::invalid, "a newer version wrote the ledger"};
    SensorChanges changes;
    changes.ledger = ledger_id;
    changes.through = last_change;
    std::map<std::uint64_t, std::string> by_change;
    for (const auto& [id, at] : change_of) by_change[at] = id;
    for (const auto& [at, id] : by_change)
      if (at > change) changes.runs.push_back(rows.kept.at(id));
    co_return changes;
  }
  asio::awaitable<Result<void>> keep_responders(Secret text) override {
    while (slow) co_await released.wait();
    if (keep_error) co_return *keep_error;
    kept_responders = std::move(text);
    co_return Result<void>{};
  }
  asio::awaitable<Result<Secret>> responders() override {
    if (open_error) co_return *open_error;
    if (!kept_responders) co_return Error{Code::absent, "none were kept"};
    co_return *kept_responders;
  }

  // From now on reads and keeping take until release().
  void be_slow() { slow = true; }
  void release() {
    slow = false;
    released.notify();
  }

  MemoryLedger rows;
  std::string ledger_id = "00112233445566778899aabbccddeeff";
  std::map<std::string, std::uint64_t> change_of;
  std::uint64_t last_change = 0;
  int reads = 0;
  bool slow = false;
  Signal released;
  std::optional<Error> read_error;
  std::optional<Error> keep_error;
  std::optional<Error> open_error;
  std::optional<Secret> kept_responders;
};

class SensorRig : public testing::Test {
 protected:
  static constexpr std::string_view sensor = "zurich-01";
  static constexpr std::string_view api_key = "key-that-nobody-may-see";

  ~SensorRig() override { end(); }

  void begin() {
    MakeResponderApi make = [this](const Responder& responder, Secret secret) { return made(responder, secret); };
    ProbeResponder probe = [this](Responder responder, Secret secret) { return probed(std::move(responder), std::move(secret)); };
    responder_.emplace(std::string{sensor}, policy_, ActionPorts{ledger_, std::move(make), std::move(probe)}, loop_.get_executor(),
                       Surroundings{clock_, random_}, log_, metrics_);
    tasks_.emplace(loop_.get_executor());
    tasks_->spawn("actions", responder_->run());
    turn_until_idle(loop_);
  }
  void end() {
    if (!responder_) return;
    ledger_.release();
    tasks_->stop();
    bool joined = false;
    asio::co_spawn(loop_, tasks_->join(), [&joined](const std::exception_ptr&) { joined = true; });
    for (int turns = 0; !joined && turns < turns_max; ++turns) {
      turn_until_idle(loop_);
      tasks_->stop();
    }
    ASSERT_TRUE(joined);
    tasks_.reset();
    responder_.reset();
  }
  void restart() {
    end();
    begin();
  }
  void pass(std::chrono::nanoseconds span) {
    const SteadyTime until = clock_.steady() + span;
    turn_until_idle(loop_);
    while (clock_.steady() < until) {
      const SteadyTime next = std::min(clock_.next_deadline().value_or(until), until);
      clock_.advance(std::max<std::chrono::nanoseconds>(next - clock_.steady(), std::chrono::nanoseconds{1}));
      turn_until_idle(loop_);
    }
  }

  // Runs until nothing moves any more; what has not come to its end then is absent, and goes on with the next turns.
  template <class T>
  std::shared_ptr<std::optional<T>> begin_to(asio::awaitable<T> work) {
    auto outcome = std::make_shared<std::optional<T>>();  // shared with the coroutine, which may outlive the test's interest
    asio::co_spawn(loop_, keep(std::move(work), outcome), [](const std::exception_ptr&) {});
    turn_until_idle(loop_);
    return outcome;
  }
  template <class T>
  Result<T> run_to_end(asio::awaitable<Result<T>> work) {
    const auto outcome = begin_to(std::move(work));
    return *outcome ? **outcome : Result<T>{Error{Code::timeout, "no outcome"}};
  }

  Result<void> give(std::vector<Responder> responders, bool may_send = true) {
    Result<Secret> text = sensor_responders_text({may_send, std::move(responders)});
    if (!text) return std::move(text).error();
    return run_to_end(responder_->take_responders(*std::move(text)));
  }
  Result<ActionRun> hand_over(const ActionRun& run) { return run_to_end(responder_->take_run(ledger_.ledger_id, stored_run(run))); }
  SensorChanges changes(std::uint64_t after = 0) {
    Result<SensorChanges> found = run_to_end(responder_->changes_after(after));
    EXPECT_TRUE(found) << found.error().text();
    return found ? *std::move(found) : SensorChanges{};
  }

  static Responder visionone(const std::string& name = "acme-v1") {
    Responder responder;
    responder.name = name;
    responder.tenants = {"acme"};
    responder.sensor = sensor;
    responder.secret = Secret{std::string{api_key}};
    return responder;
  }
  static Responder webhook() {
    Responder responder;
    responder.name = "hook";
    responder.type = ResponderType::webhook;
    responder.tenants = {"acme"};
    responder.sensor = sensor;
    responder.host = "tickets.example.net";
    responder.webhook.path = "/hook";
    return responder;
  }
  ActionRun isolation() {
    ActionRun run;
    run.id = to_hex(Id128{1, ++runs_});
    run.responder = "acme-v1";
    run.tenant = "acme";
    run.sensor = sensor;
    run.handed_to = ledger_.ledger_id;
    run.action = ResponseAction::isolate_endpoint;
    run.requested_by = "alice";
    run.created = clock_.wall();
    run.targets.emplace_back().target = {ObjectType::agent_guid, "35fa11da-a24e-40cf-8b56-baf8828cc151", {}, "ticket 7"};
    return run;
  }
  ActionRun request() {
    ActionRun run = custom_run(to_hex(Id128{1, ++runs_}));
    run.sensor = sensor;
    run.created = clock_.wall();
    return run;
  }
  const ActionRun& kept(const ActionRun& run) { return ledger_.rows.kept.at(run.id); }

  asio::io_context loop_{1};
  ManualClock clock_{WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1}}};
  Random random_{Seed{7}};
  std::string logged_;
  Log log_{clock_, LogFormat::text, Level::debug, [this](std::string_view line) { logged_.append(line); }};
  Metrics metrics_;
  RemotePolicy policy_;
  MemorySensorLedger ledger_;
  std::shared_ptr<ToldApi> api_ = std::make_shared<ToldApi>();
  std::shared_ptr<ToldWebhook> webhook_ = std::make_shared<ToldWebhook>();
  std::vector<std::string> secrets_;  // by which APIs were made
  std::optional<Error> unfit_;        // why none can be made
  Result<std::string> probe_answer_{std::string{"the key is good"}};
  std::uint64_t runs_ = 0;
  std::optional<SensorResponder> responder_;
  std::optional<TaskGroup> tasks_;

 private:
  template <class T>
  static asio::awaitable<void> keep(asio::awaitable<T> work, std::shared_ptr<std::optional<T>> outcome) {
    outcome->emplace(co_await std::move(work));
  }
  Result<ResponderApi> made(const Responder& responder, const Secret& secret) {
    if (unfit_) return *unfit_;
    secrets_.emplace_back(secret.reveal());
    return responder.type == ResponderType::webhook ? ResponderApi{nullptr, webhook_} : ResponderApi{api_, nullptr};
  }
  asio::awaitable<Result<std::string>> probed(Responder, Secret) { co_return probe_answer_; }
};

}  // namespace tidegate
