#include "respond/responder_store_form.h"

#include <gtest/gtest.h>

#include "tests/unit/respond/stored_samples.h"

namespace tidegate {
namespace {

TEST(StoredResponder, ComesBackEqualWithEveryFieldFilled) {
  const Responder responder = test::full_responder();
  const Result<Responder> back = responder_from_stored(stored_responder(responder));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(*back, responder);
}

TEST(StoredResponder, ComesBackEqualWithItsDefaultsAndWithNothing) {
  Responder responder;
  responder.name = "a";
  EXPECT_EQ(*responder_from_stored(stored_responder(responder)), responder);
  responder.host.clear();
  responder.actions.clear();
  responder.webhook.method.clear();
  EXPECT_EQ(*responder_from_stored(stored_responder(responder)), responder);
}

TEST(StoredResponder, AnyResponderComesBackEqual) {
  Random random{Seed{8}};
  for (int i = 0; i < 3000; ++i) {
    const Responder responder = test::random_responder(random);
    const Result<Responder> back = responder_from_stored(stored_responder(responder));
    ASSERT_TRUE(back) << "responder " << i << ": " << back.error().text();
    ASSERT_EQ(*back, responder) << "responder " << i;
  }
}

TEST(StoredResponder, WhatIsNoneIsRefusedWithoutItsSecret) {
  const auto why = [](const std::string& bytes) {
    const Result<Responder> responder = responder_from_stored(Secret{bytes + "\nplanted"});
    EXPECT_FALSE(responder) << bytes;
    if (responder) return std::string{};
    EXPECT_EQ(responder.error().text().find("planted"), std::string::npos) << bytes;
    return responder.error().text();
  };
  EXPECT_EQ(responder_from_stored(Secret{R"({"v":1,"name":"a"})"}).error().code(), Code::corrupt);
  EXPECT_EQ(responder_from_stored(Secret{"{\"v\":2,\"name\":\"a\"}\n"}).error().code(), Code::invalid);
  EXPECT_EQ(why(R"({"v":1})"), "the stored responder has no usable 'name'");
  EXPECT_EQ(why(R"({"v":1,"name":"a","port":65536})"), "the stored responder has no usable 'port'");
  EXPECT_EQ(why(R"({"v":1,"name":"a","type":"mail"})"), "the stored responder has no usable 'type'");
  EXPECT_EQ(why(R"({"v":1,"name":"a","actions":["fire"]})"), "the stored responder has no usable 'actions'");
  EXPECT_EQ(why(R"({"v":1,"name":"a","bodies":{"fire":""}})"), "the stored responder has no usable 'bodies'");
  EXPECT_EQ(why(R"({"v":1,"name":"a","tenants":[7]})"), "the stored responder has no usable 'tenants'");
  EXPECT_EQ(why(R"({"v":1,"name":"a","webhook":{"headers":{"X":7}}})"), "the stored responder has no usable 'X'");
  EXPECT_EQ(why(R"({"v":1,"name":"a","guards":{"approval":"yes"}})"), "the stored responder has no usable 'approval'");
}

}  // namespace
}  // namespace tidegate
