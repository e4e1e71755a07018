#include "processor/respond/rule_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "processor/event_texts.h"
#include "respond/foreign_json.h"
#include "tests/support/json_samples.h"
#include "tests/unit/processor/respond/rule_judge_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::hosts;
using test::judged_noon;
using test::noon_ms;
using test::Sample;

RuleDecision decided_of(const Sample& sample) {
  RuleDecision decision;
  decision.key = {"isolate-hosts", "isolate", sample.tenant, test::record_id(sample.number)};
  decision.at = judged_noon + 5s;
  decision.entities = "ws-7, ws-8";
  decision.run_id = run_id_of(decision.key);
  decision.state = FiringState::queued;
  decision.document = test::record(sample);
  return decision;
}

Rule ordering_rule() {
  Rule rule = test::host_rule();
  RuleAction& action = rule.actions[0];
  action.action = ResponseAction::isolate_endpoint;
  action.given = {{"agentGuid", {"35FA11DA-A24E-40CF-8B56-BAF8828CC151"}}, {"hosts", {"a", "b"}}};
  action.body = "[{\"agentGuid\": \"{{agentGuid}}\"}]";
  action.path = "/some/path";
  action.lasts = 4h;
  return rule;
}

TEST(RuleOrder, P9AnOrderHasTheDecisionsRunIdAndSaysWhoAsksForWhat) {
  const Rule rule = ordering_rule();
  const RuleDecision decision = decided_of({.number = 1, .payload = hosts({"ws-7"})});
  Result<ActionOrder> order = order_of(rule, rule.actions[0], decision);
  ASSERT_TRUE(order) << order.error().text();
  EXPECT_EQ(order->id, decision.run_id);
  EXPECT_EQ(order->responder, "acme-v1");
  EXPECT_EQ(order->action, ResponseAction::isolate_endpoint);
  EXPECT_EQ(order->tenant, "acme");
  EXPECT_EQ(order->given, test::json_object(R"({"agentGuid": "35FA11DA-A24E-40CF-8B56-BAF8828CC151", "hosts": ["a", "b"]})"))
      << "one is a text, several are a list";
  EXPECT_EQ(text_member(order->record, "record_id"), to_hex(test::record_id(1)));
  EXPECT_TRUE(order->record["trendmicro_visionone"] == test::json_value(R"({"host": "ws-7"})"));
  EXPECT_EQ(order->body, rule.actions[0].body);
  EXPECT_EQ(order->path, "/some/path");
  EXPECT_EQ(order->requested_by, "rule isolate-hosts");
  EXPECT_FALSE(order->dry_run);
  EXPECT_EQ(order->lasts, std::optional<std::chrono::seconds>{4h});
}

TEST(RuleOrder, WhatTheActionLeavesOutIsLeftToTheResponder) {
  Rule rule = test::host_rule();
  rule.dry_run = true;
  const Result<ActionOrder> order = order_of(rule, rule.actions[0], decided_of({.number = 1}));
  ASSERT_TRUE(order) << order.error().text();
  EXPECT_TRUE(order->dry_run);
  EXPECT_FALSE(order->action);
  EXPECT_FALSE(order->lasts);
  EXPECT_TRUE(order->given.empty());
  EXPECT_TRUE(order->body.empty());
  EXPECT_TRUE(order->path.empty());
}

TEST(RuleOrder, ARecordThatCannotBeReadIsAnError) {
  const Rule rule = test::host_rule();
  RuleDecision decision = decided_of({.number = 1});
  decision.document.pop_back();
  const Result<ActionOrder> order = order_of(rule, rule.actions[0], decision);
  ASSERT_FALSE(order);
  EXPECT_EQ(order.error().code(), Code::corrupt);
  EXPECT_TRUE(order.error().text().starts_with("the record: ")) << order.error().text();
}

TEST(RuleOrder, TheOrderIsToldWithItsFirstObjects) {
  ActionDraft draft;
  draft.run.responder = "acme-v1";
  draft.run.action = ResponseAction::add_to_block_list;
  EXPECT_EQ(order_text(draft), "add_to_block_list by acme-v1");
  draft.preview.targets.push_back({.type = ObjectType::domain, .value = "bad.example", .mail_box = {}, .description = {}});
  draft.preview.targets.push_back({.type = ObjectType::ip, .value = "192.0.2.1", .mail_box = {}, .description = {}});
  EXPECT_EQ(order_text(draft), "add_to_block_list by acme-v1: domain bad.example, ip 192.0.2.1");
  for (int i = 2; i <= 4; ++i)
    draft.preview.targets.push_back(
        {.type = ObjectType::ip, .value = "192.0.2." + std::to_string(i), .mail_box = {}, .description = {}});
  EXPECT_EQ(order_text(draft),
            "add_to_block_list by acme-v1: domain bad.example, ip 192.0.2.1, ip 192.0.2.2, ip 192.0.2.3, ip 192.0.2.4");
  draft.preview.targets.resize(12, draft.preview.targets.front());
  EXPECT_EQ(order_text(draft),
            "add_to_block_list by acme-v1: domain bad.example, ip 192.0.2.1, ip 192.0.2.2, ip 192.0.2.3, ip 192.0.2.4 and 7 more");
}

TEST(RuleOrder, AForeignObjectIsToldOnOneLineAndInPart) {
  ActionDraft draft;
  draft.run.responder = "acme-v1";
  draft.run.action = ResponseAction::add_to_block_list;
  draft.preview.targets.push_back(
      {.type = ObjectType::url, .value = "https://a/\nb\x1b" + std::string(500, 'c'), .mail_box = {}, .description = {}});
  const std::string text = order_text(draft);
  EXPECT_TRUE(text.starts_with("add_to_block_list by acme-v1: url https://a/ b c")) << text;
  EXPECT_LT(text.size(), 120u);
}

TEST(RuleOrder, ACustomRequestIsToldByItsMethodAndUrl) {
  ActionDraft draft;
  draft.run.responder = "tickets";
  draft.run.webhook.emplace();
  draft.preview.method = "post";
  draft.preview.url = "https://tickets.example.com/new?host=ws-7";
  EXPECT_EQ(order_text(draft), "webhook by tickets: post https://tickets.example.com/new?host=ws-7");
  draft.preview.url.append(4096, 'x');
  EXPECT_LT(order_text(draft).size(), 600u);
}

constexpr WallTime told_at = judged_noon + 3h;  // long after it was decided

TEST(RuleEvent, IsOverAtOnceAndSaysWhichRecord) {
  Rule rule = test::host_rule();
  rule.severity = EventSeverity::critical;
  const RuleDecision decision = decided_of({.number = 1, .timestamp_ms = noon_ms - 60'000});
  HealthEvent expected;
  expected.sensor = "zurich-01";
  expected.tenants = {"acme"};
  expected.kind = EventKind::rule;
  expected.key = "isolate-hosts";
  expected.severity = EventSeverity::critical;
  expected.reason = "record " + to_hex(test::record_id(1)) + " of trendmicro_visionone_alerts at 2026-11-24T11:59:00Z: ws-7, ws-8";
  expected.opened = told_at;
  expected.closed = told_at;
  const HealthEvent event = event_of(rule, decision, told_at);
  EXPECT_EQ(event, expected) << event.reason;
  EXPECT_EQ(headline(event), "rule isolate-hosts has found a record of sensor zurich-01");
}

TEST(RuleEvent, SaysHowManyRecordsItIsAbout) {
  RuleDecision decision = decided_of({.number = 1});
  decision.count = 12;
  decision.entities.clear();
  const std::string reason = event_of(test::host_rule(), decision, told_at).reason;
  EXPECT_TRUE(reason.ends_with(" at 2026-11-24T12:00:00Z, the newest of 12")) << reason;
}

TEST(RuleEvent, WithoutAReadableRecordItStillNamesTheRecord) {
  RuleDecision decision = decided_of({.number = 1});
  decision.document.clear();
  const HealthEvent event = event_of(test::host_rule(), decision, told_at);
  EXPECT_EQ(event.reason, "record " + to_hex(test::record_id(1)) + ": ws-7, ws-8");
  EXPECT_EQ(headline(event), "rule isolate-hosts has found a record");
}

TEST(RuleEvent, NothingOfARecordBreaksTheLinesInWhichItIsTold) {
  RuleDecision decision = decided_of({.number = 1, .tenant = "ac\nme", .msg_class = "one\r\ntwo\x1b[2J"});
  decision.entities = "ws-7\nover: sensor zurich-01 is silent\x7f";
  const HealthEvent event = event_of(test::host_rule(), decision, told_at);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  EXPECT_EQ(std::ranges::count_if(event.reason, is_control), 0) << event.reason;
  EXPECT_EQ(event.tenants, (std::vector<std::string>{"ac me"}));
  Notification notification;
  notification.items.push_back({EventTurn::opened, event});
  const std::string text = notification_text(notification, 10);
  EXPECT_EQ(text.find("\nover: "), std::string::npos) << text;
  EXPECT_NE(text.find("warning: rule isolate-hosts has found a record of sensor zurich-01\n  record "), std::string::npos) << text;
  EXPECT_EQ(notification_subject(notification), "warning: rule isolate-hosts has found a record of sensor zurich-01");
}

}  // namespace
}  // namespace tidegate
