// What stands here needs no desk; what an order comes to is tested with the processor's.
#include "respond/action_guards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate {
namespace {

using testing::HasSubstr;

ActionRun run_that_does(std::optional<ResponseAction> action) {
  ActionRun run;
  run.tenant = "acme";
  run.action = action;
  return run;
}

TEST(RunGuards, WhatMayBeDoneMayBeTakenBack) {
  Responder responder;
  responder.actions = {ResponseAction::isolate_endpoint};
  ActionRun restore = run_that_does(ResponseAction::restore_endpoint);
  EXPECT_FALSE(may_do(responder, restore)) << "by itself it was not permitted";
  restore.undoes = "0123456789abcdef0123456789abcdef";
  EXPECT_TRUE(may_do(responder, restore));
  responder.actions = {ResponseAction::restore_endpoint};
  ActionRun isolate = run_that_does(ResponseAction::isolate_endpoint);
  isolate.undoes = restore.undoes;
  EXPECT_FALSE(may_do(responder, isolate)) << "it does harm";
  EXPECT_FALSE(may_do(responder, run_that_does(std::nullopt))) << "a custom request is a webhook's";
}

TEST(RunGuards, P10EveryReasonAgainstARunIsTold) {
  Responder responder;
  responder.name = "acme-v1";
  responder.tenants = {"blue", "green"};
  responder.actions = {ResponseAction::add_to_block_list, ResponseAction::quarantine_email};
  responder.guards.protect = {"guid-1"};
  ActionRun run = run_that_does(ResponseAction::isolate_endpoint);
  run.targets.emplace_back().target = {ObjectType::agent_guid, "guid-1", {}, {}};
  ActionRefusals refusals;
  check_scope(responder, run, refusals);
  ASSERT_FALSE(refusals.empty());
  const Error error = refusals.error();
  EXPECT_EQ(error.code(), Code::denied);
  EXPECT_THAT(error.text(), HasSubstr("may not act for 'acme'; it acts for blue, green\n"));
  EXPECT_THAT(error.text(), HasSubstr("may not do isolate_endpoint; it may do add_to_block_list, quarantine_email\n"));
  EXPECT_THAT(error.text(), HasSubstr("guid-1"));
}

}  // namespace
}  // namespace tidegate
