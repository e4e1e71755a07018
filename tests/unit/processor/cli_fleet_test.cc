#include "processor/cli_fleet.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <fstream>
#include <thread>

#include "processor/cli.h"
#include "tests/support/temporary_directory.h"
#include "transport/http_server.h"
#include "transport/query_string.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

// The commands, and a daemon that answers what it is told to and notes what it was asked.
class FleetCliTest : public testing::Test {
 protected:
  FleetCliTest() {
    std::ofstream{config_file()} << "processor: {state_directory: " << (folder_.path() / "state").string()
                                 << "}\nlisten: {control: \"127.0.0.1:4320\"}\ncontrol: {socket: " << socket() << "}\n";
  }
  ~FleetCliTest() override {
    if (!thread_.joinable()) return;
    asio::post(loop_, [this] { tasks_.stop(); });
    asio::post(loop_, [this] { asio::co_spawn(loop_, tasks_.join(), [](const std::exception_ptr&) {}); });
    thread_.join();
  }

  //   then: the bodies of the answers after the first; the last of all is given again and again
  void serve(unsigned status, const std::string& body, std::vector<std::string> then = {}) {
    reply_.status = status;
    reply_.body = body;
    then_.assign(then.begin(), then.end());
    server_.emplace(loop_.get_executor(), log_);
    ASSERT_TRUE(server_->listen_unix(socket(), 0660, [this](HttpRequestView request) { return note(request); }));
    tasks_.spawn("server", server_->run());
    thread_ = std::thread{[this] { loop_.run(); }};
  }

  std::string config_file() const { return (folder_.path() / "processor.yaml").string(); }
  std::string socket() const { return (folder_.path() / "s").string(); }

  int run(std::vector<std::string> words) {
    words.insert(words.begin(), "tidegate-processor");
    words.insert(words.end(), {"--config", config_file()});
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = run_cli(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  TemporaryDirectory folder_;
  std::string out_;
  std::string err_;
  std::string asked_;  // "METHOD TARGET BODY" of the last request; read once the command has its answer

 private:
  asio::awaitable<HttpReply> note(HttpRequestView request) {
    asked_ = std::string{request.method} + " " + std::string{request.target} + " " + std::string{request.body};
    HttpReply reply = reply_;
    if (!then_.empty()) {
      reply_.body = std::move(then_.front());
      then_.pop_front();
    }
    co_return reply;
  }

  SystemClock clock_;
  Log log_{clock_, LogFormat::text, Level::error};
  asio::io_context loop_{1};
  HttpReply reply_;
  std::deque<std::string> then_;
  std::optional<HttpServer> server_;
  TaskGroup tasks_{loop_.get_executor()};
  std::thread thread_;
};

TEST_F(FleetCliTest, EveryCommandHasHelpAndVersion) {
  const std::vector<std::vector<std::string>> commands{
      {"token", "create"},     {"token", "list"},      {"token", "uses"},        {"token", "revoke"},       {"sensor", "list"},
      {"sensor", "show"},      {"sensor", "revoke"},   {"connector", "apply"},   {"connector", "list"},     {"connector", "show"},
      {"connector", "delete"}, {"connector", "test"},  {"connector", "history"}, {"connector", "rollback"}, {"connector", "move"},
      {"credential", "set"},   {"credential", "list"}, {"credential", "delete"}, {"event", "list"},         {"notify", "test"},
      {"rollout", "list"},     {"rollout", "show"},    {"rollout", "resume"},    {"rollout", "cancel"},     {"rollout", "rollback"},
      {"responder", "apply"},  {"responder", "list"},  {"responder", "show"},    {"responder", "delete"},   {"responder", "test"},
      {"action", "run"},       {"action", "list"},     {"action", "show"},       {"action", "retry"},       {"action", "undo"},
      {"action", "approve"},   {"action", "deny"},     {"action", "stop"},       {"action", "resume"},      {"action", "export"},
      {"rule", "apply"},       {"rule", "list"},       {"rule", "show"},         {"rule", "run"},           {"rule", "delete"},
      {"rule", "decisions"},   {"rule", "mutes"},      {"rule", "unmute"}};
  for (std::vector<std::string> command : commands) {
    const std::string name = command[0] + " " + command[1];
    command.emplace_back("--help");
    EXPECT_EQ(run(command), 0) << name;
    EXPECT_NE(out_.find("--config"), std::string::npos) << name;
    EXPECT_NE(out_.find("--json"), std::string::npos) << name;
    command.back() = "--version";
    EXPECT_EQ(run(command), 0) << name;
  }
}

TEST_F(FleetCliTest, WrongUsageIsExitCodeTwo) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"token"},
                                                {"token", "create"},
                                                {"sensor", "show"},
                                                {"connector", "apply"},
                                                {"connector", "move", "a"},
                                                {"connector", "rollback", "a"},
                                                {"credential", "set"},
                                                {"credential", "set", "name", "a-secret-value"},
                                                {"connector", "apply", "--file", "/nowhere/acme.yaml"},
                                                {"responder", "apply"},
                                                {"responder", "test"},
                                                {"action", "run"},
                                                {"action", "run", "--responder", "r", "--set", "novalue"},
                                                {"action", "run", "--responder", "r", "--record", "WB-1"},
                                                {"action", "run", "--responder", "r", "--body", "/nowhere/body.json"},
                                                {"action", "undo"},
                                                {"rule", "apply"},
                                                {"rule", "apply", "--file", "/nowhere/rules.yaml"},
                                                {"rule", "run"},
                                                {"rule", "unmute"},
                                                {"rule", "decisions", "--outcome", "gone"}}) {
    EXPECT_EQ(run(wrong), 2);
    EXPECT_FALSE(err_.empty());
  }
}

TEST_F(FleetCliTest, NobodyAnsweringIsExitCodeThree) {
  EXPECT_EQ(run({"sensor", "list"}), 3);
  EXPECT_NE(err_.find(socket()), std::string::npos) << err_;
}

TEST_F(FleetCliTest, AProcessorWithoutAControlPortHasNoFleet) {
  std::ofstream{config_file()} << "processor: {state_directory: " << (folder_.path() / "state").string()
                               << "}\ntls: {ca_file: /a, certificate_file: /b, private_key_file: /c}\n";
  EXPECT_EQ(run({"sensor", "list"}), 2);
  EXPECT_NE(err_.find("listen.control"), std::string::npos) << err_;
}

TEST_F(FleetCliTest, TheAnswerIsPrintedAndItsStatusIsTheExitCode) {
  serve(200, "all sensors\n");
  EXPECT_EQ(run({"sensor", "list"}), 0) << err_;
  EXPECT_EQ(out_, "all sensors\n");
  EXPECT_EQ(asked_, "GET /sensors ");
  EXPECT_EQ(run({"sensor", "show", "zurich 01", "--json"}), 0);
  EXPECT_EQ(asked_, "GET /sensors/show.json?name=zurich%2001 ");
  EXPECT_EQ(run({"token", "create", "--tenant", "acme", "--tenant", "b c", "--replace"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /tokens/create?uses=1&expires=14d&replace=true acme\nb c\n");
  EXPECT_EQ(run({"connector", "move", "one", "--to", "geneva-01"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /connectors/move?name=one&to=geneva-01 ");
  EXPECT_EQ(run({"event", "list", "--open", "--since", "24h", "--json"}), 0) << err_;
  EXPECT_EQ(asked_, "GET /events.json?open=true&since=24h&limit=100 ");
  EXPECT_EQ(run({"notify", "test", "soc"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /notify/test?name=soc ");
}

TEST_F(FleetCliTest, ARefusalGoesToTheErrorStream) {
  serve(404, "there is no sensor\n");
  EXPECT_EQ(run({"sensor", "show", "bern-01"}), 1);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_, "there is no sensor\n");
}

TEST_F(FleetCliTest, FailedIsAnAnswerAndExitCodeOne) {
  serve(409, "FAILED: sensor zurich-01\n");
  std::ofstream{folder_.path() / "acme.yaml"} << "sensor: zurich-01\n";
  EXPECT_EQ(run({"connector", "apply", "--file", (folder_.path() / "acme.yaml").string(), "--dry-run"}), 1);
  EXPECT_EQ(out_, "FAILED: sensor zurich-01\n");
  EXPECT_EQ(asked_, "POST /connectors/apply?file=acme.yaml&dry_run=true sensor: zurich-01\n");
}

// What the daemon answers to all that is asked about a roll-out: that it begins, how far it is, and what it is.
std::string rollout_answer(const std::string& state) {
  return R"({"id":"3f2a9c","state":")" + state + R"(","why":"","ended":true,"progress":"p","line":"3f2a9c  )" + state + R"(\n"})" +
         "\n";
}

TEST_F(FleetCliTest, ARollOutIsFollowedToItsEnd) {
  serve(200, rollout_answer("done"));
  const std::string file = (folder_.path() / "many.yaml").string();
  std::ofstream{file} << "sensor: zurich-01\n";
  EXPECT_EQ(run({"connector", "apply", "--file", file, "--stages", "5,100", "--failures", "2", "--settle", "10min"}), 0) << err_;
  EXPECT_EQ(asked_, "GET /rollouts/show?id=3f2a9c ");
  EXPECT_NE(out_.find("3f2a9c  done\n"), std::string::npos) << out_;
  EXPECT_EQ(run({"connector", "apply", "--file", file, "--stages", "5,100", "--detach"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /rollouts/begin.json?file=many.yaml&stages=5%2C100 sensor: zurich-01\n");
  EXPECT_EQ(run({"connector", "apply", "--file", file, "--stages", "5,100", "--dry-run"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /rollouts/begin?file=many.yaml&dry_run=true&stages=5%2C100 sensor: zurich-01\n");
  EXPECT_EQ(run({"connector", "apply", "--file", file, "--stages", "5,100", "--json"}), 0) << err_;
  EXPECT_EQ(out_, rollout_answer("done")) << "one document and nothing else";
  EXPECT_EQ(run({"connector", "apply", "--file", file, "--stages", "5,100", "--sensor", "zurich-01"}), 2);
  EXPECT_EQ(run({"connector", "apply", "--file", file, "--detach"}), 2);
  EXPECT_EQ(run({"rollout", "cancel", "3f2a9c"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /rollouts/cancel?id=3f2a9c ");
  EXPECT_EQ(run({"rollout", "resume", "3f2a9c", "--retry-failed"}), 0) << err_;
  EXPECT_EQ(run({"rollout", "resume", "3f2a9c", "--retry-failed", "--detach"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /rollouts/resume?id=3f2a9c&retry_failed=true ");
}

TEST_F(FleetCliTest, ARollOutThatIsPausedIsExitCodeOne) {
  serve(200, rollout_answer("paused"));
  const std::string file = (folder_.path() / "many.yaml").string();
  std::ofstream{file} << "sensor: zurich-01\n";
  EXPECT_EQ(run({"connector", "apply", "--file", file, "--stages", "100"}), 1);
  EXPECT_EQ(run({"rollout", "rollback", "3f2a9c"}), 1);
  EXPECT_EQ(run({"rollout", "show", "3f2a9c"}), 0) << "it is shown";
}

std::string action_answer(const std::string& state, bool ended) {
  return R"({"id":"3f2a9c","state":")" + state + R"(","ended":)" + (ended ? "true" : "false") +
         R"(,"progress":"p","line":"3f2a9c  )" + state +
         R"(\n","warnings":["plain HTTP"],"next":"","runs":[{"id":"3f2a9c"},{"id":"1"}]})" + "\n";
}

TEST_F(FleetCliTest, ARunOfAnActionIsFollowedToItsEnd) {
  serve(200, action_answer("succeeded", true));
  const std::string by = percent_encoded(operator_name());
  EXPECT_EQ(
      run({"action", "run", "--responder", "acme-v1", "--action", "isolate_endpoint", "--set", "agentGuid=a,b", "--for", "4h"}), 0)
      << err_;
  EXPECT_EQ(asked_, "GET /actions/show?id=3f2a9c&without_warnings=true ");
  EXPECT_NE(out_.find("run 3f2a9c was accepted\n3f2a9c  succeeded\n"), std::string::npos) << out_;
  EXPECT_EQ(err_, "WARNING: plain HTTP\n") << "once";
  EXPECT_EQ(run({"action", "run", "--responder", "acme-v1", "--json"}), 0) << err_;
  EXPECT_EQ(asked_, "GET /actions/show.json?id=3f2a9c ");
  EXPECT_EQ(err_, "") << "they are in what is printed";
  EXPECT_EQ(
      run({"action", "run", "--responder", "acme-v1", "--set", "ip=192.0.2.7", "--set", "ip=192.0.2.8", "--set", "n=", "--detach"}),
      0)
      << err_;
  EXPECT_EQ(asked_, R"(POST /actions/run {"responder":"acme-v1","by":")" + operator_name() +
                        R"(","given":{"ip":["192.0.2.7","192.0.2.8"],"n":""}})");
  EXPECT_EQ(run({"action", "run", "--responder", "acme-v1", "--dry-run", "--tenant", "acme"}), 0) << err_;
  EXPECT_EQ(asked_, R"(POST /actions/run {"responder":"acme-v1","by":")" + operator_name() +
                        R"(","tenant":"acme","dry_run":true,"given":{}})");
  EXPECT_EQ(run({"action", "retry", "3f2a9c", "--detach"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /actions/retry?id=3f2a9c&by=" + by + " ");
  EXPECT_EQ(run({"action", "undo", "3f2a9c"}), 0) << err_;
  EXPECT_EQ(run({"action", "stop"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /actions/stop?by=" + by + " ");
}

TEST_F(FleetCliTest, TheHistoryOfActionsIsListedAndExported) {
  serve(200, action_answer("succeeded", true));
  EXPECT_EQ(run({"action", "list", "--state", "failed", "--since", "24h"}), 0) << err_;
  EXPECT_EQ(asked_, "GET /actions?state=failed&since=24h&limit=100 ");
  EXPECT_EQ(run({"action", "export", "--tenant", "acme"}), 0) << err_;
  EXPECT_EQ(asked_, "GET /actions.json?tenant=acme&limit=500 ");
  EXPECT_EQ(out_, "{\"id\":\"3f2a9c\"}\n{\"id\":\"1\"}\n") << "a document a line";
}

TEST_F(FleetCliTest, TheExportGoesOnWhileThereIsANextPage) {
  serve(200, R"({"total":3,"next":"b","runs":[{"id":"c"},{"id":"b"}]})", {R"({"next":"","runs":[{"id":"a"}]})"});
  EXPECT_EQ(run({"action", "export"}), 0) << err_;
  EXPECT_EQ(asked_, "GET /actions.json?limit=500&before=b ");
  EXPECT_EQ(out_, "{\"id\":\"c\"}\n{\"id\":\"b\"}\n{\"id\":\"a\"}\n");
}

TEST_F(FleetCliTest, AnActionThatFailedIsExitCodeOne) {
  serve(200, action_answer("failed", true));
  EXPECT_EQ(run({"action", "run", "--responder", "acme-v1"}), 1);
  EXPECT_EQ(run({"action", "show", "3f2a9c"}), 0) << "it is shown";
}

TEST_F(FleetCliTest, AnActionThatWaitsForAPersonIsExitCodeThree) {
  serve(200, action_answer("awaiting_approval", false));
  EXPECT_EQ(run({"action", "run", "--responder", "acme-v1"}), 3);
  EXPECT_NE(err_.find("`tidegate-processor action approve 3f2a9c`"), std::string::npos) << err_;
}

TEST_F(FleetCliTest, ARecordThatIsNotInTheIndexIsNoOrder) {
  serve(200, action_answer("succeeded", true));
  EXPECT_EQ(run({"action", "run", "--responder", "r", "--record", std::string(32, '0')}), 4) << "there is no index";
  EXPECT_EQ(asked_, "");
}

TEST_F(FleetCliTest, RulesAreAskedFor) {
  serve(200, "told\n");
  const std::string by = percent_encoded(operator_name());
  const std::string file = (folder_.path() / "rules.yaml").string();
  std::ofstream{file} << "rules: []\n";
  EXPECT_EQ(run({"rule", "apply", "--file", file}), 0) << err_;
  EXPECT_EQ(asked_, "POST /rules/apply?file=rules.yaml&by=" + by + " rules: []\n");
  EXPECT_EQ(run({"rule", "apply", "--file", file, "--dry-run", "--json"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /rules/apply.json?file=rules.yaml&by=" + by + "&dry_run=true rules: []\n");
  EXPECT_EQ(run({"rule", "list"}), 0) << err_;
  EXPECT_EQ(asked_, "GET /rules ");
  EXPECT_EQ(run({"rule", "show", "many logins"}), 0) << err_;
  EXPECT_EQ(asked_, "GET /rules/show?name=many%20logins ");
  EXPECT_EQ(run({"rule", "run", "one", "--from", "-24h", "--to", "2026-11-24"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /rules/run?name=one&from=-24h&to=2026-11-24&by=" + by + " ");
  EXPECT_EQ(run({"rule", "run", "one", "--act"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /rules/run?name=one&act=true&by=" + by + " ");
  EXPECT_EQ(run({"rule", "delete", "one"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /rules/delete?name=one&by=" + by + " ");
  EXPECT_EQ(run({"rule", "decisions"}), 0) << err_;
  EXPECT_EQ(asked_, "GET /rules/decisions?limit=100 ");
  EXPECT_EQ(run({"rule", "decisions", "one", "--outcome", "muted", "--since", "24h", "--limit", "5"}), 0) << err_;
  EXPECT_EQ(asked_, "GET /rules/decisions?name=one&outcome=muted&since=24h&limit=5 ");
  EXPECT_EQ(run({"rule", "mutes", "one"}), 0) << err_;
  EXPECT_EQ(asked_, "GET /rules/mutes?name=one ");
  EXPECT_EQ(run({"rule", "unmute", "one", "--action", "isolate", "--entity", "10.0.0.7"}), 0) << err_;
  EXPECT_EQ(asked_, "POST /rules/unmute?name=one&action=isolate&entity=10.0.0.7&by=" + by + " ");
}

TEST_F(FleetCliTest, ARuleThatMayNotBeAppliedIsExitCodeOne) {
  serve(409, "rule 'one': responder 'acme-v1' acts for acme\n");
  std::ofstream{folder_.path() / "rules.yaml"} << "rules: []\n";
  EXPECT_EQ(run({"rule", "apply", "--file", (folder_.path() / "rules.yaml").string()}), 1);
  EXPECT_EQ(out_, "rule 'one': responder 'acme-v1' acts for acme\n");
}

TEST_F(FleetCliTest, ASecretGoesInTheBodyAlone) {  // P10
  serve(200, "kept\n");
  std::ofstream{folder_.path() / "key"} << "planted-token\n";
  EXPECT_EQ(run({"credential", "set", "acme-key", "--file", (folder_.path() / "key").string()}), 0) << err_;
  EXPECT_EQ(asked_, "POST /credentials/set?name=acme-key planted-token\n");
  std::ofstream{folder_.path() / "acme.yaml"} << "responders: []\n";
  EXPECT_EQ(run({"responder", "apply", "--file", (folder_.path() / "acme.yaml").string()}), 0) << err_;
  EXPECT_EQ(asked_, "POST /responders/apply?file=acme.yaml&by=" + percent_encoded(operator_name()) + " responders: []\n");
}

TEST(FleetCli, EveryStatusHasItsExitCode) {
  EXPECT_EQ(exit_code_of(200), 0);
  EXPECT_EQ(exit_code_of(404), 1);
  EXPECT_EQ(exit_code_of(409), 1);
  EXPECT_EQ(exit_code_of(400), 2);
  EXPECT_EQ(exit_code_of(202), 3) << "written, and its sensor is away";
  EXPECT_EQ(exit_code_of(503), 3);
  EXPECT_EQ(exit_code_of(507), 4);
}

}  // namespace
}  // namespace tidegate
