// P9: an action is done at most once. Days under seeds are tidegate-simulate-actions'; here one run meets one kill at every turn.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/actions/action_world.h"

namespace tidegate {
namespace {

ActionRun block_list_run() {
  ActionRun run;
  run.id = std::string(32, '7');
  run.responder = "responder-1";
  run.tenant = "tenant-1";
  run.action = ResponseAction::add_to_block_list;
  run.requested_by = "operator";
  for (const char* domain : {"bad1.example", "bad2.example"}) {
    TargetRun& target = run.targets.emplace_back();
    target.target = {ObjectType::domain, domain, {}, {}};
  }
  return run;
}

std::size_t times_done(ActionWorld& world, const ActionRun& run, std::size_t target) {
  const std::vector<TaskView> tasks = world.tasks();
  return static_cast<std::size_t>(std::ranges::count_if(
      tasks, [&](const TaskView& task) { return task.description.find(marker_of(run, target)) != std::string::npos; }));
}

TEST(P9AtMostOnce, WhateverTurnOfTheLoopTheKillFallsOn) {
  const ActionRun run = block_list_run();
  constexpr std::uint64_t turns_most = 400;
  std::size_t killed = 0;
  std::size_t done = 0;
  for (std::uint64_t turns = 1; turns <= turns_most; ++turns) {
    ActionWorld world{Seed{turns}, SimOptions{}, nullptr};
    world.start();
    world.submit(run);
    world.kill_after(turns);
    world.run_for(std::chrono::minutes{2});
    world.kill_after(0);
    killed += world.running() ? 0 : 1;
    if (!world.running()) world.start();
    world.run_for(std::chrono::hours{1});
    const bool accepted = world.accepted().contains(run.id);
    const bool kept = world.kept().contains(run.id);
    EXPECT_TRUE(kept || !accepted) << "killed after " << turns << " turns: what was accepted is forgotten";
    if (kept) {
      EXPECT_EQ(state_of(world.kept().at(run.id)), RunState::succeeded) << "killed after " << turns << " turns";
      ++done;
    }
    for (std::size_t target = 0; target < run.targets.size(); ++target)
      EXPECT_EQ(times_done(world, run, target), kept ? 1u : 0u) << "killed after " << turns << " turns";
  }
  EXPECT_GT(killed, 20u) << "these turns have to fall within the run";
  EXPECT_LT(killed, turns_most) << "and reach behind it";
  EXPECT_GT(done, turns_most / 2);
}

TEST(P9AtMostOnce, WhateverTheNetDoesToEachRequest) {
  const ActionRun run = block_list_run();
  std::size_t succeeded = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    ActionWorld world{Seed{seed}, SimOptions{}, nullptr};
    world.weather() = {25, 25, 25};
    world.start();
    world.submit(run);
    world.run_for(std::chrono::hours{8});
    world.weather() = {};
    world.run_for(std::chrono::hours{26});
    ASSERT_TRUE(settled(world.kept().at(run.id))) << "seed " << seed;
    for (std::size_t target = 0; target < run.targets.size(); ++target) {
      const ResponseState state = world.kept().at(run.id).targets[target].state;
      succeeded += state == ResponseState::succeeded ? 1 : 0;
      EXPECT_TRUE(state == ResponseState::succeeded || state == ResponseState::unknown) << "seed " << seed << " " << name(state);
      EXPECT_EQ(times_done(world, run, target), state == ResponseState::succeeded ? 1u : 0u) << "seed " << seed;
    }
  }
  EXPECT_GT(succeeded, 60u) << "of two targets in each of 60 runs";
}

}  // namespace
}  // namespace tidegate
