// What the tests of the desk share: orders, and what comes of them.
#pragma once

#include <gtest/gtest.h>

#include "tests/unit/processor/respond/desk_rig.h"

namespace tidegate::test {

inline ActionOrder isolate_order() {
  ActionOrder order;
  order.responder = "acme-v1";
  order.action = ResponseAction::isolate_endpoint;
  order.record = alert_record();
  order.requested_by = "alice";
  return order;
}

inline ActionOrder block_order(const std::string& domain) {
  ActionOrder order;
  order.responder = "acme-v1";
  order.action = ResponseAction::add_to_block_list;
  order.given["domain"] = domain;
  return order;
}

class DeskTest : public testing::Test, public DeskRig {
 protected:
  Result<ActionRun> submit(ActionOrder order) { return wait(desk.submit(std::move(order))); }
  // The reason for which it is refused; the history stays as it was.
  std::string refusal(ActionOrder order, Code code) {
    const std::size_t before = store.all.size();
    const Result<ActionRun> run = submit(std::move(order));
    EXPECT_EQ(store.all.size(), before) << "what is refused is in no history";
    if (run) return "it was accepted";
    EXPECT_EQ(run.error().code(), code) << run.error().text();
    return run.error().text();
  }
  ActionRun accepted(ActionOrder order) {
    const Result<ActionRun> run = submit(std::move(order));
    EXPECT_TRUE(run) << run.error().text();
    return run ? *run : ActionRun{};
  }
  ActionRun succeeded(ActionOrder order) {
    const ActionRun run = accepted(std::move(order));
    pass(std::chrono::seconds{10});
    EXPECT_EQ(name(state_of(now(run.id))), "succeeded");
    return now(run.id);
  }
};

}  // namespace tidegate::test
