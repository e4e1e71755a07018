#include "respond/action.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(ResponseActionNames, EachIsFoundByItsNameAndTheInversesPairUp) {
  for (const ResponseAction action : all_response_actions) {
    EXPECT_EQ(response_action_of(name(action)), action);
    EXPECT_FALSE(object_types_of(action).empty());
    if (const auto inverse = inverse_of(action)) {
      EXPECT_EQ(inverse_of(*inverse), action);
      EXPECT_EQ(object_types_of(*inverse), object_types_of(action)) << "what was done to an object is taken back from it";
      EXPECT_NE(does_harm(*inverse), does_harm(action)) << "what takes harm back does none";
    }
  }
  EXPECT_EQ(response_action_of("isolate"), std::nullopt);
  EXPECT_EQ(inverse_of(ResponseAction::quarantine_email), std::nullopt) << "none of the five gives a message back";
  EXPECT_TRUE(does_harm(ResponseAction::quarantine_email));
  EXPECT_TRUE(does_harm(ResponseAction::isolate_endpoint));
  EXPECT_TRUE(does_harm(ResponseAction::add_to_block_list));
}

TEST(ObjectTypes, EachIsFoundByTheApisKey) {
  for (const ResponseAction action : all_response_actions)
    for (const ObjectType type : object_types_of(action)) EXPECT_EQ(object_type_of(key_of(type)), type);
  EXPECT_EQ(object_type_of("computerId"), std::nullopt);
}

struct Fitness {
  ResponseAction action;
  ActionTarget target;
  std::string refusal;  // a part of it; empty: it is fit
};

class CheckTarget : public ::testing::TestWithParam<Fitness> {};

TEST_P(CheckTarget, SaysWhatIsWrong) {
  const Fitness& each = GetParam();
  const Result<void> fit = check_target(each.action, each.target);
  if (each.refusal.empty()) {
    EXPECT_TRUE(fit) << fit.error().text();
  } else {
    ASSERT_FALSE(fit);
    EXPECT_EQ(fit.error().code(), Code::invalid);
    EXPECT_NE(fit.error().text().find(each.refusal), std::string::npos) << fit.error().text();
  }
}

ActionTarget object(ObjectType type, std::string value) { return {type, std::move(value), {}, {}}; }

INSTANTIATE_TEST_SUITE_P(
    Objects, CheckTarget,
    ::testing::Values(
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::ip, "192.0.2.7"), ""},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::ip, "2001:db8::7"), ""},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::ip, "192.0.2.700"), "is no IPv4"},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::domain, "bad.example"), ""},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::domain, "192.0.2.7"), "is no domain"},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::domain, "bad example"), "is no domain"},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::url, "https://bad.example/a?b=1"), ""},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::url, "bad.example/a b"), "it has a blank"},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::file_sha1, std::string(40, 'a')), ""},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::file_sha1, std::string(64, 'a')), "40 hexadecimal"},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::file_sha256, std::string(64, 'F')), ""},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::file_sha256, std::string(64, 'g')), "64 hexadecimal"},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::sender_mail_address, "a@bad.example"), ""},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::sender_mail_address, "bad.example"), "is no mail address"},
        Fitness{ResponseAction::add_to_block_list, object(ObjectType::agent_guid, "x"), "does not act upon it"},
        Fitness{ResponseAction::isolate_endpoint, object(ObjectType::url, "x"), "it takes agentGuid, endpointName"},
        Fitness{ResponseAction::isolate_endpoint, object(ObjectType::endpoint_name, ""), "is empty"},
        Fitness{ResponseAction::isolate_endpoint, object(ObjectType::endpoint_name, "a\nb"), "\"a b\" has a control character"},
        Fitness{ResponseAction::isolate_endpoint,
                object(ObjectType::endpoint_name,
                       "a\xc2\x9b"
                       "b"),
                "\"a b\" has a control character"},
        Fitness{ResponseAction::isolate_endpoint, object(ObjectType::endpoint_name, "a\xff"), "bytes that are no text"},
        Fitness{ResponseAction::isolate_endpoint, object(ObjectType::endpoint_name, "b\xc3\xbcro-7"), ""},
        Fitness{ResponseAction::isolate_endpoint, object(ObjectType::endpoint_name, std::string(2049, 'a')), "longer than 2048"},
        Fitness{ResponseAction::quarantine_email, {ObjectType::message_id, "<1@mail.example>", "user@mail.example", {}}, ""},
        Fitness{ResponseAction::quarantine_email, {ObjectType::message_id, "<1@mail.example>", "user", {}}, "mailBox: \"user\""},
        Fitness{
            ResponseAction::quarantine_email, {ObjectType::message_id, "<1@x>", "u\x1b@mail.example", {}}, "is no mail address"},
        Fitness{ResponseAction::quarantine_email, {ObjectType::unique_id, "AAMk", "user@mail.example", {}}, "goes with messageId"},
        Fitness{ResponseAction::quarantine_email,
                {ObjectType::unique_id, "AAMk", {}, std::string(257, 'x')},
                "description: is longer"}));

}  // namespace
}  // namespace tidegate
