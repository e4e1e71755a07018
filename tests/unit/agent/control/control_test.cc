#include "agent/control/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/support/manual_clock.h"
#include "tests/support/run_until.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class FakeLink final : public ControlLink {
 public:
  asio::awaitable<Result<ControlEvent>> next() override {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto stop = co_await asio::this_coro::cancellation_state;
    while (events.empty() && stop.cancelled() == asio::cancellation_type::none) co_await arrived.wait();
    if (events.empty()) co_return Error{Code::cancelled, "stopped"};
    Result<ControlEvent> event = std::move(events.front());
    events.pop_front();
    co_return event;
  }
  asio::awaitable<Result<void>> renew() override { co_return Result<void>{}; }
  void publish(ControlReport report) override { published.push_back(std::move(report)); }
  Result<void> answer(CommandAnswer answer) override {
    if (!connected) return Error{Code::unavailable, "there is no session"};
    answers.push_back(std::move(answer));
    return {};
  }
  LinkView view() const override { return {connected, connected ? "" : "connection refused"}; }

  void bring(Result<ControlEvent> event) {
    events.push_back(std::move(event));
    arrived.notify();
  }

  std::deque<Result<ControlEvent>> events;
  Signal arrived;
  std::vector<ControlReport> published;
  std::vector<CommandAnswer> answers;
  bool connected = true;
};

class ControlTest : public testing::Test {
 protected:
  void start(bool accepts = true, ControlLimits limits = {}) {
    ControlHooks hooks{.report = [this] { return report_; },
                       .offer = [this](RemoteOffer offer) { offers_.push_back(offer.hash); },
                       .answer = [this](std::string method, std::string target,
                                        Secret body) { return answer(std::move(method), std::move(target), std::move(body)); },
                       .restart = [this] { ++restarts_; }};
    control_ = std::make_unique<Control>(link_, std::move(hooks), accepts, loop_.get_executor(), Surroundings{clock_, random_},
                                         log_, metrics_, limits);
    tasks_ = std::make_unique<TaskGroup>(loop_.get_executor());
    tasks_->spawn("control", control_->run());
    poll();
  }
  ~ControlTest() override {
    if (!tasks_) return;
    bool joined = false;
    asio::co_spawn(loop_, tasks_->join(), [&joined](const std::exception_ptr&) { joined = true; });
    tasks_->stop();
    EXPECT_TRUE(run_until(loop_, [&joined] { return joined; }));
  }
  void poll() {
    loop_.restart();
    loop_.poll();
  }
  void advance(std::chrono::nanoseconds by) {
    clock_.advance(by);
    poll();
  }
  void command(const std::string& id, const std::string& request) {
    link_.bring(ControlEvent{Command{id, "request", request}});
    poll();
  }

  asio::awaitable<HttpReply> answer(std::string method, std::string target, Secret body) {
    asked_.push_back(method + " " + target);
    bodies_.emplace_back(body.reveal());
    if (target == "/slow") co_await release_.wait();
    HttpReply reply{.status = 200, .content_type = "text/plain", .body = "answer to " + target};
    if (target == "/large") reply.body.assign(300 << 10, 'x');
    co_return reply;
  }

  asio::io_context loop_;
  ManualClock clock_{WallTime{std::chrono::seconds{1'800'000'000}}};
  Random random_{Seed{1}};
  std::string lines_;
  Log log_{clock_, LogFormat::text, Level::debug, [this](std::string_view line) { lines_.append(line); }};
  Metrics metrics_;
  FakeLink link_;
  ControlReport report_;
  std::vector<Bytes> offers_;
  std::vector<std::string> asked_;
  std::vector<std::string> bodies_;
  int restarts_ = 0;
  Signal release_;
  std::unique_ptr<Control> control_;
  std::unique_ptr<TaskGroup> tasks_;
};

TEST_F(ControlTest, OffersGoToTheTrialAndARestartEndsTheAgent) {
  start();
  link_.bring(ControlEvent{RemoteOffer{"h1", Secret{"x"}}});
  link_.bring(ControlEvent{RestartRequest{}});
  poll();
  EXPECT_THAT(offers_, ElementsAre("h1"));
  EXPECT_EQ(restarts_, 1);
}

TEST_F(ControlTest, ASensorThatDoesNotAcceptIsOnlyLookedAt) {
  start(false);
  link_.bring(ControlEvent{RemoteOffer{"h1", Secret{"x"}}});
  link_.bring(ControlEvent{RestartRequest{}});
  command("a", "GET /status");
  command("b", "POST /cursor/rewind?connector=x");
  EXPECT_TRUE(offers_.empty());
  EXPECT_EQ(restarts_, 0);
  EXPECT_THAT(asked_, ElementsAre("GET /status"));
  ASSERT_EQ(link_.answers.size(), 2u);
  EXPECT_THAT(link_.answers[1].body, StartsWith("403 text/plain"));
}

TEST_F(ControlTest, ACommandIsAnsweredWithItsIdAndDoneOnce) {
  start();
  for (int i = 0; i < 3; ++i) command("id-1", "POST /queue/resend");
  EXPECT_THAT(asked_, ElementsAre("POST /queue/resend"));
  ASSERT_EQ(link_.answers.size(), 3u);
  for (const CommandAnswer& answer : link_.answers) {
    EXPECT_EQ(answer.id, "id-1");
    EXPECT_EQ(answer.type, "answer");
    EXPECT_EQ(answer.body, "200 text/plain\nanswer to /queue/resend");
  }
}

TEST_F(ControlTest, AnAnswerThatCouldNotGoOutGoesWithTheRepetition) {
  start();
  link_.connected = false;
  command("id-1", "POST /queue/resend");
  EXPECT_TRUE(link_.answers.empty());
  link_.connected = true;
  command("id-1", "POST /queue/resend");
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_EQ(link_.answers.size(), 1u);
}

TEST_F(ControlTest, OneUnderWayIsNotBegunAgainAndOneTooManyIsDoneLater) {
  ControlLimits limits;
  limits.commands_max = 2;
  start(true, limits);
  command("a", "GET /slow");
  command("a", "GET /slow");
  command("b", "GET /slow");
  command("c", "GET /status");
  EXPECT_EQ(asked_.size(), 2u);
  ASSERT_EQ(link_.answers.size(), 1u);
  EXPECT_THAT(link_.answers[0].body, StartsWith("503 "));
  release_.notify();
  poll();
  command("c", "GET /status");
  EXPECT_EQ(asked_.size(), 3u);
  EXPECT_EQ(link_.answers.back().body, "200 text/plain\nanswer to /status");
}

TEST_F(ControlTest, WhatIsNoRequestIsRefusedAndWhatHasNoIdIgnored) {
  start();
  const std::vector<std::string> bad{
      "", "GET", "PUT /status", "GET status", "GET /a b", "GET /\n", "GET /" + std::string(9000, 'x')};
  for (std::size_t i = 0; i < bad.size(); ++i) command("id-" + std::to_string(i), bad[i]);
  ASSERT_EQ(link_.answers.size(), bad.size());
  for (const CommandAnswer& answer : link_.answers) EXPECT_THAT(answer.body, StartsWith("400 "));
  for (const std::string& id : {std::string{}, std::string{"A"}, std::string{"a b"}, std::string(65, 'a')})
    command(id, "GET /status");
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(link_.answers.size(), bad.size());
}

TEST_F(ControlTest, APostMayHaveABodyOfWhatBytesItLikes) {
  start();
  command("a", "POST /actions/run?ledger=x\n{\"key\": \"in \xff\n the body\"}\n");
  command("b", "POST /queue/resend\n");
  EXPECT_THAT(asked_, ElementsAre("POST /actions/run?ledger=x", "POST /queue/resend"));
  EXPECT_THAT(bodies_, ElementsAre("{\"key\": \"in \xff\n the body\"}\n", ""));
  for (const CommandAnswer& answer : link_.answers) EXPECT_THAT(answer.body, StartsWith("200 "));
}

TEST_F(ControlTest, P10WhatComesAsABodyIsInNoLog) {
  start();
  command("a", "POST /actions/responders?x=hidden-too\nhidden-secret");
  command("b", "POST\nhidden-secret");
  EXPECT_THAT(lines_, HasSubstr("POST /actions/responders"));
  EXPECT_THAT(lines_, testing::Not(HasSubstr("hidden")));
}

TEST_F(ControlTest, ABodyHasABoundOfItsOwn) {
  ControlLimits limits;
  limits.body_bytes_max = 10;
  start(true, limits);
  command("a", "POST /x\n0123456789");
  command("b", "POST /x\n0123456789a");
  command("c", "POST /" + std::string(limits.request_bytes_max, 'x') + "\n0123456789");
  EXPECT_THAT(bodies_, ElementsAre("0123456789"));
  ASSERT_EQ(link_.answers.size(), 3u);
  EXPECT_THAT(link_.answers[1].body, StartsWith("413 "));
  EXPECT_THAT(link_.answers[2].body, StartsWith("400 "));
}

TEST_F(ControlTest, P10ASensorThatDoesNotAcceptTakesNoBody) {
  start(false);
  command("a", "POST /actions/run?ledger=x\n{}");
  command("b", "GET /actions/changes?after=0\n{}");
  EXPECT_TRUE(asked_.empty());
  ASSERT_EQ(link_.answers.size(), 2u);
  EXPECT_THAT(link_.answers[0].body, StartsWith("403 "));
  EXPECT_THAT(link_.answers[1].body, StartsWith("400 ")) << "a GET has none";
}

TEST_F(ControlTest, AnAnswerThatIsTooLargeSaysSo) {
  start();
  command("a", "GET /large");
  ASSERT_EQ(link_.answers.size(), 1u);
  EXPECT_THAT(link_.answers[0].body, StartsWith("500 "));
}

TEST_F(ControlTest, IdsAreRememberedLongerThanBodies) {
  ControlLimits limits;
  limits.answers_max = 3;
  limits.answers_bytes_max = 60;
  start(true, limits);
  for (const char* id : {"a", "b", "c"}) command(id, "POST /x");
  command("a", "POST /x");
  EXPECT_EQ(asked_.size(), 3u);
  EXPECT_THAT(link_.answers.back().body, StartsWith("410 "));
  command("d", "POST /x");
  command("a", "POST /x");
  EXPECT_EQ(asked_.size(), 5u) << "the oldest id is forgotten at last";
}

TEST_F(ControlTest, AChangeIsPublishedSoonAndManyAtOnceTogether) {
  start();
  ASSERT_EQ(link_.published.size(), 1u);
  for (int i = 0; i < 5; ++i) {
    report_.effective = std::to_string(i);
    control_->changed(false);
    poll();
  }
  EXPECT_EQ(link_.published.size(), 1u);
  advance(std::chrono::milliseconds{200});
  ASSERT_EQ(link_.published.size(), 2u);
  EXPECT_EQ(link_.published.back().effective, "4");
}

TEST_F(ControlTest, WhatAnOfferHasComeToIsPublishedAtOnce) {
  start();
  report_.remote = {"h1", 1, RemoteState::applied, {}};
  control_->changed(true);
  poll();
  ASSERT_EQ(link_.published.size(), 2u);
  EXPECT_EQ(link_.published.back().remote.state, RemoteState::applied);
}

TEST_F(ControlTest, AChangeThatNobodyToldOfIsSeenWithinASecondAndTheSameIsToldEachMinute) {
  start();
  report_.health.status = "auth_failed";
  advance(std::chrono::seconds{1});
  EXPECT_EQ(link_.published.size(), 2u);
  for (int second = 0; second < 59; ++second) advance(std::chrono::seconds{1});
  EXPECT_EQ(link_.published.size(), 2u);
  for (int second = 0; second < 2; ++second) advance(std::chrono::seconds{1});
  EXPECT_EQ(link_.published.size(), 3u);
}

TEST_F(ControlTest, ALinkThatFailsEndsNothing) {
  start();
  link_.bring(Error{Code::unavailable, "broken"});
  poll();
  link_.bring(ControlEvent{RemoteOffer{"h1", Secret{"x"}}});
  advance(std::chrono::seconds{1});
  EXPECT_THAT(offers_, ElementsAre("h1"));
  EXPECT_THAT(lines_, HasSubstr("broken"));
}

TEST_F(ControlTest, TheLinksStateSaysSinceWhen) {
  link_.connected = false;
  start();
  EXPECT_EQ(control_->link_state().verdict, Verdict::unreachable);
  EXPECT_EQ(control_->link_state().reason, "connection refused");
  const WallTime since = control_->link_state().since;
  advance(std::chrono::seconds{30});
  EXPECT_EQ(control_->link_state().since, since);
  link_.connected = true;
  EXPECT_EQ(control_->link_state().verdict, Verdict::healthy);
}

}  // namespace
}  // namespace tidegate
