#include "respond/responder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respond/template.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ActionTarget target_of(ObjectType type, std::string value) { return {type, std::move(value), {}, {}}; }

TEST(Responder, ActsForTheTenantsThatItNamesAndForAllWhereItNamesNone) {
  Responder responder;
  EXPECT_TRUE(responder.may_act_for("acme"));
  responder.tenants = {"acme"};
  EXPECT_TRUE(responder.may_act_for("acme"));
  EXPECT_FALSE(responder.may_act_for("acm"));
  EXPECT_FALSE(responder.may_act_for(""));
}

TEST(Responder, ItsOriginHasAPortWhereItIsNotTheProtocols) {
  Responder responder;
  EXPECT_EQ(origin_of(responder), "https://api.xdr.trendmicro.com");
  responder.port = 443;
  EXPECT_EQ(origin_of(responder), "https://api.xdr.trendmicro.com");
  responder.protocol = ResponderProtocol::http;
  EXPECT_EQ(origin_of(responder), "http://api.xdr.trendmicro.com:443");
  responder.host = "2001:db8::7";
  responder.port = 80;
  EXPECT_EQ(origin_of(responder), "http://[2001:db8::7]");
}

// ---- default_body

std::string rendered_default(ResponseAction action, const boost::json::object& given) {
  const boost::json::object record;
  const auto parsed = RequestTemplate::parse(default_body(action, object_types_given(action, given)), TemplatePlace::json_body);
  if (!parsed) return "no template: " + parsed.error().text();
  const Result<std::string> body = parsed->render({given, record});
  return body ? *body : "refused: " + body.error().text();
}

TEST(DefaultBody, EveryActionsTemplateRendersToItsTargets) {
  for (const ResponseAction action : all_response_actions) {
    for (const ObjectType type : object_types_of(action)) {
      std::string value = "bad.example";
      if (type == ObjectType::ip) value = "192.0.2.7";
      if (type == ObjectType::file_sha1) value = std::string(40, 'a');
      if (type == ObjectType::file_sha256) value = std::string(64, 'a');
      if (type == ObjectType::sender_mail_address) value = "a@bad.example";
      boost::json::object given;
      given[std::string{key_of(type)}] = value;
      const std::string body = rendered_default(action, given);
      const auto targets = targets_of(action, body);
      ASSERT_TRUE(targets) << body << "\n" << targets.error().text();
      ASSERT_EQ(targets->size(), 1u);
      EXPECT_EQ(targets->front().type, type);
      EXPECT_EQ(targets->front().value, value);
      EXPECT_EQ(targets->front().mail_box, "");
      EXPECT_THAT(targets->front().description, HasSubstr("action from Tidegate")) << "a person in Vision One sees who it was";
    }
  }
}

TEST(DefaultBody, HasAnElementForEachValueOfEachTypeThatIsGiven) {
  const boost::json::object given{
      {"domain", "bad.example"}, {"ip", {"192.0.2.7", "192.0.2.8"}}, {"description", "case 7"}, {"other", "x"}};
  const auto targets = targets_of(ResponseAction::add_to_block_list, rendered_default(ResponseAction::add_to_block_list, given));
  ASSERT_TRUE(targets) << targets.error().text();
  std::vector<std::string> values;
  for (const ActionTarget& target : *targets) {
    values.push_back(target.value);
    EXPECT_EQ(target.description, "case 7");
  }
  EXPECT_THAT(values, ElementsAre("bad.example", "192.0.2.7", "192.0.2.8"));
}

TEST(DefaultBody, AMessageMayHaveItsMailbox) {
  const boost::json::object given{{"messageId", "<1@mail.example>"}, {"mailBox", "user@mail.example"}};
  const auto targets = targets_of(ResponseAction::quarantine_email, rendered_default(ResponseAction::quarantine_email, given));
  ASSERT_TRUE(targets) << targets.error().text();
  EXPECT_EQ(targets->front().mail_box, "user@mail.example");
}

TEST(DefaultBody, WithoutAnObjectItAsksForTheReferencesAndIsRefused) {
  EXPECT_THAT(default_body(ResponseAction::add_to_block_list), HasSubstr("{{fileSha1 | each}}"));
  EXPECT_THAT(default_body(ResponseAction::restore_endpoint), HasSubstr("{{agentGuid | each}}"));
  EXPECT_THAT(default_body(ResponseAction::quarantine_email), HasSubstr("{{messageId | each}}"));
  EXPECT_THAT(rendered_default(ResponseAction::isolate_endpoint, {}), HasSubstr("refused: agentGuid"));
}

// ---- targets_of

TEST(TargetsOf, ReadsObjectsDescriptionsAndMailboxes) {
  const auto targets =
      targets_of(ResponseAction::quarantine_email,
                 R"([{"messageId": "<1@x>", "mailBox": "user@mail.example", "description": "d"}, {"uniqueId": "A"}])");
  ASSERT_TRUE(targets) << targets.error().text();
  EXPECT_THAT(*targets, ElementsAre(ActionTarget{ObjectType::message_id, "<1@x>", "user@mail.example", "d"},
                                    target_of(ObjectType::unique_id, "A")));
}

struct BadBody {
  const char* body;
  const char* words;
};

class RefusedBody : public testing::TestWithParam<BadBody> {};

TEST_P(RefusedBody, SaysWhereAndWhy) {
  const auto targets = targets_of(ResponseAction::isolate_endpoint, GetParam().body);
  ASSERT_FALSE(targets);
  EXPECT_EQ(targets.error().code(), Code::invalid);
  EXPECT_THAT(targets.error().text(), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, RefusedBody,
    testing::Values(BadBody{"", "no JSON"}, BadBody{"{\"agentGuid\": \"g\"}", "no JSON array"}, BadBody{"[]", "its array is empty"},
                    BadBody{"[[[[[[[[[[[[1]]]]]]]]]]]]", "no JSON"}, BadBody{"[\"g\"]", "element 1: is no object"},
                    BadBody{R"([{"agentGuid": "g"}, {}])", "element 2: names no object: give one of agentGuid, endpointName"},
                    BadBody{R"([{"agentGuid": "g", "endpointName": "h"}])", "element 1: names more than one object"},
                    BadBody{R"([{"domain": "bad.example"}])", "it takes agentGuid, endpointName"},
                    BadBody{R"([{"agentGuid": "g", "mailBox": "a@b"}])", "element 1: mailBox: no key that isolate_endpoint takes"},
                    BadBody{R"([{"agentGuid": "g", "productId": "sao"}])", "element 1: productId: no key"},
                    BadBody{"[{\"agentGuid\": \"g\", \"a\\nb\": \"x\"}]", "element 1: a b: no key"},
                    BadBody{R"([{"agentGuid": 7}])", "element 1: agentGuid: is no text"},
                    BadBody{R"([{"agentGuid": ["g"]}])", "element 1: agentGuid: is no text"},
                    BadBody{R"([{"agentGuid": "g", "description": null}])", "element 1: description: is no text"},
                    BadBody{R"([{"agentGuid": ""}])", "element 1: agentGuid: \"\" is empty"},
                    BadBody{R"([{"agentGuid": "AbC"}, {"agentGuid": "aBc"}])", "element 2: agentGuid: the same object"},
                    BadBody{"[{\"agentGuid\": \"\xff\"}]", "no JSON"}));

TEST(TargetsOf, NamesEveryElementThatIsWrong) {
  const auto targets = targets_of(ResponseAction::add_to_block_list, R"([{"ip": "x"}, {"ip": "192.0.2.7"}, {"url": "a b"}])");
  ASSERT_FALSE(targets);
  EXPECT_THAT(targets.error().text(), HasSubstr("element 1: ip"));
  EXPECT_THAT(targets.error().text(), HasSubstr("\nelement 3: url"));
  EXPECT_THAT(targets.error().text(), testing::Not(HasSubstr("element 2")));
}

TEST(TargetsOf, TheSameAddressInTwoFormsComesTwice) {
  const auto twice = targets_of(ResponseAction::add_to_block_list, R"([{"ip": "2001:db8::7"}, {"ip": "2001:DB8:0:0::7"}])");
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().text(), HasSubstr("the same object"));
  EXPECT_TRUE(targets_of(ResponseAction::add_to_block_list, R"([{"url": "http://a/B"}, {"url": "http://a/b"}])"))
      << "the path of a URL has its case";
  EXPECT_TRUE(targets_of(ResponseAction::quarantine_email,
                         R"([{"messageId": "<1>", "mailBox": "a@x"}, {"messageId": "<1>", "mailBox": "b@x"}])"))
      << "a message lies in each mailbox for itself";
}

TEST(TargetsOf, ARunHasABound) {
  const auto body_of = [](std::size_t count) {
    std::string body = "[";
    for (std::size_t i = 0; i < count; ++i)
      body += (i == 0 ? "" : ",") + std::string{"{\"agentGuid\":\""} + std::to_string(i) + "\"}";
    return body + "]";
  };
  EXPECT_TRUE(targets_of(ResponseAction::isolate_endpoint, body_of(targets_max)));
  const auto beyond = targets_of(ResponseAction::isolate_endpoint, body_of(targets_max + 1));
  ASSERT_FALSE(beyond);
  EXPECT_THAT(beyond.error().text(), HasSubstr("51 objects"));
  EXPECT_FALSE(targets_of(ResponseAction::isolate_endpoint, std::string((1u << 20) + 1, ' ')));
}

// ---- protected_target

struct Protection {
  const char* entry;
  ObjectType type;
  const char* value;
  bool held_up;
};

class Protected : public testing::TestWithParam<Protection> {};

ResponseAction harm_to(ObjectType type) {
  for (const ResponseAction action :
       {ResponseAction::add_to_block_list, ResponseAction::isolate_endpoint, ResponseAction::quarantine_email}) {
    const auto types = object_types_of(action);
    if (std::ranges::find(types, type) != types.end()) return action;
  }
  return ResponseAction::add_to_block_list;
}

TEST_P(Protected, IsHeldUpOrNot) {
  const Protection& each = GetParam();
  ASSERT_TRUE(check_protected_entry(each.entry)) << check_protected_entry(each.entry).error().text();
  ResponderGuards guards;
  guards.protect = {each.entry};
  const std::string held = protected_target(guards, harm_to(each.type), {target_of(each.type, each.value)});
  EXPECT_EQ(!held.empty(), each.held_up) << each.entry << " and " << each.value << ": " << held;
  if (!held.empty()) {
    EXPECT_THAT(held, HasSubstr(each.entry));
  }
}

INSTANTIATE_TEST_SUITE_P(Values, Protected,
                         testing::Values(Protection{"GUID-1", ObjectType::agent_guid, "guid-1", true},
                                         Protection{"guid-1", ObjectType::agent_guid, "guid-10", false},
                                         Protection{"dc01", ObjectType::endpoint_name, "DC01", true},
                                         Protection{"*.corp.example", ObjectType::endpoint_name, "DC01.corp.example", true},
                                         Protection{"*.corp.example", ObjectType::endpoint_name, "a.b.corp.example", true},
                                         Protection{"*.corp.example", ObjectType::endpoint_name, "dc01.badcorp.example", false},
                                         Protection{"*.corp.example", ObjectType::endpoint_name, "dc01", false},
                                         Protection{"dc01.corp.example", ObjectType::endpoint_name, "dc01.CORP.example", true},
                                         Protection{"dc01.corp.example", ObjectType::endpoint_name, "dc01", false},
                                         Protection{"dc01.corp.example", ObjectType::endpoint_name, "corp.example", false},
                                         Protection{"dc01.corp.example", ObjectType::agent_guid, "guid-1", false},
                                         Protection{"10.0.0.0/8", ObjectType::endpoint_name, "dc01", false},
                                         Protection{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ObjectType::file_sha1,
                                                    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", true},
                                         Protection{"<1@mail.example>", ObjectType::message_id, "<1@mail.example>", true},
                                         Protection{"ceo@example.com", ObjectType::sender_mail_address, "CEO@example.com", true},
                                         Protection{"ceo@example.com", ObjectType::sender_mail_address, "cfo@example.com", false},
                                         Protection{"ceo@example.com", ObjectType::domain, "example.com", false}));

INSTANTIATE_TEST_SUITE_P(Domains, Protected,
                         testing::Values(Protection{"example.com", ObjectType::domain, "EXAMPLE.com", true},
                                         Protection{"example.com", ObjectType::domain, "example.com.", true},
                                         Protection{"example.com", ObjectType::domain, "mail.example.com", false},
                                         Protection{"*.example.com", ObjectType::domain, "mail.example.com", true},
                                         Protection{"*.example.com", ObjectType::domain, "example.com", true},
                                         Protection{"*.example.com", ObjectType::domain, "badexample.com", false},
                                         Protection{"*.example.com", ObjectType::domain, "example.com.bad.example", false},
                                         Protection{"mail.example.com", ObjectType::domain, "example.com", true},
                                         Protection{"mail.example.com", ObjectType::domain, "*.example.com", true},
                                         Protection{"mail.example.com", ObjectType::domain, "*.com", true},
                                         Protection{"https://login.example.com/a", ObjectType::domain, "example.com", true},
                                         Protection{"example.com", ObjectType::sender_mail_address, "a@example.com", true},
                                         Protection{"*.example.com", ObjectType::sender_mail_address, "a@b.example.com", true},
                                         Protection{"*.example.com", ObjectType::sender_mail_address, "example.com@bad.example",
                                                    false}));

INSTANTIATE_TEST_SUITE_P(
    Urls, Protected,
    testing::Values(Protection{"*.example.com", ObjectType::url, "https://mail.example.com/a", true},
                    Protection{"mail.example.com", ObjectType::url, "HTTPS://user@MAIL.example.com:8443/a?b#c", true},
                    Protection{"mail.example.com", ObjectType::url, "mail.example.com/a", true},
                    Protection{"mail.example.com", ObjectType::url, "https://m%61il.example.com./", true},
                    Protection{"mail.example.com", ObjectType::url, "https://bad.example/?u=https://mail.example.com", false},
                    Protection{"mail.example.com", ObjectType::url, "bad.example/https://mail.example.com", false},
                    Protection{"mail.example.com", ObjectType::url, "https://mail.example.com@bad.example/", false},
                    Protection{"mail.example.com", ObjectType::url, "http://*.example.com/*", true},
                    Protection{"mail.example.com", ObjectType::url, "http://*/", true},
                    Protection{"mail.example.com", ObjectType::url, "https://example.com/", false},
                    Protection{"https://example.com/Login", ObjectType::url, "https://example.com/login", true},
                    Protection{"https://example.com/login", ObjectType::url, "https://example.com/other", false},
                    Protection{"10.0.0.0/8", ObjectType::url, "http://10.1.2.3:8080/x", true},
                    Protection{"10.0.0.0/8", ObjectType::url, "http://11.1.2.3/10.1.2.3", false},
                    Protection{"2001:db8::/32", ObjectType::url, "http://[2001:DB8::7]:80/", true}));

INSTANTIATE_TEST_SUITE_P(Addresses, Protected,
                         testing::Values(Protection{"192.0.2.7", ObjectType::ip, "192.0.2.7", true},
                                         Protection{"192.0.2.7", ObjectType::ip, "192.0.2.70", false},
                                         Protection{"192.0.2.0/25", ObjectType::ip, "192.0.2.127", true},
                                         Protection{"192.0.2.0/25", ObjectType::ip, "192.0.2.128", false},
                                         Protection{"0.0.0.0/0", ObjectType::ip, "192.0.2.128", true},
                                         Protection{"0.0.0.0/0", ObjectType::ip, "2001:db8::1", false},
                                         Protection{"192.0.2.0/24", ObjectType::ip, "::ffff:192.0.2.9", true},
                                         Protection{"2001:db8::/33", ObjectType::ip, "2001:db8:7fff::1", true},
                                         Protection{"2001:db8::/33", ObjectType::ip, "2001:db8:8000::1", false},
                                         Protection{"2001:db8::7", ObjectType::ip, "2001:DB8:0::7", true}));

TEST(ProtectedTarget, OnlyWhatDoesHarmIsHeldUp) {
  ResponderGuards guards;
  guards.protect = {"dc01", "bad.example"};
  EXPECT_NE(protected_target(guards, ResponseAction::isolate_endpoint, {target_of(ObjectType::endpoint_name, "dc01")}), "");
  EXPECT_EQ(protected_target(guards, ResponseAction::restore_endpoint, {target_of(ObjectType::endpoint_name, "dc01")}), "");
  EXPECT_EQ(protected_target(guards, ResponseAction::remove_from_block_list, {target_of(ObjectType::domain, "bad.example")}), "");
}

TEST(ProtectedTarget, NamesTheFirstOfThem) {
  ResponderGuards guards;
  guards.protect = {"192.0.2.0/24"};
  EXPECT_EQ(protected_target(guards, ResponseAction::add_to_block_list,
                             {target_of(ObjectType::ip, "198.51.100.7"), target_of(ObjectType::ip, "192.0.2.7"),
                              target_of(ObjectType::ip, "192.0.2.8")}),
            "ip: \"192.0.2.7\" is protected by \"192.0.2.0/24\"");
}

TEST(ProtectedTarget, AMailboxIsProtectedByItsWholeAddress) {
  ResponderGuards guards;
  guards.protect = {"*.example.com", "example.com"};
  const ActionTarget message{ObjectType::message_id, "<1@x>", "ceo@example.com", {}};
  EXPECT_EQ(protected_target(guards, ResponseAction::quarantine_email, {message}), "")
      << "who never blocks the own domain still quarantines in its mailboxes";
  guards.protect.insert("CEO@example.com");
  EXPECT_NE(protected_target(guards, ResponseAction::quarantine_email, {message}), "");
}

TEST(ProtectedEntry, WhatWouldProtectNothingIsRefusedWithARemedy) {
  const std::string long_entry(object_bytes_max + 1, 'a');
  for (const std::string_view entry :
       {std::string_view{""}, std::string_view{long_entry}, std::string_view{"10.0.0.0/33"}, std::string_view{"10.0.0.0/"},
        std::string_view{"10.0.0.0/8x"}, std::string_view{"::/129"}, std::string_view{"*"}, std::string_view{"*."},
        std::string_view{"*example.com"}, std::string_view{"mail.*.com"}, std::string_view{"*.*.com"}, std::string_view{"a\nb"},
        std::string_view{" dc01"}, std::string_view{"\xff"}}) {
    const Result<void> fit = check_protected_entry(entry);
    ASSERT_FALSE(fit) << entry;
    EXPECT_EQ(fit.error().code(), Code::invalid);
    EXPECT_LT(fit.error().text().size(), 300u);
  }
  for (const std::string_view entry : {"10.0.0.0/8", "::/0", "*.example.com", "https://example.com/a*b", "WS 7", "a/b"})
    EXPECT_TRUE(check_protected_entry(entry)) << entry;
}

}  // namespace
}  // namespace tidegate
