#include "processor/rollout_routes.h"

#include <gtest/gtest.h>

#include "tests/unit/processor/fleet/test_desk.h"

namespace tidegate {
namespace {

using test::connector_yaml;
using test::file_for;

class RolloutRoutesTest : public testing::Test, public test::DeskFixture {
 protected:
  HttpReply ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    return wait(routes_.answer({method, target, body}));
  }
  void look(int times) {
    const auto one = [](Rollouts& all) -> asio::awaitable<bool> {
      co_await all.look();
      co_return true;
    };
    for (int i = 0; i < times; ++i) EXPECT_TRUE(wait(one(rollouts_)));
  }
  std::string begun() {
    const HttpReply reply = ask("POST", "/rollouts/begin?stages=50,100&file=many.yaml", both_);
    EXPECT_EQ(reply.status, 200u) << reply.body;
    return reply.body.substr(std::string_view{"roll-out "}.size(), 6);
  }

  const std::string both_ = file_for("zurich-01", connector_yaml("one")) + "---\n" + file_for("geneva-01", connector_yaml("two"));
  Log log_{clock, LogFormat::text, Level::error, [](std::string_view) {}};
  asio::io_context loop_{1};
  Rollouts rollouts_{loop_.get_executor(), Rollouts::Parts{*store, *store, *desk, *connectors, clock, log_, system_entropy()}};
  RolloutRoutes routes_{rollouts_};
};

TEST_F(RolloutRoutesTest, ADryRunShowsChangesByStageAndKeepsNothing) {
  const HttpReply dry = ask("POST", "/rollouts/begin?stages=50,100&dry_run=true", both_);
  EXPECT_EQ(dry.status, 200u);
  EXPECT_EQ(dry.body, "stage 1 of 2\n  zurich-01\n    one begins\nstage 2 of 2\n  geneva-01\n    two begins\n");
  EXPECT_EQ(ask("GET", "/rollouts").body, "there are no roll-outs\n");
}

TEST_F(RolloutRoutesTest, ARollOutIsBegunShownAndFollowed) {
  const std::string id = begun();
  EXPECT_NE(ask("GET", "/rollouts").body.find(id + "  running  stage 1 of 2  2 sensors: 2 waiting"), std::string::npos)
      << ask("GET", "/rollouts").body;
  desk->answers["geneva-01"] = {PushState::failed, 0, "bad \x1b[31mreason"};
  look(6);
  const HttpReply shown = ask("GET", "/rollouts/show?id=" + id);
  EXPECT_NE(shown.body.find("paused"), std::string::npos) << shown.body;
  EXPECT_NE(shown.body.find("zurich-01  stage 1  applied  revision 1\n"), std::string::npos) << shown.body;
  EXPECT_NE(shown.body.find("geneva-01  stage 2  failed  revision 1\n    bad ?[31mreason\n"), std::string::npos) << shown.body;
  const HttpReply followed = ask("GET", "/rollouts/follow?id=" + id);
  EXPECT_NE(followed.body.find("\"state\":\"paused\""), std::string::npos) << followed.body;
  EXPECT_NE(followed.body.find("\"ended\":true"), std::string::npos) << followed.body;
  desk->answers.clear();
  EXPECT_EQ(ask("POST", "/rollouts/resume?id=" + id + "&retry_failed=true").status, 200u);
  look(4);
  EXPECT_NE(ask("GET", "/rollouts/show.json?id=" + id).body.find("\"state\":\"done\""), std::string::npos);
  EXPECT_EQ(ask("POST", "/rollouts/rollback?id=" + id).status, 200u);
  look(4);
  EXPECT_NE(ask("GET", "/rollouts.json").body.find("\"state\":\"rolled back\""), std::string::npos);
}

TEST_F(RolloutRoutesTest, WhatCannotBeUsedIsRefusedWithTheReason) {
  for (const char* target :
       {"/rollouts/begin", "/rollouts/begin?stages=", "/rollouts/begin?stages=5,,100", "/rollouts/begin?stages=0,100",
        "/rollouts/begin?stages=5,101", "/rollouts/begin?stages=100,5", "/rollouts/begin?stages=5",
        "/rollouts/begin?stages=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,100", "/rollouts/begin?stages=100&failures=few",
        "/rollouts/begin?stages=100&settle=soon", "/rollouts/begin?stages=100&settle=900d", "/rollouts/begin?stages=100&dry_run=1",
        "/rollouts/begin?stages=100&colour=red", "/rollouts/resume", "/rollouts/resume?id=a&retry_failed=1"}) {
    const HttpReply reply = ask("POST", target, both_);
    EXPECT_EQ(reply.status, 400u) << target << ": " << reply.body;
    EXPECT_GT(reply.body.size(), 1u) << target;
  }
  EXPECT_EQ(ask("GET", "/rollouts/begin?stages=100").status, 405u);
  EXPECT_EQ(ask("GET", "/rollouts/nowhere").status, 404u);
  EXPECT_EQ(ask("GET", "/rollouts/show?id=ffffff").status, 404u);
  EXPECT_EQ(ask("POST", "/rollouts/cancel?id=ffffff").status, 404u);
  const std::string id = begun();
  EXPECT_EQ(ask("POST", "/rollouts/resume?id=" + id).status, 409u) << "it is not paused";
  EXPECT_EQ(ask("POST", "/rollouts/cancel?id=" + id).status, 200u);
}

TEST_F(RolloutRoutesTest, NoAnswerHoldsASecret) {  // P10
  const std::string id = begun();
  look(4);
  std::string all = ask("POST", "/rollouts/begin.json?stages=100&dry_run=true", both_).body;
  for (const std::string& target : {std::string{"/rollouts"}, std::string{"/rollouts.json"}, "/rollouts/show?id=" + id,
                                    "/rollouts/show.json?id=" + id, "/rollouts/follow?id=" + id})
    all += ask("GET", target).body;
  EXPECT_NE(newest("zurich-01").find("planted-token"), std::string::npos) << "the sensor gets it";
  EXPECT_EQ(all.find("planted-token"), std::string::npos) << all;
}

}  // namespace
}  // namespace tidegate
