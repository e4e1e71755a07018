#include "respond/run_store_form.h"

#include <gtest/gtest.h>

#include "tests/unit/respond/stored_samples.h"

namespace tidegate {
namespace {

TEST(StoredRun, ComesBackEqualWithEveryFieldFilled) {
  const ActionRun run = test::full_run();
  const Result<ActionRun> back = run_from_stored(stored_run(run));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(*back, run);
}

TEST(StoredRun, ComesBackEqualWithNothingFilled) {
  ActionRun run;
  run.id = "1";
  EXPECT_EQ(stored_run(run), R"({"v":1,"id":"1"})");
  EXPECT_EQ(*run_from_stored(stored_run(run)), run);
  run.webhook.emplace();
  run.targets.resize(2);
  EXPECT_EQ(*run_from_stored(stored_run(run)), run);
  run.undo_at = WallTime{};
  EXPECT_EQ(run_from_stored(stored_run(run))->undo_at, WallTime{}) << "the epoch is a moment, too";
}

TEST(StoredRun, AnyRunComesBackEqual) {
  Random random{Seed{7}};
  for (int i = 0; i < 3000; ++i) {
    const ActionRun run = test::random_run(random);
    const Result<ActionRun> back = run_from_stored(stored_run(run));
    ASSERT_TRUE(back) << "run " << i << ": " << back.error().text();
    ASSERT_EQ(*back, run) << "run " << i;
  }
}

TEST(StoredRun, EveryStateActionAndTypeHasAPlace) {
  ActionRun run = test::full_run();
  for (std::uint8_t state = 0; state <= static_cast<std::uint8_t>(ResponseState::unknown); ++state) {
    run.targets[0].state = static_cast<ResponseState>(state);
    run.webhook->state = static_cast<ResponseState>(state);
    EXPECT_EQ(*run_from_stored(stored_run(run)), run);
  }
  for (std::uint8_t type = 0; type <= static_cast<std::uint8_t>(ObjectType::unique_id); ++type) {
    run.targets[0].target.type = static_cast<ObjectType>(type);
    EXPECT_EQ(*run_from_stored(stored_run(run)), run);
  }
  for (const ResponseAction action : all_response_actions) {
    run.action = action;
    EXPECT_EQ(*run_from_stored(stored_run(run)), run);
  }
}

TEST(StoredRun, WhatIsNoRunIsRefusedAndItsKeyNamed) {
  const auto why = [](std::string_view bytes) {
    const Result<ActionRun> run = run_from_stored(bytes);
    EXPECT_FALSE(run) << bytes;
    if (run) return std::string{};
    EXPECT_EQ(run.error().code(), Code::corrupt) << bytes;
    return run.error().text();
  };
  EXPECT_EQ(why(""), "what is stored is no JSON object");
  EXPECT_EQ(why("[]"), "what is stored is no JSON object");
  EXPECT_EQ(why(R"({"id":"1"})"), "the stored run has no usable 'v'");
  EXPECT_EQ(why(R"({"v":1})"), "the stored run has no usable 'id'");
  EXPECT_EQ(why(R"({"v":1,"id":7})"), "the stored run has no usable 'id'");
  EXPECT_EQ(why(R"({"v":1,"id":"1","action":"fire"})"), "the stored run has no usable 'action'");
  EXPECT_EQ(why(R"({"v":1,"id":"1","approval":"maybe"})"), "the stored run has no usable 'approval'");
  EXPECT_EQ(why(R"({"v":1,"id":"1","created":1.5})"), "the stored run has no usable 'created'");
  EXPECT_EQ(why(R"({"v":1,"id":"1","created":18446744073709551615})"), "the stored run has no usable 'created'");
  EXPECT_EQ(why(R"({"v":1,"id":"1","dry_run":1})"), "the stored run has no usable 'dry_run'");
  EXPECT_EQ(why(R"({"v":1,"id":"1","targets":{}})"), "the stored run has no usable 'targets'");
  EXPECT_EQ(why(R"({"v":1,"id":"1","targets":[7]})"), "the stored run has no usable 'targets'");
  EXPECT_EQ(why(R"({"v":1,"id":"1","targets":[{"value":"x"}]})"), "the stored run has no usable 'type'");
  EXPECT_EQ(why(R"({"v":1,"id":"1","targets":[{"type":"ip","attempts":-1}]})"), "the stored run has no usable 'attempts'");
  EXPECT_EQ(why(R"({"v":1,"id":"1","targets":[{"type":"ip","state":"done"}]})"), "the stored run has no usable 'state'");
  EXPECT_EQ(why(R"({"v":1,"id":"1","webhook":[]})"), "the stored run has no usable 'webhook'");
  std::string many = R"({"v":1,"id":"1","targets":[)";
  for (std::size_t i = 0; i <= targets_max; ++i) many.append(i == 0 ? "" : ",").append(R"({"type":"ip"})");
  EXPECT_EQ(why(many + "]}"), "the stored run has no usable 'targets'");
  EXPECT_EQ(why(std::string(100'000, '[')), "what is stored is no JSON object");
}

TEST(StoredRun, OfANewerVersionIsRefused) {
  EXPECT_EQ(run_from_stored(R"({"v":2,"id":"1"})").error().code(), Code::invalid);
  EXPECT_TRUE(run_from_stored(R"({"v":1,"id":"1","a_key_of_tomorrow":true})"));
}

}  // namespace
}  // namespace tidegate
