// The disks of a processor and of a sensor that carries its runs out: they keep what they have promised to keep, and nothing else;
// a write takes its time, and may fail, and be in all the same. What outlives a process is the caller's.
//
// Thread: the loop.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/action_ports.h"
#include "base/random.h"
#include "tests/unit/processor/respond/desk_rig.h"

namespace tidegate::test {

// Of a hundred each.
struct HandedWeather {
  std::uint64_t lost = 0;            // requests to the sensor
  std::uint64_t unanswered = 0;      // they are done
  std::uint64_t api_unanswered = 0;  // requests to the API: they are done
  std::uint64_t writes_fail = 0;     // of either disk
};

// Of a process: whether it is dead, and what its disk does. What a dead one does leaves no trace.
struct HandedLife {
  HandedLife(Clock& time, Random& chance, const HandedWeather& outside) : clock(time), random(chance), weather(outside) {}

  asio::awaitable<void> pause() { return clock.sleep_for(std::chrono::milliseconds{random.between(1, 20)}); }
  // Has its effect at one moment between two waits, so that a kill falls before or behind it.
  asio::awaitable<Result<void>> write(std::function<void()> effect) {
    co_await pause();
    const bool fails = random.below(100) < weather.writes_fail;
    const bool in_all_the_same = fails && random.chance(2);
    if (dead) co_return ended();
    if (!fails || in_all_the_same) effect();
    co_await pause();
    if (fails) co_return Error{Code::unavailable, "the disk failed"};
    co_return Result<void>{};
  }
  static Error ended() { return {Code::cancelled, "the process has ended"}; }

  Clock& clock;
  Random& random;
  const HandedWeather& weather;
  bool dead = false;
};

class HandedHistory final : public ActionLedger {
 public:
  HandedHistory(std::shared_ptr<HandedLife> life, MemoryActions& store) : life_(std::move(life)), store_(store) {}

  asio::awaitable<Result<void>> put(std::vector<ActionRun> runs) override {
    std::function<void()> effect = [this, &runs] {
      for (ActionRun& run : runs) keep(std::move(run));
    };
    co_return co_await life_->write(std::move(effect));
  }
  asio::awaitable<Result<ActionRun>> read(std::string id) override {
    co_await life_->pause();
    if (life_->dead) co_return HandedLife::ended();
    co_return store_.run(id);
  }
  asio::awaitable<Result<UnsettledRuns>> unsettled() override {
    co_await life_->pause();
    if (life_->dead) co_return HandedLife::ended();
    co_return co_await store_.unsettled();
  }

 private:
  void keep(ActionRun run) {
    const auto found = std::ranges::find(store_.all, run.id, &ActionRun::id);
    if (found == store_.all.end()) store_.all.push_back(std::move(run));
    else *found = std::move(run);
  }

  std::shared_ptr<HandedLife> life_;
  MemoryActions& store_;
};

struct HandedDisk {
  std::string id;
  std::map<std::string, ActionRun> runs;
  std::map<std::string, std::uint64_t> changes;  // by the run's id
  std::uint64_t last = 0;
  std::optional<Secret> responders;
};

class HandedLedger final : public SensorLedger {
 public:
  HandedLedger(std::shared_ptr<HandedLife> life, HandedDisk& disk) : life_(std::move(life)), disk_(disk), id_(disk.id) {}

  asio::awaitable<Result<void>> put(std::vector<ActionRun> runs) override {
    std::function<void()> effect = [this, &runs] {
      for (ActionRun& run : runs) {
        disk_.changes[run.id] = ++disk_.last;
        const std::string id = run.id;
        disk_.runs.insert_or_assign(id, std::move(run));
      }
    };
    co_return co_await life_->write(std::move(effect));
  }
  asio::awaitable<Result<ActionRun>> read(std::string id) override {
    co_await life_->pause();
    if (life_->dead) co_return HandedLife::ended();
    const auto found = disk_.runs.find(id);
    if (found == disk_.runs.end()) co_return Error{Code::absent, "no run " + id};
    co_return found->second;
  }
  asio::awaitable<Result<UnsettledRuns>> unsettled() override {
    co_await life_->pause();
    if (life_->dead) co_return HandedLife::ended();
    UnsettledRuns left;
    for (const auto& [id, run] : disk_.runs)
      if (!settled(run)) left.runs.push_back(run);
    co_return left;
  }
  const std::string& id() const override { return id_; }
  asio::awaitable<Result<SensorChanges>> changes_after(std::uint64_t change) override {
    co_await life_->pause();
    if (life_->dead) co_return HandedLife::ended();
    std::map<std::uint64_t, std::string> later;
    for (const auto& [run, at] : disk_.changes)
      if (at > change) later.emplace(at, run);
    SensorChanges told;
    told.ledger = id_;
    told.through = disk_.last;
    for (const auto& [at, run] : later) told.runs.push_back(disk_.runs.at(run));
    co_return told;
  }
  asio::awaitable<Result<void>> keep_responders(Secret text) override {
    std::function<void()> effect = [this, &text] { disk_.responders = text; };
    co_return co_await life_->write(std::move(effect));
  }
  asio::awaitable<Result<Secret>> responders() override {
    co_await life_->pause();
    if (life_->dead) co_return HandedLife::ended();
    if (!disk_.responders) co_return Error{Code::absent, "none were kept"};
    co_return *disk_.responders;
  }

 private:
  std::shared_ptr<HandedLife> life_;
  HandedDisk& disk_;
  std::string id_;
};

}  // namespace tidegate::test
