#include "respond/candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "respond/template.h"
#include "tests/support/json_samples.h"
#include "tests/support/vision_one_records.h"

namespace tidegate {
namespace {

using test::json_object;

constexpr std::string_view guid = "11111111-2222-3333-4444-555555555555";

// "key value (shown) at path" for each.
std::vector<std::string> lines_of(const std::vector<Candidate>& candidates) {
  std::vector<std::string> lines;
  for (const Candidate& each : candidates)
    lines.push_back(std::string{key_of(each.type)} + " " + each.value + (each.shown.empty() ? "" : " (" + each.shown + ")") +
                    " at " + each.path);
  return lines;
}

const std::string alert = R"({"tenantid": "acme", "trendmicro_visionone": {"id": "WB-1",
  "workbenchLink": "https://portal.example/x",
  "impactScope": {"desktopCount": 1, "entities": [
    {"entityType": "host", "entityValue": {"guid": "11111111-2222-3333-4444-555555555555", "name": "WS-7",
      "ips": ["10.0.0.7", "fe80::1"]}, "entityId": "11111111-2222-3333-4444-555555555555", "relatedEntities": [["x"], "y"]},
    {"entityType": "host", "entityValue": "WS-8"},
    {"entityType": "account", "entityValue": "corp\\user"},
    {"entityType": "emailAddress", "entityValue": "user@example.com", "entityId": ["user@example.com"]}]},
  "indicators": [
    {"id": 1, "type": "command_line", "field": "objectCmd", "value": "cmd.exe"},
    {"id": 2, "type": "file_sha1", "field": "objectFileHashSha1", "value": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    {"id": 3, "type": "file_sha256", "value": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},
    {"id": 4, "type": "url", "value": "http://bad.example/a"},
    {"id": 5, "type": "domain", "value": "bad.example"},
    {"id": 6, "type": "ip", "value": "192.0.2.1"},
    {"id": 7, "type": "email_sender", "value": "evil@bad.example"},
    {"id": 8, "type": "host", "value": {"guid": "11111111-2222-3333-4444-555555555555", "name": "WS-7", "ips": ["10.0.0.7"]}},
    {"id": 9, "type": "email_message_id", "value": "<1@mail.example>"},
    {"id": 10, "type": "email_message_unique_id", "value": "AAMk"},
    {"id": 11, "type": "file_sha1", "value": "no hash"},
    {"id": 12, "type": "port", "value": 443}]}})";

TEST(Candidates, OfAnAlertAreItsEntitiesAndIndicatorsInOrderEachOnce) {
  const std::string entities = "trendmicro_visionone.impactScope.entities.entityValue";
  const std::string indicators = "trendmicro_visionone.indicators.value";
  EXPECT_EQ(
      lines_of(objects_of_record(json_object(alert)).candidates),
      (std::vector<std::string>{
          "agentGuid " + std::string{guid} + " (WS-7) at " + entities + ".guid", "endpointName WS-7 at " + entities + ".name",
          "ip 10.0.0.7 at " + entities + ".ips", "ip fe80::1 at " + entities + ".ips", "endpointName WS-8 at " + entities,
          "fileSha1 " + std::string(40, 'a') + " at " + indicators, "fileSha256 " + std::string(64, 'b') + " at " + indicators,
          "url http://bad.example/a at " + indicators, "domain bad.example at " + indicators, "ip 192.0.2.1 at " + indicators,
          "senderMailAddress evil@bad.example at " + indicators, "messageId <1@mail.example> at " + indicators,
          "uniqueId AAMk at " + indicators}));
  EXPECT_EQ(objects_of_record(json_object(alert)).mail_boxes, (std::vector<MailBox>{{"user@example.com", entities}}));
}

TEST(Candidates, OfATechniqueAreItsEndpointDetailsAndHighlightedObjects) {
  const std::string technique = R"j({"trendmicro_visionone": {"uuid": "u", "entityType": "endpoint", "entityName": "WS-7(10.0.0.7)",
    "endpoint": {"endpointName": "WS-7", "agentGuid": "G-1", "ips": ["10.0.0.7"]},
    "filters": [{"id": "F1", "uniqueId": "not a message", "highlightedObjects": [
      {"field": "dpt", "type": "port", "value": 443}, {"field": "endpointIp", "type": "ip", "value": ["10.0.0.8", "nonsense"]},
      {"field": "hostName", "type": "domain", "value": "c2.example.net", "master": true}]}],
    "detail": {"endpointGuid": "G-2", "endpointHostName": "WS-9", "src": "10.0.0.9", "dst": ["192.0.2.9"], "hostName": "WS-9",
      "processFileHashSha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
      "request": "http://bad.example/r", "parentFileHashMd5": "d", "suser": ["evil@bad.example"],
      "mailMsgId": "<2@mail.example>", "msgUuid": "AAMk2", "userDomain": ["corp.example"], "mailbox": "box@example.com"}}})j";
  const std::string root = "trendmicro_visionone.";
  EXPECT_EQ(
      lines_of(objects_of_record(json_object(technique)).candidates),
      (std::vector<std::string>{
          "endpointName WS-7 at " + root + "endpoint.endpointName", "agentGuid G-1 (WS-7) at " + root + "endpoint.agentGuid",
          "ip 10.0.0.7 at " + root + "endpoint.ips", "ip 10.0.0.8 at " + root + "filters.highlightedObjects.value",
          "domain c2.example.net at " + root + "filters.highlightedObjects.value",
          "agentGuid G-2 (WS-9) at " + root + "detail.endpointGuid", "endpointName WS-9 at " + root + "detail.endpointHostName",
          "ip 10.0.0.9 at " + root + "detail.src", "ip 192.0.2.9 at " + root + "detail.dst",
          "fileSha256 " + std::string(64, 'c') + " at " + root + "detail.processFileHashSha256",
          "url http://bad.example/r at " + root + "detail.request",
          "senderMailAddress evil@bad.example at " + root + "detail.suser",
          "messageId <2@mail.example> at " + root + "detail.mailMsgId", "uniqueId AAMk2 at " + root + "detail.msgUuid"}));
  EXPECT_EQ(objects_of_record(json_object(technique)).mail_boxes,
            (std::vector<MailBox>{{"box@example.com", root + "detail.mailbox"}}));
}

TEST(Candidates, NormalizedNamesAreKnownToo) {
  const std::string record = R"({"srcip": "192.0.2.3", "dstip": "192.0.2.4", "host": {"hostname": "ws-7"},
    "file": {"hash": {"sha1": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}, "email": {"from": {"address": "evil@bad.example"}}})";
  EXPECT_EQ(lines_of(objects_of_record(json_object(record)).candidates),
            (std::vector<std::string>{"ip 192.0.2.3 at srcip", "ip 192.0.2.4 at dstip", "endpointName ws-7 at host.hostname",
                                      "fileSha1 " + std::string(40, 'a') + " at file.hash.sha1",
                                      "senderMailAddress evil@bad.example at email.from.address"}));
}

TEST(Candidates, OfAnActionAreThoseThatItTakesGuidsFirst) {
  const boost::json::object record = json_object(
      R"({"e": {"endpointName": "WS-7", "agentGuid": "G-1"},
    "f": {"endpointName": "WS-8", "agentGuid": "G-2"}, "ip": "192.0.2.1"})");
  EXPECT_EQ(lines_of(candidates_for(ResponseAction::isolate_endpoint, record)),
            (std::vector<std::string>{"agentGuid G-1 (WS-7) at e.agentGuid", "agentGuid G-2 (WS-8) at f.agentGuid",
                                      "endpointName WS-7 at e.endpointName", "endpointName WS-8 at f.endpointName"}));
  EXPECT_EQ(lines_of(candidates_for(ResponseAction::add_to_block_list, record)), (std::vector<std::string>{"ip 192.0.2.1 at ip"}));
  EXPECT_TRUE(candidates_for(ResponseAction::quarantine_email, record).empty());
}

TEST(Candidates, AMailBoxIsNoSender) {
  for (const Candidate& each : objects_of_record(json_object(alert)).candidates)
    EXPECT_NE(each.value, "user@example.com") << "who was attacked must not be blocked";
}

TEST(Candidates, AreBoundedAndFit) {
  boost::json::object record;
  boost::json::array ips;
  for (int i = 0; i < 1000; ++i) ips.emplace_back("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
  record["ips"] = ips;
  EXPECT_EQ(objects_of_record(record).candidates.size(), candidates_max);

  boost::json::object odd;
  odd["agentGuid"] = "a\nb";
  odd["endpointName"] = std::string(object_bytes_max + 1, 'a');
  odd["srcip"] = 5;
  odd["dstip"] = "300.1.1.1";
  odd["url"] = nullptr;
  odd[std::string(1000, 'k')] = json_object(R"({"agentGuid": "G-1"})");
  EXPECT_TRUE(objects_of_record(odd).candidates.empty());

  boost::json::value deep = json_object(R"({"agentGuid": "G-1"})");
  for (int i = 0; i < 1000; ++i) {
    boost::json::array around;
    around.push_back(std::move(deep));
    deep = std::move(around);
  }
  boost::json::object nested;
  nested["list"] = std::move(deep);
  EXPECT_TRUE(objects_of_record(nested).candidates.empty());
}

TEST(Candidates, WhatAPathMayMean) {
  using Types = std::vector<ObjectType>;
  const Types endpoints{ObjectType::agent_guid, ObjectType::endpoint_name};
  EXPECT_EQ(object_types_meant_by("agentGuid"), endpoints);
  EXPECT_EQ(object_types_meant_by("computerId"), endpoints);
  EXPECT_EQ(object_types_meant_by("x.y.AGENT_GUID"), endpoints);
  EXPECT_EQ(object_types_meant_by("file.hash.sha1"), Types{ObjectType::file_sha1});
  EXPECT_EQ(object_types_meant_by("fileSha1"), Types{ObjectType::file_sha1});
  EXPECT_EQ(object_types_meant_by("objectFileHashSha256"), Types{ObjectType::file_sha256});
  EXPECT_EQ(object_types_meant_by("file.hash"), (Types{ObjectType::file_sha256, ObjectType::file_sha1}));
  EXPECT_EQ(object_types_meant_by("srcip"), Types{ObjectType::ip});
  EXPECT_EQ(object_types_meant_by("messageId").front(), ObjectType::message_id);
  EXPECT_EQ(object_types_meant_by("email.from.address").front(), ObjectType::sender_mail_address);
  EXPECT_TRUE(object_types_meant_by("mailBox").empty());
  EXPECT_TRUE(object_types_meant_by("severity").empty());
  EXPECT_TRUE(object_types_meant_by("").empty());
  EXPECT_TRUE(mail_box_meant_by("x.mail_box"));
  EXPECT_FALSE(mail_box_meant_by("messageId"));
  for (const ResponseAction action : all_response_actions)
    for (const ObjectType type : object_types_of(action))
      EXPECT_EQ(object_types_meant_by(key_of(type)).front(), type) << key_of(type) << ": the API's own key means that type";
}

// Candidates of so many records of the simulator, counted by type; each is found again under its path.
std::map<ObjectType, std::size_t> counted(const std::vector<std::string>& records) {
  std::map<ObjectType, std::size_t> counts;
  for (const std::string& text : records) {
    boost::json::object record;
    record["trendmicro_visionone"] = test::json_value(text);
    for (const Candidate& each : objects_of_record(record).candidates) {
      ++counts[each.type];
      const auto listed = RequestTemplate::parse("[{{" + each.path + "}}]", TemplatePlace::json_body);
      const boost::json::object given;
      const auto found = listed->render({given, record});
      EXPECT_TRUE(found && found->find(each.value) != std::string::npos) << each.path << " leads to " << each.value;
    }
  }
  return counts;
}

TEST(Candidates, AreFoundInTheSimulatorsAlertsAndTechniques) {
  DataOptions options;
  options.alerts.backlog = options.techniques.backlog = 200;
  const Schedule schedule{options, Seed{5}};
  const Prose prose{Seed{5}};
  const AlertRecords alerts{schedule, prose, Seed{5}};
  const TechniqueRecords techniques{schedule, prose, Seed{5}};
  std::vector<std::string> alert_texts(100);
  std::vector<std::string> technique_texts(100);
  for (std::uint32_t i = 0; i < 100; ++i) {
    alerts.append(alert_texts[i], i, 0);
    techniques.append(technique_texts[i], i);
  }
  const auto of_alerts = counted(alert_texts);
  for (const ObjectType type : {ObjectType::agent_guid, ObjectType::endpoint_name, ObjectType::ip, ObjectType::file_sha1,
                                ObjectType::file_sha256, ObjectType::domain, ObjectType::message_id})
    EXPECT_GT(of_alerts.count(type) == 0 ? 0 : of_alerts.at(type), 10U) << key_of(type);
  const auto of_techniques = counted(technique_texts);
  for (const ObjectType type : {ObjectType::agent_guid, ObjectType::endpoint_name, ObjectType::ip, ObjectType::file_sha1,
                                ObjectType::file_sha256, ObjectType::domain})
    EXPECT_GT(of_techniques.count(type) == 0 ? 0 : of_techniques.at(type), 10U) << key_of(type);
}

}  // namespace
}  // namespace tidegate
