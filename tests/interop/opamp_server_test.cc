// An independent OpAMP server: npm's MockOpAMPServer drives the delivered agent, over HTTPS with and without client certificates,
// and in its bad modes. It knows the HTTP transport alone and answers an upgrade with 501, so the fall-back is tried as well.
//
// The package is not part of this tree: TIDEGATE_MOCK_OPAMP names the folder whose node_modules hold it (`./dev setup --check`
// fetches it). Skipped, with the reason, where it or node is missing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/clock.h"
#include "tests/interop/holds.h"
#include "tests/support/file_content.h"
#include "tests/support/process.h"
#include "tests/support/rig_http.h"
#include "tests/support/test_pki.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto server_look_again = 100ms;
constexpr int server_looks_max = 400;

struct Conduct {
  bool client_certificates = false;
  std::string bad_mode{};
};

class OpampServer : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("TIDEGATE_MOCK_OPAMP");
    package_ = folder != nullptr ? folder : std::string{TIDEGATE_TREE} + "/build/mock-opamp";
    if (!std::filesystem::exists(package_ / "node_modules/@elastic/mockopampserver/package.json"))
      GTEST_SKIP() << "@elastic/mockopampserver is not in " << package_ << ": run ./dev setup --check";
    const Result<ProgramRun> node = run_program({.program = "node", .arguments = {"--version"}}, 60s);
    if (!node || !node->end.ok()) GTEST_SKIP() << "no node: run ./dev setup --check";
    directory_ = std::filesystem::path{testing::TempDir()} /
                 (std::string{"tidegate-opamp-"} + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    Result<TestPki> pki = TestPki::make(directory_ / "pki");
    ASSERT_TRUE(pki) << pki.error().text();
    pki_.emplace(*std::move(pki));
    for (std::uint16_t* port : {&server_port_, &data_port_, &metrics_port_}) {
      const Result<std::uint16_t> found = free_loopback_port();
      ASSERT_TRUE(found);
      *port = *found;
    }
  }

  void start_server(const Conduct& conduct) {
    const Result<Identity> identity = pki_->issue("opamp-server");
    ASSERT_TRUE(identity) << identity.error().text();
    std::string options = "{\"port\": " + std::to_string(server_port_) + ", \"messages_file\": \"" + messages_file().string() +
                          "\", \"config_file\": \"" + config_file().string() + "\", \"tls\": {\"certificate_file\": \"" +
                          identity->certificate_file.string() + "\", \"private_key_file\": \"" +
                          identity->private_key_file.string() + "\"";
    if (conduct.client_certificates) options += ", \"client_ca_file\": \"" + pki_->ca_file().string() + "\"";
    options += "}";
    if (!conduct.bad_mode.empty()) options += ", \"bad_mode\": \"" + conduct.bad_mode + "\"";
    std::ofstream{directory_ / "options.json"} << options << "}";
    ProcessOptions process{
        .program = "node",
        .arguments = {std::string{TIDEGATE_TREE} + "/tests/interop/opamp_server.js", directory_ / "options.json"},
        .output_file = directory_ / "server.log"};
    process.environment = {"NODE_PATH=" + (package_ / "node_modules").string()};
    Result<Process> started = Process::start(process);
    ASSERT_TRUE(started) << started.error().text();
    server_.emplace(*std::move(started));
    ASSERT_TRUE(until([&] { return holds(content_of(directory_ / "server.log"), "listening"); }))
        << content_of(directory_ / "server.log");
  }

  void start_agent() {
    const Result<Identity> identity = pki_->issue("mocked-01");
    ASSERT_TRUE(identity) << identity.error().text();
    const std::string local = "127.0.0.1:";
    std::ofstream{directory_ / "agent.yaml"} << "sensor: {name: mocked-01, state_directory: \"" << (directory_ / "state").string()
                                             << "\"}\n"
                                             << "processor:\n  data: [\"" << local << data_port_ << "\"]\n  control: \"wss://"
                                             << local << server_port_ << "/v1/opamp\"\n  tls: {ca_file: \""
                                             << pki_->ca_file().string() << "\", certificate_file: \""
                                             << identity->certificate_file.string() << "\", private_key_file: \""
                                             << identity->private_key_file.string() << "\"}\n"
                                             << "metrics: {listen: \"" << local << metrics_port_ << "\"}\ncontrol: {socket: \""
                                             << (directory_ / "agent.sock").string()
                                             << "\"}\nstorage: {keep_free: 64MiB}\nlog: {level: debug, format: text}\n";
    std::filesystem::create_directories(directory_ / "state");
    Result<Process> started = Process::start({.program = std::filesystem::path{TIDEGATE_PROGRAMS} / "tidegate-agent",
                                              .arguments = {"run", "--config", (directory_ / "agent.yaml").string()},
                                              .output_file = directory_ / "agent.log"});
    ASSERT_TRUE(started) << started.error().text();
    agent_.emplace(*std::move(started));
  }

  // A connector that does not collect: what is pushed is what is looked at.
  void offer(const std::string& region) const {
    std::ofstream{config_file()}
        << "revision: 7\ncredentials: [{name: key, bearer_token: " << std::string(520, 'k')
        << "}]\nconnectors:\n  - {name: pushed-v1, type: trendmicro_visionone, tenant: {id: acme, name: ACME}, region: " << region
        << ", credential: key, enabled: false}\n";
  }

  template <class Condition>
  static bool until(Condition condition) {
    for (int look = 0; look < server_looks_max; ++look) {
      if (condition()) return true;
      pause_for(server_look_again);
    }
    return false;
  }
  bool server_saw(const std::string& text) const {
    return until([&] { return holds(messages(), text); });
  }

  std::filesystem::path messages_file() const { return directory_ / "messages.ndjson"; }
  std::filesystem::path config_file() const { return directory_ / "offered.yaml"; }
  std::string messages() const { return content_of(messages_file()); }
  std::size_t messages_sent() const {
    const std::string said = messages();
    std::size_t count = 0;
    for (std::size_t at = said.find("sequenceNum"); at != std::string::npos; at = said.find("sequenceNum", at + 1)) ++count;
    return count;
  }
  std::string agent_log() const { return content_of(directory_ / "agent.log"); }
  std::string status() const {
    const Result<ProgramRun> said = run_program({.program = std::filesystem::path{TIDEGATE_PROGRAMS} / "tidegate-agent",
                                                 .arguments = {"status", "--config", (directory_ / "agent.yaml").string()}},
                                                30s);
    return said ? said->output : std::string{};
  }

  void expect_a_push_is_applied(const Conduct& conduct) {
    offer("eu");
    start_server(conduct);
    start_agent();
    EXPECT_TRUE(server_saw("\"key\":\"service.name\"")) << "no description\n" << agent_log();
    EXPECT_TRUE(server_saw("\"health\"")) << messages();
    EXPECT_TRUE(server_saw("\"remoteConfigStatus\":{\"lastRemoteConfigHash\":\"\"")) << messages();
    // APPLIED is status 1; the server does not offer again what was reported.
    EXPECT_TRUE(server_saw("\"status\":1")) << messages() << agent_log();
    EXPECT_TRUE(until([&] { return holds(status(), "pushed-v1"); })) << status();
    EXPECT_FALSE(holds(messages(), std::string(520, 'k').substr(0, 40) + "\"")) << "the token came back";
    const Result<ProcessEnd> end = agent_->stop(20s);
    ASSERT_TRUE(end && end->ok()) << agent_log();
    EXPECT_TRUE(server_saw("\"agentDisconnect\"")) << messages();
  }

  std::filesystem::path package_;
  std::filesystem::path directory_;
  std::optional<TestPki> pki_;
  std::uint16_t server_port_ = 0;
  std::uint16_t data_port_ = 0;  // nobody listens there
  std::uint16_t metrics_port_ = 0;
  std::optional<Process> server_;
  std::optional<Process> agent_;
};

TEST_F(OpampServer, APushIsApplied) { expect_a_push_is_applied({}); }

TEST_F(OpampServer, APushIsAppliedWithClientCertificates) { expect_a_push_is_applied({.client_certificates = true}); }

TEST_F(OpampServer, ABadPushIsRefusedWithItsReason) {
  offer("mars");
  start_server({});
  start_agent();
  EXPECT_TRUE(server_saw("\"status\":3")) << messages() << agent_log();
  EXPECT_TRUE(server_saw("connectors[0].region")) << messages();
}

TEST_F(OpampServer, AnErrorOfTheServerIsNeitherRepeatedNorTheEnd) {
  start_server({.bad_mode = "server_error_response_unknown"});
  start_agent();
  EXPECT_TRUE(server_saw("some unknown error")) << agent_log();
  EXPECT_TRUE(until([&] { return holds(agent_log(), "some unknown error"); })) << agent_log();
  // Long enough for a thousand repetitions.
  pause_for(2s);
  EXPECT_LE(messages_sent(), 5u) << messages();
  EXPECT_TRUE(agent_->running());
}

TEST_F(OpampServer, AServerThatIsUnavailableIsLeftAlone) {
  start_server({.bad_mode = "server_error_response_unavailable"});
  start_agent();
  EXPECT_TRUE(server_saw("some reason")) << agent_log();
  EXPECT_TRUE(until([&] { return holds(agent_log(), "the server is not available: some reason"); })) << agent_log();
  EXPECT_LE(messages_sent(), 5u) << messages();
  EXPECT_TRUE(agent_->running());
}

}  // namespace
}  // namespace tidegate
