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
  Result<ActionDraft> submit(ActionOrder order) { return wait(desk.submit(std::move(order))); }
  // The reason for which it is refused; the history stays as it was.
  std::string refusal(ActionOrder order, Code code) {
    const std::size_t before = store.all.size();
    const Result<ActionDraft> draft = submit(std::move(order));
    EXPECT_EQ(store.all.size(), before) << "what is refused is in no history";
    if (draft) return "it was accepted";
    EXPECT_EQ(draft.error().code(), code) << draft.error().text();
    return draft.error().text();
  }
  ActionRun accepted(ActionOrder order) {
    const Result<ActionDraft> draft = submit(std::move(order));
    EXPECT_TRUE(draft) << draft.error().text();
    return draft ? draft->run : ActionRun{};
  }
  // The reason for which a run is not tried again, or not undone.
  std::string no_retry(const std::string& id) { return reason_of(wait(desk.retry(id, "bob"))); }
  std::string no_undo(const std::string& id) { return reason_of(wait(desk.undo(id, "bob"))); }
  ActionRun succeeded(ActionOrder order) {
    const ActionRun run = accepted(std::move(order));
    pass(std::chrono::seconds{10});
    EXPECT_EQ(name(state_of(now(run.id))), "succeeded");
    return now(run.id);
  }

 private:
  static std::string reason_of(const Result<ActionRun>& run) { return run ? "it was accepted" : run.error().text(); }
};

}  // namespace tidegate::test
