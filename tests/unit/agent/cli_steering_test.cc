// `cursor` and `backfill` from their arguments to what the agent's socket is asked, and from its answer to the exit code.
#include <thread>

#include "tests/unit/agent/cli_fixture.h"
#include "transport/http_server.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;

// An agent that says what it was asked.
class CliSteeringTest : public AgentCliTest {
 protected:
  CliSteeringTest() {
    std::ofstream{config_file()} << "sensor: {name: zurich-01}\n"
                                    "processor:\n"
                                    "  data: [dp1.example.net:24224]\n"
                                    "  tls: {ca_file: /ca, certificate_file: /c, private_key_file: /k}\n"
                                    "control: {socket: "
                                 << socket() << "}\n";
  }
  ~CliSteeringTest() override {
    if (!thread_.joinable()) return;
    asio::post(loop_, [this] { tasks_.stop(); });
    thread_.join();
  }

  void serve(unsigned status = 200) {
    const auto answer = [status](HttpRequestView request) -> asio::awaitable<HttpReply> {
      co_return HttpReply{.status = status, .body = std::string{request.method} + " " + std::string{request.target} + "\n"};
    };
    ASSERT_TRUE(server_.listen_unix(socket(), 0600, answer));
    tasks_.spawn("server", server_.run());
    asio::co_spawn(loop_, tasks_.join(), [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    thread_ = std::thread{[this] { loop_.run(); }};
  }

  std::string socket() const { return (folder_.path() / "agent.sock").string(); }

  std::string asked(const std::vector<std::string>& words) { return run(words) == 0 ? out_ : "failed: " + err_; }

 private:
  Log log_{clock_, LogFormat::text, Level::error, [](std::string_view) {}};
  asio::io_context loop_{1};
  HttpServer server_{loop_.get_executor(), log_};
  TaskGroup tasks_{loop_.get_executor()};
  std::thread thread_;
};

}  // namespace

TEST_F(CliSteeringTest, CommandsAreAskedOfTheAgent) {
  serve();
  EXPECT_EQ(asked({"cursor"}), "GET /cursor\n");
  EXPECT_EQ(asked({"cursor", "--json"}), "GET /cursor.json\n");
  EXPECT_EQ(asked({"cursor", "rewind", "acme & co", "alerts", "--to", "6h"}),
            "POST /cursor/rewind?connector=acme%20%26%20co&content_type=alerts&to=6h\n");
  EXPECT_EQ(asked({"queue"}), "GET /queue\n");
  EXPECT_EQ(asked({"queue", "--json"}), "GET /queue.json\n");
  EXPECT_EQ(asked({"queue", "resend"}), "POST /queue/resend\n");
  EXPECT_EQ(asked({"backfill", "list"}), "GET /backfill\n");
  EXPECT_EQ(asked({"backfill", "list", "--json"}), "GET /backfill.json\n");
  EXPECT_EQ(asked({"backfill", "pause", "3"}), "POST /backfill/pause?number=3\n");
  EXPECT_EQ(asked({"backfill", "resume", "3"}), "POST /backfill/resume?number=3\n");
  EXPECT_EQ(asked({"backfill", "cancel", "3"}), "POST /backfill/cancel?number=3\n");
  EXPECT_EQ(asked({"backfill", "start", "acme", "audit_logs", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-08"}),
            "POST /backfill/start?connector=acme&content_type=audit_logs&from=2026-01-01T00%3A00%3A00Z&to=2026-01-08\n");
}

TEST_F(CliSteeringTest, AnAgentThatCannotAtTheMomentIsStillReached) {
  serve(503);
  EXPECT_EQ(run({"cursor", "rewind", "acme", "alerts", "--to", "6h"}), 1);
}

TEST_F(CliSteeringTest, WhatTheAgentRefusesIsExitCodeOne) {
  serve(404);
  EXPECT_EQ(run({"cursor", "rewind", "acme", "alerts", "--to", "6h"}), 1);
  EXPECT_TRUE(out_.empty());
  EXPECT_THAT(err_, HasSubstr("POST /cursor/rewind"));
}

TEST_F(CliSteeringTest, WrongUsageIsExitCodeTwoAndAsksNobody) {
  const std::vector<std::vector<std::string>> wrong{{"cursor", "rewind"},
                                                    {"cursor", "rewind", "acme", "alerts"},
                                                    {"cursor", "rewind", "acme", "alerts", "--to", "soon"},
                                                    {"cursor", "rewind", "acme", "incidents", "--to", "6h"},
                                                    {"backfill"},
                                                    {"backfill", "pause"},
                                                    {"backfill", "pause", "0"},
                                                    {"backfill", "cancel", "first"},
                                                    {"backfill", "start", "acme", "alerts", "--from", "7d"},
                                                    {"backfill", "start", "acme", "alerts", "--from", "7d", "--to", "2199-01-01"}};
  for (const std::vector<std::string>& words : wrong) EXPECT_EQ(run(words), 2) << words.back();
  EXPECT_EQ(err_.substr(0, 24), "--to: '2199-01-01' lies ");
}

TEST_F(CliSteeringTest, AnAgentThatDoesNotRunIsExitCodeThree) {
  EXPECT_EQ(run({"cursor"}), 3);
  EXPECT_THAT(err_, HasSubstr("no running agent answers on"));
}

}  // namespace tidegate
