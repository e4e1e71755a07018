// `test-connector` whole: arguments in, exit code and text out, with the simulator as the API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>

#include "agent/cli.h"
#include "tests/support/vision_one_keys.h"
#include "tests/support/vision_one_server.h"
#include "tests/unit/transport/loopback.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

class CliTestConnectorTest : public ::testing::Test {
 protected:
  void serve(std::vector<Endpoint> forbidden = {}) {
    SimOptions options;
    options.data.origin = clock_.wall();
    options.data.live = 0s;
    options.data.alerts.backlog = 48;
    options.serve.tokens = {token_};
    options.serve.forbidden = std::move(forbidden);
    sim_ = std::make_unique<VisionOneSim>(options, Seed{5});
    server_ = std::make_unique<VisionOneServerThread>(*sim_, clock_, VisionOneServerOptions{});
    ASSERT_TRUE(server_->start());
    std::ofstream{config_file()} << "sensor: {name: zurich-01}\n"
                                    "processor:\n"
                                    "  data: [dp1.example.net:24224]\n"
                                    "  tls: {ca_file: /ca, certificate_file: /c, private_key_file: /k}\n"
                                    "connectors:\n"
                                    "  - name: acme-visionone\n"
                                    "    type: trendmicro_visionone\n"
                                    "    tenant: {id: acme, name: ACME Corp}\n"
                                    "    bearer_token: "
                                 << token_ << "\n    api_base_url: " << server_->base_url() << "\n";
  }

  std::string config_file() const { return (folder_.path() / "agent.yaml").string(); }

  int run(std::vector<std::string> words) {
    words.insert(words.begin(), {"tidegate-agent", "--config", config_file(), "test-connector"});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = agent_main(static_cast<int>(argv.size()), argv.data());
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return code;
  }

  SystemClock clock_;
  testing::Folder folder_;
  std::string token_ = token_of_shape({});
  std::unique_ptr<VisionOneSim> sim_;
  std::unique_ptr<VisionOneServerThread> server_;
  std::string out_;
  std::string err_;
};

TEST_F(CliTestConnectorTest, PrintsALineAStageAndEndsWithZeroWhereAllIsWell) {
  serve();
  EXPECT_EQ(run({"acme-visionone"}), 0) << out_ << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("ok       resolve"), HasSubstr("ok       data alerts"), HasSubstr("skipped  tls"),
                          HasSubstr("verdict: ok: 0 of 9 stages failed")));
  EXPECT_EQ(out_.find(token_), std::string::npos);
}

TEST_F(CliTestConnectorTest, EndsWithOneWhereAStageFailedAndSaysWhatToDo) {
  serve({Endpoint::alerts});
  EXPECT_EQ(run({"acme-visionone"}), 1);
  EXPECT_THAT(out_, AllOf(HasSubstr("failed   data alerts"), HasSubstr("Workbench: View, filter, and search"),
                          HasSubstr("verdict: failed: 1 of 9 stages failed")));
}

TEST_F(CliTestConnectorTest, JsonIsOneDocumentAndNothingElse) {
  serve({Endpoint::techniques});
  EXPECT_EQ(run({"acme-visionone", "--json"}), 1);
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(out_).get(root), simdjson::SUCCESS) << out_;
  EXPECT_EQ(std::string_view{root["verdict"]}, "failed");
  EXPECT_EQ(simdjson::dom::array{root["stages"]}.size(), 9u);
  EXPECT_TRUE(err_.empty()) << err_;
}

TEST_F(CliTestConnectorTest, AnUnknownConnectorOrAConfigurationThatIsNotValidEndsWithTwo) {
  serve();
  EXPECT_EQ(run({"acme"}), 2);
  EXPECT_THAT(err_, HasSubstr("acme-visionone"));
  EXPECT_EQ(run({}), 2);
  std::ofstream{config_file()} << "sensor: {nom: x}\n";
  EXPECT_EQ(run({"acme-visionone"}), 2);
  EXPECT_TRUE(out_.empty());
}

}  // namespace
}  // namespace tidegate
